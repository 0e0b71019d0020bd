"""How a list is handed out in pages, and where one is in it.

A page is asked for by a link that the page before gave (in its body or its ``Link`` header, RFC
8288), by its number, by how many items to leave out, or by a token. The place is small enough to be
kept as a cursor. What leads in circles, to another host or nowhere is refused; a list that never
ends is cut off.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.contract import (
    MAX_CURSOR_BYTES,
    CursorExpired,
    Fetched,
    SourceMisconfigured,
)
from connectors.json_feed import paths
from connectors.json_feed.paths import PathText

MAX_PAGES = 20_000

_LINK = re.compile(
    r"<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:\"[^\"]*\"|[^\s\",;]*))?)*)"
)
_REL = re.compile(r"""(?i);\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]*))""")

Style = Literal["none", "link", "header", "page", "offset", "cursor"]


class Paging(BaseModel):
    """How to ask for the following page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    style: Style = Field(default="none", description="none, link, header, page, offset or cursor")
    next: PathText | None = Field(
        default=None, description="link, cursor: where the following page's address or token is"
    )
    parameter: str | None = Field(
        default=None, description="page, offset, cursor: the parameter that takes it"
    )
    first: int = Field(default=1, ge=0, description="page: the first page's number")
    size_parameter: str | None = Field(
        default=None, description="The parameter for the page's size"
    )
    size: int | None = Field(default=None, ge=1, le=10_000, description="Items to ask for at once")
    end_statuses: tuple[int, ...] = Field(
        default=(), description="HTTP statuses that mean: no such page, the list has ended"
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.style in ("link", "cursor") and self.next is None:
            raise ValueError(
                f"the style {self.style} needs `next`: where the following page is told"
            )
        if self.style in ("page", "offset", "cursor") and not self.parameter:
            raise ValueError(f"the style {self.style} needs `parameter`: what the page is asked by")
        if (self.size is None) != (self.size_parameter is None):
            raise ValueError("size and size_parameter go together")
        if any(not 400 <= status < 500 for status in self.end_statuses):
            raise ValueError("end_statuses are between 400 and 499")
        return self


@dataclass(frozen=True, slots=True)
class Place:
    """Where one is in a list: what to ask for next, and what was seen."""

    url: str | None = None
    number: int | None = None
    token: str | None = None
    seen: int = 0
    digest: str = ""
    """Of the page before: the same again means that the list does not move."""
    since: str | None = None
    """Changes since then are being listed."""
    newest: str | None = None

    def cursor(self) -> str | None:
        """The place as a cursor; ``None`` when it is too long to be kept."""
        told = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}
        made = json.dumps({"v": 1, **told}, separators=(",", ":"))
        return made if len(made.encode()) <= MAX_CURSOR_BYTES else None


class Guard:
    """Watches that a list moves and ends."""

    def __init__(self, place: Place) -> None:
        self._asked: set[tuple[str, int | None, str | None]] = set()
        self._pages = {place.digest} if place.digest else set()

    def enter(self, place: Place, where: str) -> None:
        """Raises ``SourceMisconfigured`` for a place that was there before, or for too many."""
        here = (where, place.number, place.token)
        if here in self._asked:
            raise SourceMisconfigured(f"{where}: the list leads back to a page that it gave before")
        if len(self._asked) >= MAX_PAGES:
            raise SourceMisconfigured(f"{where}: the list does not end after {MAX_PAGES} pages")
        self._asked.add(here)

    def moved(self, digest: str, where: str) -> None:
        """Raises ``SourceMisconfigured`` when a page holds what one before it held."""
        if digest in self._pages:
            raise SourceMisconfigured(
                f"{where}: a page holds the same items as one before it; is the parameter of "
                "`paging` the one that this list knows?"
            )
        if digest:
            self._pages.add(digest)


def leads_on(paging: Paging, fetched: Fetched, document: Any) -> bool:
    """Whether a document in hand speaks of a following page."""
    return _told(paging, fetched, document) is not None


