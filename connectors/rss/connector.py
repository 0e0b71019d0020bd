"""RSS and Atom feeds of courses: each entry a course, page after page where a feed has pages.

Most feeds show only what is newest, so absence means nothing, ever; what an Atom feed says it has
deleted (RFC 6721) is withdrawn. Dates, places and prices come from the vocabularies that course and
event feeds add: edX's ``course:``, RSS 1.0's ``ev:``, xCal, and those of event plugins.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urljoin

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from connectors.contract import (
    MAX_CURSOR_BYTES,
    CourseDraft,
    CursorExpired,
    Deletions,
    Fetch,
    OfferDraft,
    Page,
    Rejected,
    RejectRecord,
    RunDraft,
    SourceMisconfigured,
    Tombstone,
    Upsert,
)
from connectors.openedx_keys import course_key
from connectors.plain_text import plain
from connectors.rss import feed_items
from connectors.rss.feed_items import Entry, Feed

PAGE_ENTRIES = 200
MAX_PAGES = 500

_ACCEPT = "application/rss+xml, application/atom+xml, application/rdf+xml, */*;q=0.5"
_WEB = re.compile(r"https?://\S+\Z", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})\Z")
_KINDS = frozenset(
    {"course", "training", "workshop", "webinar", "conference", "tutorial", "lesson"}
)
_STARTS = (
    "course:start",
    "ev:startdate",
    "xcal:dtstart",
    "mec:startdate",
    "event:startdate",
    "startdate",
    "coursedate",
)
_ENDS = ("course:end", "ev:enddate", "xcal:dtend", "mec:enddate", "event:enddate", "enddate")
_PLACES = ("ev:location", "xcal:location", "mec:location", "event:location", "location")


class Rss:
    """Reads one feed, of whatever dialect."""

    contract: ClassVar[int] = 1
    file_field: ClassVar[str] = "url"
    conditional: ClassVar[bool] = True
    deletions: ClassVar[Deletions] = Deletions.NEVER

    class Config(BaseModel):
        """Where the feed is."""

        model_config = ConfigDict(extra="forbid", frozen=True)

        url: HttpUrl = Field(description="The address of the RSS or Atom feed")

    def __init__(self, config: Config) -> None:
        self._url = str(config.url)

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        """Read the feed and the pages it links to; the cursor is the address of the page to come.

        Raises ``SourceMisconfigured`` when its pages lead in a circle or do not end.
        """
        url, number = (self._url, 0) if since is None else _resumed(since)
        asked: set[str] = set()
        while True:
            asked.add(url)
            fetched = fetch(url, headers={"Accept": _ACCEPT})
            feed = feed_items.read(fetched.body, where=fetched.url)
            following = _address(feed.following or "", fetched.url)
            if following in asked or number >= MAX_PAGES:
                raise SourceMisconfigured(f"{url}: its pages lead on and on, to {following}")
            number += 1
            yield from _pages(feed, fetched.url, following, number)
            if following is None:
                return
            url = following

    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        """Map one entry."""
        return _course(_Held(raw))


def _resumed(cursor: str) -> tuple[str, int]:
    try:
        held = json.loads(cursor)
        return str(held["next"]), int(held["number"])
    except (ValueError, KeyError, TypeError) as error:
        raise CursorExpired("the cursor is not one of this connector's") from error


def _pages(feed: Feed, base: str, following: str | None, number: int) -> Iterator[Page]:
    """One page of the feed in pieces; only its last piece may be gone on from."""
    items: list[Upsert | Tombstone | Rejected] = [_item(entry, base) for entry in feed.entries]
    items += [Tombstone(gone) for gone in feed.deleted]
    for start in range(0, max(len(items), 1), PAGE_ENTRIES):
        last = start + PAGE_ENTRIES >= len(items)
        cursor = None
        if last and following is not None:
            encoded = json.dumps({"next": following, "number": number})
            cursor = encoded if len(encoded) <= MAX_CURSOR_BYTES else None
        yield Page(
            items=tuple(items[start : start + PAGE_ENTRIES]),
            cursor=cursor,
            complete=last and following is None,
            warnings=feed.warnings if start == 0 else (),
        )


def _item(entry: Entry, base: str) -> Upsert | Rejected:
    raw = {**entry.raw, "address": base}
    if entry.id:
        return Upsert(entry.id, raw, entry.line)
    given = json.dumps(entry.raw, sort_keys=True)
    made_up = "sha256:" + hashlib.sha256(given.encode()).hexdigest()
    told = "the entry has neither an id (guid) nor a link; give each entry its own"
    return Rejected(made_up, raw, "E-ID-MISSING", told, entry.line)


class _Held:
    """A raw entry, asked for by name; whatever it is made of, texts come out."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.entry = _mapping(raw.get("entry"))
        self.feed = _mapping(raw.get("feed"))
        self.more = _mapping(raw.get("more"))
        self.base = _text(raw.get("address"))

    def text(self, name: str) -> str:
        return _text(self.entry.get(name))

    def linked(self, relation: str) -> str | None:
        """The address of a link of this relation."""
        links = (_mapping(one) for one in _list(self.entry.get("links")))
        found = (_text(one.get("href")) for one in links if one.get("rel") == relation)
        return next((one for one in found if one), None)

    def many(self, *names: str) -> tuple[str, ...]:
        """The texts of elements of other vocabularies, whichever of the names they have."""
        found = (_text(one) for name in names for one in _list(self.more.get(name)))
        return tuple(dict.fromkeys(one for one in found if one))

    def one(self, *names: str) -> str | None:
        return next(iter(self.many(*names)), None)


