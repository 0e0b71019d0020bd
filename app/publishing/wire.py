"""A course as it goes over the wire, field by field. Only its shape is checked here.

The fields are those of the connector contract, so that what is pushed and what is harvested mean
the same. Their sense is checked by ``catalogue.rules``, with the same coded issues.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from app.catalogue.parts import MAX_RUNS
from app.catalogue.values import MAX_ENTRIES, MAX_LANGUAGES
from app.platform.problems import FieldProblem, Invalid
from app.publishing.model import Document
from app.publishing.rules import sound_id

Texts = Annotated[dict[StrictStr, StrictStr], Field(max_length=MAX_LANGUAGES)]
Words = Annotated[tuple[StrictStr, ...], Field(max_length=MAX_ENTRIES)]
Degrees = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IdentifierIn(_Closed):
    """An identifier that others know the course by."""

    scheme: StrictStr = Field(examples=["doi"], description="`doi`, `code`, `ctid`, `edx`, ...")
    value: StrictStr = Field(examples=["10.5555/12345678"])


class CreditIn(_Closed):
    """Credit that a body gives; a number never travels without its unit."""

    value: StrictStr = Field(examples=["12"], description="A decimal number as text.")
    unit: StrictStr | None = Field(
        None,
        examples=["PDH"],
        description="`hour`, `contact-hour`, `class-hour` (学时), `PDH`, `PDU`, `CEU`, "
        "`CPD-point` or `ECTS`.",
    )
    framework: StrictStr | None = None
    jurisdiction: StrictStr | None = Field(None, description="ISO 3166, such as `KE` or `US-TX`.")
    category: StrictStr | None = None
    approval_no: StrictStr | None = None


class OfferIn(_Closed):
    """A price."""

    amount: StrictStr | None = Field(
        None, examples=["120.50"], description="A decimal number as text; `0` means free."
    )
    currency: StrictStr | None = Field(None, examples=["KES"], description="ISO 4217.")
    category: StrictStr | None = Field(None, description="`free`, `paid` or `subscription`.")
    audience: StrictStr | None = Field(None, description="`public` or `member`.")
    url: StrictStr | None = None


Offers = Annotated[tuple[OfferIn, ...], Field(max_length=MAX_ENTRIES)]


class RunIn(_Closed):
    """One dated delivery. Dates and times in ISO 8601."""

    id: StrictStr | None = Field(
        None, examples=["2026-autumn"], description="Your own id of it; needed to change it alone."
    )
    start: StrictStr | None = Field(None, examples=["2026-03-01T09:00:00+03:00"])
    end: StrictStr | None = None
    enrol_start: StrictStr | None = None
    enrol_end: StrictStr | None = None
    timezone: StrictStr | None = Field(None, examples=["Africa/Nairobi"])
    place_name: StrictStr | None = None
    place_country: StrictStr | None = Field(None, examples=["KE"])
    latitude: Degrees | None = None
    longitude: Degrees | None = None
    delivery: StrictStr | None = None
    language: StrictStr | None = None
    url: StrictStr | None = None
    instructors: Words = ()
    offers: Offers = ()

    @field_validator("id")
    @classmethod
    def _sound(cls, value: str | None) -> str | None:
        if value is not None and not sound_id(value):
            raise PydanticCustomError("id-unusable", "Use 1 to 500 printable characters.")
        return value


class CourseIn(_Closed):
    """A course. Texts are given by language (BCP 47), `und` where it is not known."""

    title: Texts = Field(
        {}, examples=[{"en": "Seismic design of bridges"}], description="The one thing needed."
    )
    url: StrictStr | None = Field(
        None, examples=["https://society.example/courses/7"], description="The course's own page."
    )
    summary: Texts = Field({}, description="A sentence or two.")
    description: Texts = Field({}, description="May hold simple HTML, which is sanitised.")
    outcomes: Texts = Field({}, description="What one can do after it.")
    prerequisites: Texts = Field({}, description="What one needs before it.")
    kind: StrictStr | None = Field(
        None,
        examples=["course"],
        description="`course`, `programme`, `webinar`, `event-series`, `self-study`, `conference` "
        "or `microcredential`.",
    )
    metadata_language: StrictStr | None = Field(
        None, examples=["en"], description="The language of texts that do not say theirs."
    )
    teaching_languages: Words = Field((), examples=[["en"]], description="BCP 47.")
    provider: StrictStr | None = Field(None, description="Where it is not the society itself.")
    identifiers: Annotated[tuple[IdentifierIn, ...], Field(max_length=MAX_ENTRIES)] = Field(
        (), description="By which the same course is recognised in other catalogues."
    )
    fields: Words = Field((), examples=[["0732"]], description="ISCED-F 2013 codes.")
    subjects: Words = Field((), description="In your own words.")
    skills: Words = ()
    competences: Words = Field(
        (), examples=[["EC1", "EC4"]], description="`EC1` to `EC13` of the IEA's competences."
    )
    standards: Words = Field(
        (), examples=[["EN 1998-2:2005"]], description="Technical standards, as one writes them."
    )
    level: StrictStr | None = None
    credits: Annotated[tuple[CreditIn, ...], Field(max_length=MAX_ENTRIES)] = Field(
        (), examples=[[{"value": "12", "unit": "PDH"}]]
    )
    duration: StrictStr | None = Field(
        None, examples=["PT12H"], description="How long it lasts, ISO 8601."
    )
    effort: StrictStr | None = Field(None, description="How much work it is, ISO 8601.")
    delivery: Words = Field(
        (),
        examples=[["online-live"]],
        description="`online-async`, `online-live`, `onsite`, `blended` or `self-study`.",
    )
    licence: StrictStr | None = Field(
        None, examples=["CC-BY-4.0"], description="An SPDX identifier or an address."
    )
    access: StrictStr | None = Field(None, description="`open`, `registration` or `members`.")
    image: StrictStr | None = Field(
        None, description="The public address of a picture; the node does not fetch it."
    )
    runs: Annotated[tuple[RunIn, ...], Field(max_length=MAX_RUNS)] = Field(
        (), description="Dated deliveries."
    )
    offers: Offers = Field((), description="Prices of the course, whichever run one takes.")
    created: StrictStr | None = None
    modified: StrictStr | None = None

    @field_validator("runs")
    @classmethod
    def _told_apart(cls, value: tuple[RunIn, ...]) -> tuple[RunIn, ...]:
        ids = [run.id for run in value if run.id is not None]
        if len(set(ids)) != len(ids):
            raise PydanticCustomError("run-id-twice", "Give every run an id of its own.")
        return value


EXAMPLE: Mapping[str, Any] = {
    "title": {"en": "Seismic design of bridges", "zh": "桥梁抗震设计"},
    "url": "https://society.example/courses/7",
    "summary": {"en": "From the response spectrum to the detailing of piers."},
    "metadata_language": "en",
    "teaching_languages": ["en"],
    "fields": ["0732"],
    "competences": ["EC1", "EC4"],
    "standards": ["EN 1998-2:2005"],
    "credits": [{"value": "12", "unit": "PDH"}],
    "duration": "PT12H",
    "delivery": ["online-live"],
    "licence": "CC-BY-4.0",
    "runs": [{"id": "2027-spring", "start": "2027-03-01", "end": "2027-03-05"}],
    "offers": [{"amount": "120.50", "currency": "EUR"}],
}


def course(untrusted: Any) -> Document:
    """The course in the one form it is kept in. Raises ``Invalid`` naming each bad field."""
    return _fitting(CourseIn, untrusted, "course")


def run(untrusted: Any) -> Document:
    """One run, alike."""
    return _fitting(RunIn, untrusted, "run")


def offers(untrusted: Any) -> list[Document]:
    """A list of offers, alike."""
    holder = _fitting(CourseIn, {"offers": untrusted}, "list of offers")
    return list(holder.get("offers", []))


def field_problems(error: ValidationError, *, below: int = 0) -> list[FieldProblem]:
    """What pydantic found, as our problems; ``below`` leaves out the first parts of a place."""
    return [
        FieldProblem(
            "".join("/" + _escaped(str(part)) for part in one["loc"][below:]),
            one["type"],
            one["msg"],
        )
        for one in error.errors(include_url=False, include_input=False)[:_MOST_PROBLEMS]
    ]


_MOST_PROBLEMS = 50


def _fitting(model: type[BaseModel], untrusted: Any, what: str) -> dict[str, Any]:
    try:
        checked = model.model_validate(untrusted)
    except ValidationError as error:
        raise Invalid(
            f"The {what} does not fit its description.", fields=field_problems(error)
        ) from error
    return kept(checked)


def kept(checked: BaseModel) -> dict[str, Any]:
    """What was given, without what is empty: two ways to say nothing are one."""
    return checked.model_dump(mode="json", exclude_defaults=True)


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")[:200]
