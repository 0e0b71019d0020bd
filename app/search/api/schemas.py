"""What the search routes take and give, as OpenAPI tells it."""

from pydantic import BaseModel, ConfigDict, Field

from app.catalogue import Delivery, Kind
from app.search.counting import COUNTS_FOR, WINDOW, CountsFor
from app.search.index import MAX_VALUE, Document, Highlight, Sort
from app.search.project import PACES
from app.search.suggesting import Means, Suggestion

START = "start"


class HighlightOut(BaseModel):
    """A text and the ranges of it that match, as ``[start, end)`` in Unicode code points."""

    text: str
    ranges: list[tuple[int, int]]
    language: str = Field(description="BCP 47; `und` when it is not known.")

    @classmethod
    def of(cls, highlight: Highlight) -> "HighlightOut":
        return cls(text=highlight.text, ranges=list(highlight.ranges), language=highlight.language)


class CountsForOut(BaseModel):
    """What a completion would count for in one registry, supposing a good record of it.

    A reckoning by what the catalogue says today: the registry decides once there is a record.
    """

    model_config = ConfigDict(from_attributes=True)

    registry: str
    authority: str = Field(
        description="`adopted`: the registry's own rules. `illustrative`: published rules as this "
        "software reads them; not adopted by the body, and never ordered by."
    )
    outcome: str | None = Field(
        description="`accept`, `accept_capped`, `evidence_only`, `review`, `reject`; null where "
        "the registry has no rules in force."
    )
    amount: str | None = Field(None, description="Exact, as a fraction: `8/5`.")
    decimal: str | None = Field(None, description="The same for people, to four places.")
    unit: str | None = None
    category: str | None = None
    rule: str | None = Field(None, description="Id of the line of the table that was applied.")
    line: str | None = Field(None, description="That line in words.")
    reasons: list[str] = []
    policy: str | None = Field(None, description="Id of the policy.")
    version: int | None = None
    hash: str | None = None
    depends: bool = Field(
        default=False,
        description="Whether another way of taking the course counts for more; see its page.",
    )

    @classmethod
    def of(cls, one: CountsFor) -> "CountsForOut":
        plain = {"registry": one.registry, "authority": one.authority, "outcome": one.outcome}
        return cls.model_validate({**plain, **(one.shown or {})})


class OrderedOut(BaseModel):
    """How hits were put in order by what they would count for."""

    by: list[str] = Field(description="The registries, the first first; adopted rules alone.")
    hits: int = Field(description=f"How many were: the best matching, at most {WINDOW}.")


class HitOut(BaseModel):
    """One course that was found."""

    id: str
    course: Document = Field(
        description="What a page of hits shows of it. Its long texts are at "
        "`/api/v1/courses/{id}`; of these the piece that matches is in `highlights`."
    )
    highlights: dict[str, HighlightOut]
    distance_km: float | None = Field(
        None, description="From `near` to the nearest of its places; null where none is known."
    )
    counts_for: list[CountsForOut] | None = Field(
        None, description="One for each registry asked about; null when none was."
    )


class FacetOut(BaseModel):
    value: str
    count: int


class Links(BaseModel):
    """Addresses of the neighbouring pages; null where there is none."""

    self: str
    previous: str | None
    next: str | None


class WithoutOut(BaseModel):
    """How many courses there are without one of the parameters."""

    parameter: str
    total: int


class HelpOut(BaseModel):
    """What may help: the text as it was probably meant, and what stands in the way."""

    spelled: str | None
    without: list[WithoutOut]


class SearchOut(BaseModel):
    """One page of a search's answer."""

    hits: list[HitOut]
    total: int
    page: int
    per_page: int
    facets: dict[str, list[FacetOut]]
    links: Links
    loose: bool = Field(
        default=False, description="No course has all the words; these have some of them."
    )
    help: HelpOut | None = Field(None, description="Where there is something to say.")
    ordered: OrderedOut | None = Field(
        None, description="Set by `sort=counts_for`; pages end with the hits that were ordered."
    )


