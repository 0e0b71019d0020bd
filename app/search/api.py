"""``GET /api/v1/search``: the search of the page, for programs.

What hits would count for is reckoned by whoever is handed in (``counting``), in its own words.
"""

import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi import Query as Parameter
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import URL

from app.catalogue import Delivery, Kind
from app.identity.access import Guard
from app.search.counting import COUNTS_FOR, WINDOW, Asked, CountsFor, Found, Reckoner, find, split
from app.search.index import MAX_DEPTH, Document, Highlight, Hit, SearchIndex, Sort
from app.search.project import PACES
from app.search.query import parse


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
    course: Document
    highlights: dict[str, HighlightOut]
    counts_for: list[CountsForOut] | None = Field(
        None, description="One for each registry asked about; null when none was."
    )

    @classmethod
    def of(cls, hit: Hit, counts: Sequence[CountsFor] | None = None) -> "HitOut":
        shown = {name: HighlightOut.of(each) for name, each in hit.highlights.items()}
        reckoned = None if counts is None else [CountsForOut.of(one) for one in counts]
        return cls(id=hit.id, course=hit.document, highlights=shown, counts_for=reckoned)


class FacetOut(BaseModel):
    value: str
    count: int


class Links(BaseModel):
    """Addresses of the neighbouring pages; null where there is none."""

    self: str
    previous: str | None
    next: str | None


class SearchOut(BaseModel):
    """One page of a search's answer."""

    hits: list[HitOut]
    total: int
    page: int
    per_page: int
    facets: dict[str, list[FacetOut]]
    links: Links
    ordered: OrderedOut | None = Field(
        None, description="Set by `sort=counts_for`; pages end with the hits that were ordered."
    )


class SearchAsked(BaseModel):
    """What may be asked. Repeat a filter for alternatives; different filters must all hold."""

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
    counts_for: list[str] = Field(
        [], description="Id of a registry: each hit says what it would count for there. Up to 5."
    )
    page: int = 1
    per_page: int = 20
    sort: str = Field(Sort.RELEVANCE.value, description=f"One of {', '.join(Sort)}, {COUNTS_FOR}.")


def build_router(
    *, index: SearchIndex, guard: Guard, reckoner: Reckoner | None = None
) -> APIRouter:
    """The search route over ``index``; ``reckoner`` says what hits would count for."""
    router = APIRouter(prefix="/api/v1", tags=["search"])

    @router.get("/search", dependencies=[Depends(guard.public)])
    def search(
        request: Request,
        asked: Annotated[SearchAsked, Parameter()],
        accept_language: Annotated[str, Header()] = "en",
    ) -> SearchOut:
        """Find courses; texts in the first language of ``Accept-Language`` where there are any."""
        given = {
            name: [str(item) for item in value] if isinstance(value, list) else str(value)
            for name, value in asked.model_dump(by_alias=True).items()
        }
        rest, wanted = split(given)
        query = parse(rest, locale=_locale(accept_language))
        return _answer(find(index, query, wanted, reckoner), wanted, request.url)

    return router


def _locale(accept_language: str) -> str:
    found = re.match(r"\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)", accept_language)
    return found[1] if found else "en"


def _answer(found: Found, asked: Asked, url: URL) -> SearchOut:
    results = found.results

    def link(page: int) -> str:
        there = url.include_query_params(page=page)
        return f"{there.path}?{there.query}"

    total = results.total if found.ordered is None else found.ordered
    last = min(-(-total // results.per_page), MAX_DEPTH // results.per_page)
    page = results.page
    return SearchOut(
        hits=[
            HitOut.of(hit, found.counts.get(hit.id, ()) if asked.registries else None)
            for hit in results.hits
        ],
        total=results.total,
        page=page,
        per_page=results.per_page,
        facets={
            name: [FacetOut(value=each.value, count=each.count) for each in counts]
            for name, counts in results.facets.items()
        },
        links=Links(
            self=link(page),
            previous=link(page - 1) if 1 < page <= last + 1 else None,
            next=link(page + 1) if page < last else None,
        ),
        ordered=_ordered(found),
    )


def _ordered(found: Found) -> OrderedOut | None:
    if found.ordered is None:
        return None
    by = (one.registry for counts in found.counts.values() for one in counts
          if one.authority == "adopted")  # fmt: skip
    return OrderedOut(by=list(dict.fromkeys(by)), hits=found.ordered)
