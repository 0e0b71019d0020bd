"""What a mapping may say: our fields, and the parts of a course with fields of their own.

Judged here, before anything is fetched: a field that we do not have is named with those there are.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from connectors.json_feed.paths import PathText
from connectors.json_feed.values import Values

TEXTS = ("title", "summary", "description", "outcomes", "prerequisites")
ONE = (
    "url", "kind", "metadata_language", "provider", "level", "duration", "effort", "licence",
    "access", "image", "created", "modified",
)  # fmt: skip
MANY = (
    "teaching_languages", "fields", "subjects", "skills", "competences", "standards", "delivery",
)  # fmt: skip
RUN = (
    "source_id", "start", "end", "enrol_start", "enrol_end", "timezone", "place_name",
    "place_country", "latitude", "longitude", "delivery", "language", "url", "instructors",
)  # fmt: skip
OFFER = ("amount", "currency", "category", "audience", "url")
CREDIT = ("value", "unit", "framework", "jurisdiction", "category", "approval_no")
IDENTIFIERS = "identifiers."


def _course_fields(told: dict[str, Values]) -> dict[str, Values]:
    unknown = [name for name in told if not _is_course_field(name)]
    if unknown:
        there = ", ".join((*TEXTS, *ONE, *MANY, "identifiers.<scheme>"))
        raise ValueError(f"{', '.join(unknown)}: no such field; there are {there}")
    if told and not any(name.partition("@")[0] == "title" for name in told):
        raise ValueError("say where the title is: {'title': 'name'}")
    return told


def _is_course_field(name: str) -> bool:
    base, at, language = name.partition("@")
    if at:
        return base in TEXTS and bool(language)
    return base in TEXTS + ONE + MANY or (base.startswith(IDENTIFIERS) and base != IDENTIFIERS)


def _only(known: tuple[str, ...]) -> AfterValidator:
    def check(told: dict[str, Values]) -> dict[str, Values]:
        unknown = [name for name in told if name not in known]
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no such field; there are {', '.join(known)}")
        return told

    return AfterValidator(check)


CourseFields = Annotated[dict[str, Values], AfterValidator(_course_fields)]


class OfferPart(BaseModel):
    """Where prices stand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    each: PathText = Field(default=".", description="Where the list is; '.' for one in the item")
    fields: Annotated[dict[str, Values], _only(OFFER)] = Field(description="Of a price")


class CreditPart(BaseModel):
    """Where credits stand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    each: PathText = Field(default=".", description="Where the list is; '.' for one in the item")
    fields: Annotated[dict[str, Values], _only(CREDIT)] = Field(description="Of a credit")


class RunPart(BaseModel):
    """Where dated deliveries stand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    each: PathText = Field(default=".", description="Where the list is; '.' for one in the item")
    fields: Annotated[dict[str, Values], _only(RUN)] = Field(description="Of a run")
    offers: tuple[OfferPart, ...] = Field(default=(), description="Prices of each run")
    by_place: bool = Field(
        default=False,
        description="Starts and ends are lists side by side, matched by place",
    )
