"""Taking a feed apart: RSS 0.9 to 2.0, RSS 1.0 (RDF) and Atom (RFC 4287), to entries as plain JSON.

feedparser says what the many dialects mean; it is given bytes, never an address. Beside it the
document is read strictly: that finds the line of each entry, refuses entities, and keeps what
feedparser flattens (repeated and nested elements of other vocabularies, such as edX's ``course:``).
A feed that is not well-formed is read by feedparser alone, and told; one that was cut is refused.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import struct_time
from typing import Any

import feedparser

from connectors import xml
from connectors.contract import SourceMisconfigured, SourceUnavailable, storable

MAX_BYTES = 10 * 1024 * 1024
MAX_ENTRIES = 5_000
MAX_TAGS = 400_000
MAX_BROKEN_BYTES = 512 * 1024
"""Of a feed that is not well-formed; reading those is several times as slow."""
MAX_PARTS, MAX_DEPTH = 300, 5

_FAULTS = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError)
"""What feedparser raises on feeds that it has no answer to."""
_ENTRY = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_END = re.compile(rb"</(?:[\w.-]+:)?(?:rss|rdf|feed)\s*>\s*\Z", re.IGNORECASE)
_DECLARATION = re.compile(rb"<!(?!\[CDATA\[|--)")
_KEPT = (
    "id", "link", "links", "title", "summary", "content", "published", "updated", "authors",
    "tags", "media_content", "media_thumbnail", "image", "publisher", "rights", "itunes_duration",
)  # fmt: skip
_DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
_OWN = frozenset({"location", "organizer", "organiser", "startdate", "enddate", "coursedate"})
"""What feeds of courses write beside RSS's own elements without saying in which vocabulary."""
_PREFIXES = {
    "https://www.edx.org/api/course/elements/1.0/": "course",
    "https://www.edx.org/api/staff/elements/1.0/": "staff",
    "http://purl.org/rss/1.0/modules/event/": "ev",
    "http://purl.org/dc/elements/1.1/": "dc",
    "urn:ietf:params:xml:ns:xcal": "xcal",
}
"""Vocabularies by the prefix that they mostly go by, whatever a feed calls them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``raw`` has ``entry``, as feedparser reads it, and ``more``, all that it holds."""

    raw: Mapping[str, Any]
    line: int | None

    @property
    def id(self) -> str | None:
        """Its own id, else its address."""
        held = self.raw["entry"]
        return held.get("id") or held.get("link") or None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's page. ``following`` is the address of the page after it (RFC 5005)."""

    entries: tuple[Entry, ...]
    deleted: tuple[str, ...]
    following: str | None
    warnings: tuple[tuple[str, str], ...]


def read(body: bytes, *, where: str) -> Feed:
    """Raises ``SourceMisconfigured`` for what is no feed, ``SourceUnavailable`` when it is cut."""
    _check_size(body, where)
    root, warnings = _strictly(body, where)
    try:
        parsed = feedparser.parse(
            io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False
        )
    except _FAULTS as error:
        raise SourceMisconfigured(f"{where}: the feed cannot be read: {error}") from error
    if root is None and not parsed.version:
        raise SourceMisconfigured(f"{where}: not a feed: neither RSS nor Atom")
    if parsed.bozo:
        told = f"the feed is not in order: {parsed.get('bozo_exception')}"
        warnings = (*warnings, ("W-FEED-BROKEN", told[:500]))
    elements = [] if root is None else _elements(root)
    paired: Sequence[xml.Element | None] = elements
    if len(elements) != len(parsed.entries):
        paired = [None] * len(parsed.entries)
    about = {
        key: value
        for key in ("title", "language", "link")
        if isinstance(value := parsed.feed.get(key), str)
    }
    return Feed(
        entries=tuple(
            _entry(entry, element, about, parsed.namespaces)
            for entry, element in zip(parsed.entries, paired, strict=True)
        ),
        deleted=() if root is None else tuple(_deleted(root)),
        following=_following(parsed.feed),
        warnings=warnings,
    )


def _check_size(body: bytes, where: str) -> None:
    """Raises ``SourceMisconfigured`` for what would take too long to read."""
    if len(body) > MAX_BYTES or body.count(b"<") > MAX_TAGS:
        raise SourceMisconfigured(f"{where}: the feed is over {MAX_BYTES} bytes or {MAX_TAGS} tags")
    count = sum(1 for _ in _ENTRY.finditer(body))
    if count > MAX_ENTRIES:
        raise SourceMisconfigured(
            f"{where}: the feed has {count} entries, and {MAX_ENTRIES} are read at once; divide "
            "it into pages that are linked by rel=next (RFC 5005)"
        )


