"""What is said of a JSON list when it is configured: data that a form can be made of.

Everything that can be judged without the feed is judged here, and named by its place: paths that
cannot be read, fields that we do not have, pages that cannot be asked for.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    field_validator,
    model_validator,
)

from connectors.contract import Deletions
from connectors.json_feed import paths
from connectors.json_feed.linking import Linked
from connectors.json_feed.paging import Paging
from connectors.json_feed.parts import CourseFields, CreditPart, OfferPart, RunPart
from connectors.json_feed.paths import Path, PathText
from connectors.json_feed.text import How, Shape


class Gone(BaseModel):
    """How an item says that it has been withdrawn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: PathText = Field(description="Where it says so")
    values: tuple[str, ...] = Field(
        default=(), description="What it says then; without any: anything but false, 0 and no"
    )


class Since(BaseModel):
    """How to ask for changes only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parameter: str = Field(min_length=1, description="The parameter that takes the moment")
    modified: PathText = Field(description="Where an item says when it was changed last")
    format: Literal["iso", "date", "epoch", "epoch_ms"] = Field(
        default="iso", description="How the parameter is written"
    )


class Config(BaseModel):
    """Where the list is, how it is paged, and what its members mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: HttpUrl = Field(description="The list's address")
    preset: Literal["json", "jsonapi"] = Field(
        default="json", description="jsonapi: data[], id, links.next and included, as it says"
    )
    items: str = Field(
        default="",
        description="Where the list of items is, as 'data.courses'; empty: the document is the "
        "list; '.': the document is the one item",
    )
    id: PathText = Field(default="id", description="What names an item, in each item")
    fields: CourseFields = Field(
        default_factory=dict,
        description="Our field -> where it is, as {'title': 'name', 'title@de': 'titel.de'}; "
        "without any, items are read like a table's rows, by common words",
    )
    runs: tuple[RunPart, ...] = Field(default=(), description="Dated deliveries of a course")
    offers: tuple[OfferPart, ...] = Field(default=(), description="Prices of a course")
    credits: tuple[CreditPart, ...] = Field(default=(), description="Credits for a course")
    group: bool = Field(default=False, description="Items with the same id are one course")
    linked: dict[str, Linked] = Field(
        default_factory=dict, description="Lists beside the items to which they refer by id"
    )
    paging: Paging = Field(default=Paging(), description="How to ask for the following page")
    total: PathText | None = Field(default=None, description="Where the list says its length")
    params: dict[str, str] = Field(default_factory=dict, description="Added to the query")
    deleted: Gone | None = Field(default=None, description="How an item says it is withdrawn")
    since: Since | None = Field(default=None, description="How to ask for changes only")
    absence: Literal["withdrawn", "nothing"] = Field(
        default="withdrawn",
        description="What it means when a course is no longer on the whole list",
    )
    base: HttpUrl | None = Field(
        default=None, description="What addresses without a host are relative to; else `url`"
    )
    lines: bool | None = Field(default=None, description="Whether it is JSON Lines")
    encoding: str | None = Field(default=None, description="If not UTF-8, such as gb18030")
    token: SecretStr | None = Field(default=None, description="Sent with each request")
    token_header: str = Field(
        default="Authorization", pattern=r"^[A-Za-z0-9-]{1,64}$", description="Where it is sent"
    )
    token_prefix: str = Field(default="Bearer ", description="What stands before the token")

    @field_validator("token")
    @classmethod
    def _can_be_sent(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not (
            token.get_secret_value().isascii() and token.get_secret_value().isprintable()
        ):
            raise ValueError("a token is one line of ASCII")
        return token

    @field_validator("items")
    @classmethod
    def _leads_to_items(cls, items: str) -> str:
        way_to_items(items)
        return items

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, told: Any) -> Any:
        if not isinstance(told, Mapping) or told.get("preset") != "jsonapi":
            return told
        usual = {"items": "data", "paging": {"style": "link", "next": "links.next"}}
        return {**usual, **told}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.group and (self.since or self.deleted):
            raise ValueError("group needs the whole list: it goes with neither since nor deleted")
        return self


def way_to_items(items: str) -> tuple[tuple[str, ...], Shape, Path | None]:
    """The names that lead to what holds the items, what that is, and the way on from each of them.

    Raises ``ValueError`` for what leads nowhere.
    """
    if items in ("", "."):
        return (), Shape.ONE if items else Shape.LIST, None
    path = paths.parse(items)
    names = path.leading()
    further = path.ways[0][len(names) :]
    if len(path.ways) > 1 or any(one.kind not in ("name", "each", "every") for one in further):
        raise ValueError(f"{items!r} is not a way to a list: it may have names, [] and * only")
    shape = Shape.MEMBERS if further and further[0].kind == "every" else Shape.LIST
    rest = further[1:]
    return names, shape, Path(items, (rest,)) if rest else None


def how_to_read(config: Config) -> How:
    names, shape, _ = way_to_items(config.items)
    return How(names=names, shape=shape, encoding=config.encoding, lines=config.lines)


def promise(config: Config) -> Deletions:
    """What absence means: nothing when only changes are listed."""
    if config.since is None and config.absence == "withdrawn":
        return Deletions.SNAPSHOT
    return Deletions.TOMBSTONES if config.deleted else Deletions.NEVER