class Narrowed(BaseModel):
    """A text and filters. Repeat a filter for alternatives; different filters must all hold."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field("", description="What to find; empty browses.")
    society: list[str] = Field([], description="Id of a society.")
    language: list[str] = Field([], description="Teaching language, BCP 47.")
    delivery: list[str] = Field([], description=f"One of {', '.join(Delivery)}.")
    field: list[str] = Field([], description="ISCED-F 2013 code; a parent finds its children.")
    kind: list[str] = Field([], description=f"One of {', '.join(Kind)}.")
    country: list[str] = Field([], description="ISO 3166-1 alpha-2.")
    price: list[str] = Field([], description="`free` or `paid`.")
    credit: list[str] = Field([], description="Credit framework, else the unit of credit.")
    level: list[str] = Field([], description="Level, in the source's words.")
    pace: list[str] = Field([], description=f"One of {', '.join(PACES)}.")
    competence: list[str] = Field([], description="`EC1` to `EC13` of the IEA.")
    standard: list[str] = Field([], description="A technical standard: `EN 1992-1-1:2004`.")
    licence: list[str] = Field([], description="SPDX identifier, else the source's words.")
    start_from: str = Field(
        "", alias="from", description="A run begins on this day or later: `2027-03-01`."
    )
    start_until: str = Field("", alias="until", description="A run begins on this day or before.")
    credit_min: str = Field(
        "", description="At least so much credit, in the one framework that `credit` names."
    )
    credit_max: str = Field("", description="At most so much credit, in that framework.")
    near: str = Field("", description="Latitude and longitude: a run is near that place.")
    within: str = Field("", description="How many kilometres around `near`; 50 if not given.")


class SearchAsked(Narrowed):
    """What a search may be asked."""

    counts_for: list[str] = Field(
        [], description="Id of a registry: each hit says what it would count for there. Up to 5."
    )
    page: int = 1
    per_page: int = 20
    sort: str = Field(Sort.RELEVANCE.value, description=f"One of {', '.join(Sort)}, {COUNTS_FOR}.")
    facets: list[str] = Field(
        [], description="Which facets to count: each costs. All when none is named; or `none`."
    )
    cursor: str = Field(
        "",
        description=f"`{START}` begins to read everything that is found, in an order that no "
        "change of a course disturbs, without facets; go on with `links.next` until it is null.",
    )


class FacetAsked(Narrowed):
    """What may be asked of one facet: what a search may, and which values are looked for."""

    text: str = Field("", max_length=MAX_VALUE, description="What the name of a value contains.")
    limit: int = Field(50, ge=1, le=500, description="How many values at most.")


class NamedOut(BaseModel):
    """One value of a facet, and what it is called in the first language of `Accept-Language`."""

    value: str
    name: str
    count: int


class FacetValuesOut(BaseModel):
    """The values of one facet that fit, those whose name begins with the text first."""

    facet: str
    values: list[NamedOut]
    total: int = Field(description="How many values fit, beyond `limit` too.")


class SuggestionOut(BaseModel):
    """One thing that may be meant."""

    means: str = Field(description=f"One of {', '.join(Means)}.")
    text: HighlightOut = Field(description="What to show; the ranges were typed already.")
    course: str | None = Field(None, description="Id of the course, where it is one.")
    facet: str | None = Field(None, description="The filter, where it is a value of one.")
    value: str | None = None
    count: int | None = Field(None, description="How many courses the value has.")

    @classmethod
    def of(cls, one: Suggestion) -> "SuggestionOut":
        return cls(
            means=one.means,
            text=HighlightOut.of(one.text),
            course=one.course_id,
            facet=one.facet,
            value=one.value,
            count=one.count,
        )


class SuggestOut(BaseModel):
    """Words first, then values to filter by, then courses."""

    suggestions: list[SuggestionOut]