def _strictly(body: bytes, where: str) -> tuple[xml.Element | None, tuple[tuple[str, str], ...]]:
    """The root element; none when the feed is broken, and yet worth reading loosely."""
    try:
        document = xml.parse(body, where=where)
    except SourceUnavailable as error:
        if not _END.search(body[-200:]):
            raise
        if len(body) > MAX_BROKEN_BYTES or _DECLARATION.search(body):
            raise SourceMisconfigured(f"{where}: the feed is broken: {error}") from error
        return None, ()
    if xml.name(document.root) not in ("rss", "rdf", "feed"):
        raise SourceMisconfigured(f"{where}: not a feed: the root is <{xml.name(document.root)}>")
    return document.root, document.warnings


def _elements(root: xml.Element) -> list[xml.Element]:
    return [one for one in root.iter("{*}item", "{*}entry") if not _inside(one)]


def _inside(element: xml.Element) -> bool:
    """Whether it is part of another entry (an Atom entry inside an RSS item)."""
    return any(xml.name(one) in ("item", "entry") for one in element.iterancestors())


def _deleted(root: xml.Element) -> Iterator[str]:
    """What a feed says it has withdrawn (RFC 6721)."""
    for one in root.iter(_DELETED):
        if gone := one.get("ref", "").strip():
            yield gone


def _following(feed: Any) -> str | None:
    for relation in ("next", "prev-archive"):
        for link in feed.get("links", ()):
            if link.get("rel") == relation and link.get("href"):
                return str(link["href"])
    return None


def _entry(
    entry: Any, element: xml.Element | None, about: Mapping[str, str], prefixes: Mapping[str, str]
) -> Entry:
    said = dict(entry)  # its own look-up answers one key with another's value
    held = {key: _plain(said[key]) for key in _KEPT if said.get(key)}
    for name in ("published", "updated"):
        if written := _moment(said.get(f"{name}_parsed")):
            held[f"{name}_at"] = written
    more = _flat(entry, prefixes) if element is None else _parts(element)
    raw = {"feed": dict(about), "entry": held, "more": more}
    line = None if element is None else element.sourceline
    return Entry(storable(raw), line if isinstance(line, int) else None)


def _plain(value: Any) -> Any:
    """As JSON holds it; feedparser nests no deeper than a link's attributes."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, (str, int)) else str(value)


def _moment(parsed: struct_time | None) -> str | None:
    if parsed is None:
        return None
    year, month, day, hour, minute, second = parsed[:6]
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"


def _parts(element: xml.Element) -> dict[str, Any]:
    """Everything an entry holds in vocabularies other than RSS's and Atom's own, by name."""
    parts: dict[str, Any] = {}
    for number, child in enumerate(element.iterchildren("*")):
        known = child.prefix or xml.name(child) in _OWN
        if known and number < MAX_PARTS:
            parts.setdefault(_name(child), []).append(_held(child, MAX_DEPTH))
    return parts


def _held(element: xml.Element, depth: int) -> Any:
    """An element's text, or its parts by name."""
    children = list(element.iterchildren("*"))[:MAX_PARTS]
    if not children or depth == 0:
        return xml.text(element) or dict(element.attrib)
    parts: dict[str, Any] = {}
    for child in children:
        parts.setdefault(_name(child), []).append(_held(child, depth - 1))
    return parts


def _name(element: xml.Element) -> str:
    space = element.tag[1:].partition("}")[0] if str(element.tag).startswith("{") else ""
    prefix = _PREFIXES.get(space) or element.prefix
    return f"{prefix}:{xml.name(element)}" if prefix else xml.name(element)


def _flat(entry: Any, prefixes: Mapping[str, str]) -> dict[str, Any]:
    """What feedparser has kept of other vocabularies in a feed that only it could read."""
    more: dict[str, Any] = {}
    for key, value in entry.items():
        prefix, mark, name = key.partition("_")
        if not isinstance(value, str) or not value:
            continue
        if key in _OWN:
            more[key] = [value]
        elif mark and prefix in prefixes:
            more[f"{_PREFIXES.get(prefixes[prefix], prefix)}:{name}"] = [value]
    return more