def _course(held: _Held) -> CourseDraft:
    title = plain(held.text("title"))
    if not title:
        raise RejectRecord(
            "the entry has no title; give each one a title", code="E-TITLE-MISSING", path="title"
        )
    language = held.one("dc:language") or _text(held.feed.get("language")) or None
    tag = language or "und"
    summary, description = _about(held)
    url = _address(held.text("link"), held.base)
    paced = held.one("course:self_paced")
    prerequisites = "\n".join(held.many("course:prerequisites"))
    run = _run(held)
    return CourseDraft(
        title={tag: title},
        url=url,
        summary={tag: summary} if summary else {},
        description={tag: description} if description else {},
        prerequisites={tag: prerequisites} if prerequisites else {},
        kind="course" if held.one("course:id", "course:code") else _kind(held),
        metadata_language=language,
        teaching_languages=held.many("course:language", "dc:language"),
        provider=held.one("course:school", "ev:organizer", "organizer", "organiser", "dc:publisher")
        or held.text("publisher")
        or None,
        identifiers=_identifiers(held),
        subjects=_subjects(held),
        level=held.one("course:level"),
        duration=held.one("course:length") or _clock(held.text("itunes_duration")),
        effort=held.one("course:effort"),
        delivery=("self-paced",) if paced == "1" else (),
        licence=held.linked("license") or held.one("dc:rights"),
        image=_image(held),
        runs=(run,) if run else (),
        offers=tuple(OfferDraft(amount=cost) for cost in held.many("mec:cost")),
        created=held.one("course:created") or held.text("published_at") or None,
        modified=held.text("updated_at") or None,
    )


def _about(held: _Held) -> tuple[str, str]:
    """(summary, description): a feed gives either or both, under many names."""
    said, subtitle = held.text("summary"), plain(held.one("course:subtitle") or "")
    contents = [_text(_mapping(one).get("value")) for one in _list(held.entry.get("content"))]
    content = max(contents, key=len, default="")
    if content and content != said:
        return subtitle or plain(said), content
    return subtitle, said


def _kind(held: _Held) -> str | None:
    """What the entry says it is, when it is a word for a course; ``dc:type`` has many others."""
    said = (*held.many("ev:type"), *(one for one in held.many("dc:type") if one.lower() in _KINDS))
    return next(iter(said), None)


def _identifiers(held: _Held) -> tuple[tuple[str, str], ...]:
    key = course_key({"id": held.one("course:id")})  # what is given is the key of a run
    found = (("edx", key), ("code", held.one("course:code")))
    return tuple((scheme, value) for scheme, value in found if value)


def _subjects(held: _Held) -> tuple[str, ...]:
    tags = (_mapping(one) for one in _list(held.entry.get("tags")))
    named = (_text(tag.get("label")) or _text(tag.get("term")) for tag in tags)
    return tuple(dict.fromkeys(one for one in (*named, *held.many("course:subject")) if one))


def _run(held: _Held) -> RunDraft | None:
    run = RunDraft(
        source_id=held.one("course:id"),
        start=held.one(*_STARTS),
        end=held.one(*_ENDS),
        enrol_start=held.one("course:enrollment_start"),
        enrol_end=held.one("course:enrollment_end"),
        place_name=held.one(*_PLACES),
        instructors=_staff(held),
    )
    return run if run.start or run.end or run.place_name else None


def _staff(held: _Held) -> tuple[str, ...]:
    """In edX's vocabulary each of several members of staff nests a name."""
    people = (
        _mapping(person)
        for group in _list(held.more.get("course:instructors"))
        for person in _list(_mapping(group).get("course:staff"))
    )
    named = [_text(name) for person in people for name in _list(person.get("staff:name"))]
    return tuple(dict.fromkeys(name for name in (*named, *held.many("staff:name")) if name))


def _image(held: _Held) -> str | None:
    """The first picture that an entry offers."""
    offered: list[Any] = list(held.many("course:image-banner", "course:image-thumbnail"))
    offered += [_mapping(one).get("url") for one in _list(held.entry.get("media_thumbnail"))]
    for name in ("media_content", "links"):
        for one in map(_mapping, _list(held.entry.get(name))):
            if "image" in (_text(one.get("medium")), _text(one.get("type")).partition("/")[0]):
                offered += [one.get("url"), one.get("href")]
    offered.append(_mapping(held.entry.get("image")).get("href"))
    return next((found for one in offered if (found := _address(_text(one), held.base))), None)


def _clock(text: str) -> str | None:
    """A podcast's ``00:17:16``, or seconds, as ISO 8601."""
    if text.isascii() and text.isdecimal() and len(text) < 7:
        return f"PT{int(text)}S"
    found = _CLOCK.match(text)
    return f"PT{int(found[1] or 0)}H{int(found[2])}M{int(found[3])}S" if found else None


def _address(text: str, base: str) -> str | None:
    if not text:
        return None
    try:
        joined = urljoin(base, text)
    except ValueError:
        return None
    return joined if _WEB.match(joined) else None


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
