"""Addresses: what leads from a search to its feeds, and to where it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.search.parameters import lasting, written
from app.web.languages.choosing import PARAMETER

SAVED = "/account/searches"


def feed_address(params: Mapping[str, Sequence[str]], ending: str, **more: str) -> str:
    """The path of the feed of a search whose parameters were understood.

    ``more`` are the feed's own: ``hl``, the language titles are wanted in, and ``per_page``. Empty
    ones are left out.
    """
    query = written(lasting(params) | {name: [value] for name, value in more.items() if value})
    return f"/feeds/search.{ending}{'?' if query else ''}{query}"


@dataclass(frozen=True, slots=True)
class Kept:
    """Addresses below this node's own."""

    rss: str
    json: str
    save: str


def kept_addresses(params: Mapping[str, Sequence[str]], wanted: Sequence[str]) -> Kept:
    """Of a search whose parameters were understood, for a reader of these languages."""
    language = wanted[0] if wanted else ""
    query = written(lasting(params))
    return Kept(
        feed_address(params, "rss", **{PARAMETER: language}),
        feed_address(params, "json", **{PARAMETER: language}),
        f"{SAVED}/new{'?' if query else ''}{query}",
    )