def place_of(cursor: str) -> Place:
    """The place of a cursor. Raises ``CursorExpired`` for what is none of ours."""
    try:
        told = json.loads(cursor)
        if told.pop("v") != 1:
            raise ValueError("another version")
        place = Place(**told)
        texts = (place.url, place.token, place.digest, place.since, place.newest)
        numbers = (place.number, place.seen)
        if not all(isinstance(one, str | None) for one in texts):
            raise TypeError("a text was expected")
        if not all(isinstance(one, int | None) for one in numbers):
            raise TypeError("a number was expected")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CursorExpired("the cursor is not one of this connector's") from error
    return place


def asked(paging: Paging, place: Place) -> dict[str, str]:
    """The parameters by which a page is asked for."""
    if place.url is not None:  # a link holds all of them
        return {}
    params = {}
    if paging.size_parameter and paging.size:
        params[paging.size_parameter] = str(paging.size)
    if paging.parameter and paging.style == "page":
        params[paging.parameter] = str(paging.first if place.number is None else place.number)
    if paging.parameter and paging.style == "offset":
        params[paging.parameter] = str(place.number or 0)
    if paging.parameter and place.token is not None:
        params[paging.parameter] = place.token
    return params


def following(
    paging: Paging, place: Place, *, fetched: Fetched, document: Any, count: int, total: int | None
) -> Place | None:
    """The place after a page of ``count`` items, or ``None`` at the end of the list.

    Raises ``SourceMisconfigured`` for a link that leads elsewhere.
    """
    seen = place.seen + count
    after = replace(place, seen=seen)
    if paging.style in ("link", "header"):
        header = paging.style == "header"
        link = _header(fetched) if header else _told(paging, fetched, document)
        return None if link is None else replace(after, url=_within(fetched.url, link))
    if paging.style == "cursor":
        token = _told(paging, fetched, document)
        return None if token is None else replace(after, token=token)
    if paging.style == "none" or count == 0 or (total is not None and seen >= total):
        return None
    if paging.style == "page":
        return replace(after, number=(paging.first if place.number is None else place.number) + 1)
    return replace(after, number=(place.number or 0) + (paging.size or count))


def _told(paging: Paging, fetched: Fetched, document: Any) -> str | None:
    """The link or token in the body; ``None`` when there is none. Raises for what is neither."""
    found = paths.parse(paging.next or ".").first(document)
    if isinstance(found, Mapping) and "href" in found:  # JSON:API 1.1 §8.8 allows an object
        found = found["href"]
    if found is None or found is False:
        return None
    told = paths.plain(found)
    if not told or isinstance(found, bool):
        raise SourceMisconfigured(
            f"{fetched.url}: at `{paging.next}`, where the following page is told, is neither "
            "a text nor a number"
        )
    return told


def _header(fetched: Fetched) -> str | None:
    for link, parameters in _LINK.findall(fetched.headers.get("link", "")[:20_000]):
        relations = (quoted or bare for quoted, bare in _REL.findall(parameters))
        if any("next" in told.lower().split() for told in relations):
            return str(link).strip()
    return None


def _within(base: str, link: str) -> str:
    """The link as an address of the same host; behind a proxy many write http for https."""
    try:
        address = urljoin(base, link)
        here, there = urlsplit(base), urlsplit(address)
        if (here.hostname, here.scheme, there.scheme) == (there.hostname, "https", "http"):
            there = there._replace(scheme="https", netloc=here.netloc)
        same = (here.scheme, here.hostname, here.port) == (there.scheme, there.hostname, there.port)
        upgraded = (here.hostname, here.scheme, there.scheme) == (there.hostname, "http", "https")
    except ValueError as error:
        raise SourceMisconfigured(
            f"{base}: the link to the following page is no address: {error}"
        ) from error
    if not (same or upgraded):
        raise SourceMisconfigured(
            f"{base}: the following page is said to be at {there.scheme}://{there.netloc}, another "
            "host; if the feed has moved there, configure its new address"
        )
    return there.geturl()
