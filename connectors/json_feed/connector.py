"""Any list of courses in JSON, JSON:API or JSON Lines, read through a declared mapping.

The configuration says where the items are, what names them, which member is which field of ours,
how the list is paged and how changes are asked for. It is data: paths, constants and tables of
words (``connectors.json_feed.config``); nothing in it is run.

A mapping that cannot be right for this feed is named and stops the run; an item that lacks what it
should have is rejected alone. Several items may be one course (``group``): sections with the same
id are its runs.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, ClassVar

from connectors.contract import (
    CourseDraft,
    Deletions,
    Fetch,
    Fetched,
    Page,
    Rejected,
    RejectRecord,
    SourceMisconfigured,
    Tombstone,
    Upsert,
)
from connectors.json_feed import config as declared
from connectors.json_feed import paging, paths, rows, text
from connectors.json_feed.linking import Linker
from connectors.json_feed.mapping import Mapper
from connectors.json_feed.paging import Guard, Paging, Place
from connectors.json_feed.paths import plain
from connectors.json_feed.text import Broken, Document

PAGE_ITEMS = 500
MAX_ITEMS = 1_000_000
MAX_GROUPED = 200_000
SAMPLE = 50
FEW = 3
"""From so many items on, a path that none of them has is a fault of the mapping."""
MANY = 10
UPLOADED = "upload.invalid"
GROUP = "@group"

_ACCEPT = "application/json, application/vnd.api+json, application/x-ndjson, */*;q=0.1"
_NO = frozenset({"", "false", "0", "no"})

Item = Upsert | Tombstone | Rejected


@dataclass(slots=True)
class _Answer:
    """One answer of the source, taken apart. ``after`` is ``None`` on the last."""

    document: Document
    index: Mapping[str, Mapping[str, Any]]
    after: Place | None
    total: int | None
    open: bool
    warnings: list[tuple[str, str]]


@dataclass(slots=True)
class _Newest:
    """The latest change seen so far."""

    at: str | None


class JsonFeed:
    """Reads one list of JSON through a mapping."""

    contract: ClassVar[int] = 1
    deletions: Deletions = Deletions.NEVER
    file_field: ClassVar[str] = "url"
    Config = declared.Config

    def __init__(self, config: declared.Config) -> None:
        self._config = config
        self._url = str(config.url)
        self._uploaded = config.url.host == UPLOADED
        self._paging = Paging() if self._uploaded else config.paging
        self._id = paths.parse(config.id)
        self._how = declared.how_to_read(config)
        self._within = declared.way_to_items(config.items)[2]
        self._linker = Linker(config.linked, included=config.preset == "jsonapi")
        self._gone = paths.parse(config.deleted.path) if config.deleted else None
        self._modified = paths.parse(config.since.modified) if config.since else None
        self._total = paths.parse(config.total) if config.total else None
        self._mapper = Mapper(
            config.fields,
            runs=config.runs,
            offers=config.offers,
            credits=config.credits,
            base=str(config.base or config.url),
        )
        self.deletions = declared.promise(config)

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        """Read page by page; the cursor is the place in the list, or the newest change seen."""
        place = paging.place_of(since) if since is not None else Place()
        if self._config.group:
            yield from self._grouped(fetch)
            return
        newest = _Newest(place.newest or place.since)
        for answer in self._answers(fetch, place, newest):
            yield from self._cut(answer, newest)

    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        """Map one item, or the items of one group."""
        grouped = raw.get(GROUP) if self._config.group else None
        return self._course(grouped if isinstance(grouped, list) else raw)

    def place(self, raw: Mapping[str, Any], path: str) -> str | None:
        """Where in the item a course's field (``credits[0].unit``) comes from."""
        return self._mapper.place(path) if self._config.fields else rows.place(raw, path)

    def _course(self, root: Any) -> CourseDraft:
        return self._mapper.course(root) if self._config.fields else rows.course(root)

    def _answers(self, fetch: Fetch, place: Place, newest: _Newest) -> Iterator[_Answer]:
        """The list's answers, one for each request; it ends, whatever the source does."""
        guard, first = Guard(place), True
        following: Place | None = place
        while following is not None:
            place = following
            guard.enter(place, place.url or self._url)
            fetched = self._fetched(fetch, place, first=first)
            answer = self._taken_apart(fetched, place)
            digest = _digest(answer.document)
            guard.moved(digest, place.url or self._url)
            if first:
                answer.warnings += self._look_at(answer)
            yield answer
            first, following = False, answer.after
            if following is not None:
                following = replace(following, digest=digest, newest=newest.at)
            if following is not None and following.seen > MAX_ITEMS:
                raise SourceMisconfigured(f"{self._url}: over {MAX_ITEMS} items; divide the list")

    def _fetched(self, fetch: Fetch, place: Place, *, first: bool) -> Fetched:
        headers = {"Accept": _ACCEPT}
        if self._config.token is not None:
            told = self._config.token.get_secret_value()
            headers[self._config.token_header] = f"{self._config.token_prefix}{told}"
        params = paging.asked(self._paging, place)
        if place.url is None:
            params = {**self._config.params, **self._asks_since(place.since), **params}
        ends = () if first else self._paging.end_statuses
        return fetch(place.url or self._url, params or None, headers=headers, accept=ends)

    def _taken_apart(self, fetched: Fetched, place: Place) -> _Answer:
        if fetched.status in self._paging.end_statuses:
            return _Answer(Document(""), {}, None, None, open=False, warnings=[])
        warnings: list[tuple[str, str]] = []
        document = text.read(fetched, self._how, warnings=warnings)
        told = plain(self._total.first(document.rest)) if self._total else ""
        total = int(told) if told.isdecimal() and len(told) < 10 else None
        count = len(document.starts)

        def following(way: Paging) -> Place | None:
            return paging.following(
                way, place, fetched=fetched, document=document.rest, count=count, total=total
            )

        leads_on = self._uploaded and self._config.paging.style in ("link", "cursor")
        return _Answer(
            document,
            self._linker.index(document.rest),
            following(self._paging),
            total,
            open=leads_on and paging.leads_on(self._config.paging, fetched, document.rest),
            warnings=warnings,
        )

    def _cut(self, answer: _Answer, newest: _Newest) -> Iterator[Page]:
        """One answer as pages of a size that a transaction can bear."""
        items = self._items(answer, newest)
        chunk = list(islice(items, PAGE_ITEMS))
        warnings = tuple(answer.warnings)
        while True:
            more = list(islice(items, PAGE_ITEMS))
            if not more:
                break
            yield Page(tuple(chunk), cursor=None, expected=answer.total, warnings=warnings)
            chunk, warnings = more, ()
        if answer.after is not None:
            cursor = replace(
                answer.after, newest=newest.at, digest=_digest(answer.document)
            ).cursor()
        else:
            cursor = Place(since=newest.at).cursor() if self._config.since else None
        yield Page(
            tuple(chunk),
            cursor=cursor,
            complete=answer.after is None and not answer.open,
            expected=answer.total,
            warnings=warnings,
        )

    def _items(self, answer: _Answer, newest: _Newest) -> Iterator[Item]:
        for line, entry in self._entries(answer.document):
            if self._modified is not None and isinstance(entry, Mapping):
                newest.at = max(newest.at or "", _moment(self._modified.first(entry))) or None
            yield self._item(line, entry, answer.index)

    def _entries(self, document: Document) -> Iterator[tuple[int, Any]]:
        for line, value in document.items():
            if self._within is None or isinstance(value, Broken):
                yield line, value
            else:
                yield from ((line, entry) for entry in self._within.all(value))

    def _item(self, line: int, entry: Any, index: Mapping[str, Mapping[str, Any]]) -> Item:
        if isinstance(entry, Broken):
            told = f"line {line} is no JSON: {entry.reason}"
            return Rejected(_made_up(entry.text), {"text": entry.text}, "E-JSON-LINE", told, line)
        if not isinstance(entry, dict):
            told = "an object was expected as the item"
            return Rejected(_made_up(entry), {"entry": entry}, "E-ITEM-SHAPE", told, line)
        item_id = plain(self._id.first(entry))
        if not item_id:
            told = f"the item has nothing at `{self._config.id}`; give each an id of its own"
            return Rejected(_made_up(entry), entry, "E-ID-MISSING", told, line)
        if self._is_gone(entry):
            return Tombstone(item_id)
        return Upsert(item_id, self._linker.joined(entry, index), line)

    def _is_gone(self, entry: Mapping[str, Any]) -> bool:
        if self._gone is None or self._config.deleted is None:
            return False
        values = self._config.deleted.values
        said = (plain(one) or "object" for one in self._gone.all(entry))
        return any(one in values if values else one.lower() not in _NO for one in said)

    def _grouped(self, fetch: Fetch) -> Iterator[Page]:
        """The whole list, its items put together by their id."""
        groups: dict[str, list[Upsert]] = {}
        items: list[Item] = []
        warnings: list[tuple[str, str]] = []
        complete, count = True, 0
        for answer in self._answers(fetch, Place(), _Newest(None)):
            warnings += answer.warnings
            complete = not answer.open
            for item in self._items(answer, _Newest(None)):
                count += 1
                if isinstance(item, Upsert):
                    groups.setdefault(item.source_id, []).append(item)
                else:
                    items.append(item)
            if count > MAX_GROUPED:
                raise SourceMisconfigured(
                    f"{self._url}: over {MAX_GROUPED} items cannot be grouped"
                )
        items += [_group(item_id, members) for item_id, members in groups.items()]
        for start in range(0, max(len(items), 1), PAGE_ITEMS):
            end = start + PAGE_ITEMS
            told = tuple(warnings) if start == 0 else ()
            last = end >= len(items)
            yield Page(tuple(items[start:end]), None, complete and last, None, told)

    def _look_at(self, answer: _Answer) -> list[tuple[str, str]]:
        """Judge the mapping by the first items. Raises ``SourceMisconfigured``."""
        entries = [one for _, one in islice(self._entries(answer.document), SAMPLE)]
        objects = [one for one in entries if isinstance(one, dict) and not self._is_gone(one)]
        if len(objects) < FEW:
            return []
        if not any(plain(self._id.first(one)) for one in objects):
            raise self._misled("id", self._config.id, objects)
        roots = [self._linker.joined(one, answer.index) for one in objects]
        if not any(self._has_title(root) for root in roots):
            where = self._mapper.where("title") or "by common words"
            raise self._misled("fields.title", where, objects)
        silent = self._mapper.silent(roots) if len(roots) >= MANY else []
        told = "in the first {} items nothing is at {}, where `fields.{}` looks"
        return [
            ("W-MAPPING-EMPTY", told.format(len(roots), self._mapper.where(name), name))
            for name in silent
        ]

    def _has_title(self, root: Any) -> bool:
        try:
            self._course(root)
        except RejectRecord:
            return False
        return True

    def _misled(self, field: str, path: str, objects: Sequence[Any]) -> SourceMisconfigured:
        there = ", ".join(map(repr, list(dict.fromkeys(n for one in objects for n in one))[:40]))
        return SourceMisconfigured(
            f"{self._url}: the path of `{field}` ({path}) finds nothing in any of the first "
            f"{len(objects)} items; they have {there}"
        )

    def _asks_since(self, since: str | None) -> dict[str, str]:
        """The parameter that asks for changes; a second early, lest it be left out."""
        told = self._config.since
        if told is None or since is None:
            return {}
        moment = datetime.fromisoformat(since) - timedelta(seconds=1)
        written = {
            "iso": moment.isoformat().replace("+00:00", "Z"),
            "date": moment.date().isoformat(),
            "epoch": str(int(moment.timestamp())),
            "epoch_ms": str(int(moment.timestamp()) * 1000),
        }
        return {told.parameter: written[told.format]}


def _group(item_id: str, members: Sequence[Upsert]) -> Upsert:
    """The items of one course, in an order that their place in the list does not change."""
    told = sorted((one.raw for one in members), key=lambda raw: json.dumps(raw, sort_keys=True))
    return Upsert(item_id, {GROUP: told}, members[0].line)


def _digest(document: Document) -> str:
    """What tells one page from another: its length, its first and its last item."""
    if not document.starts:
        return ""
    ends = [document.item(0), document.item(len(document.starts) - 1)]
    told = json.dumps([len(document.starts), *map(repr, ends)])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _made_up(value: Any) -> str:
    return "sha256:" + hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _moment(value: Any) -> str:
    """A moment as comparable text in UTC; empty for what is none."""
    told = plain(value)
    try:
        if told.isdecimal():
            seconds = int(told) // (1000 if len(told) > 11 else 1)
            moment = datetime.fromtimestamp(seconds, UTC)
        else:
            moment = datetime.fromisoformat(told)
    except (ValueError, OverflowError, OSError):
        return ""
    whole = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return whole.astimezone(UTC).replace(microsecond=0).isoformat()
    except OverflowError:
        return ""
