"""iCalendar files (RFC 5545): each event is a course with a run, each series one with many.

The series is one course because its events share a UID; a changed occurrence (``RECURRENCE-ID``)
is one of its runs. An event that is cancelled has been withdrawn. A calendar shows what its owner
keeps in it, often only what is to come, so absence means nothing unless the configuration says so.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, ClassVar

from icalendar import Event as Component
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, HttpUrl

from connectors.contract import (
    CourseDraft,
    Deletions,
    Fetch,
    Fetched,
    Page,
    Rejected,
    Tombstone,
    Upsert,
    storable,
)
from connectors.ical import calendars, recurrence
from connectors.ical.calendars import Block
from connectors.ical.course import course
from connectors.ical.times import Event, Zones, spans

PAGE_EVENTS = 100

_BROKEN = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError)
"""What icalendar raises on events that it cannot read."""
_TZID = re.compile(r"(?im)^((?:DTSTART|DTEND|RECURRENCE-ID|EXDATE|RDATE)(?:;[^:\n]*)?;)TZID=")
_ZONE = "x-zone"
"""Stands for TZID while icalendar reads: it would look every name up, and keep it for ever."""
_PRIVATE = frozenset({"PRIVATE", "CONFIDENTIAL"})


def _as_https(address: Any) -> Any:
    """``webcal:`` is a calendar program's word for fetching over HTTP."""
    if isinstance(address, str):
        return re.sub(r"(?i)^\s*webcals?://", "https://", address)
    return address


class ICal:
    """Reads one calendar file."""

    contract: ClassVar[int] = 1
    file_field: ClassVar[str] = "url"
    deletions: Deletions = Deletions.TOMBSTONES

    class Config(BaseModel):
        """Where the calendar is, and what absence from it means."""

        model_config = ConfigDict(extra="forbid", frozen=True)

        url: Annotated[HttpUrl, BeforeValidator(_as_https)] = Field(
            description="The calendar's address; webcal:// is read as https://"
        )
        lists_everything: bool = Field(
            default=False,
            description="The calendar keeps past events too, so one that is gone is withdrawn",
        )

    def __init__(self, config: Config) -> None:
        self._url = str(config.url)
        if config.lists_everything:
            self.deletions = Deletions.SNAPSHOT

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        """Read the whole file; it has no place to go on from, so ``since`` changes nothing."""
        fetched = fetch(self._url, headers={"Accept": "text/calendar, */*;q=0.5"})
        stream = calendars.split(fetched.body, where=fetched.url)
        series = list(_by_uid(stream.blocks).items())
        warnings = list(stream.warnings)
        if stream.others:
            told = f"{stream.others} entries are no events (tasks, journals) and were left out"
            warnings.append(("W-ICAL-OTHERS", told))
        begins = _month_before(fetched)
        for start in range(0, max(len(series), 1), PAGE_EVENTS):
            some = series[start : start + PAGE_EVENTS]
            items = tuple(_item(uid, blocks, begins, warnings) for uid, blocks in some)
            yield Page(
                items=items,
                cursor=None,
                complete=start + PAGE_EVENTS >= len(series),
                expected=len(series),
                warnings=tuple(warnings),
            )
            warnings = []

    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        """Map one event with the changes of its series."""
        event = Event(raw.get("event"))
        calendar = raw.get("calendar")
        said: Mapping[str, Any] = calendar if isinstance(calendar, dict) else {}
        named = said.get("zones")
        own = said.get("timezone")
        zones = Zones(
            {str(key): str(zone) for key, zone in named.items()} if isinstance(named, dict) else {},
            own if isinstance(own, str) else None,
        )
        changes = raw.get("changes")
        listed = [Event(one) for one in changes] if isinstance(changes, list) else []
        since = raw.get("from")
        found = spans(event, listed, zones, since if isinstance(since, str) else None)
        return course(event, found)


def _by_uid(blocks: Sequence[Block]) -> dict[str, list[Block]]:
    """The events of each series; one without a UID stands alone, under an id made of itself."""
    series: dict[str, list[Block]] = {}
    for block in blocks:
        made_up = "sha256:" + hashlib.sha256(block.text.encode()).hexdigest()
        series.setdefault(block.uid or made_up, []).append(block)
    return series


def _item(
    uid: str, blocks: Sequence[Block], begins: str | None, warnings: list[tuple[str, str]]
) -> Upsert | Tombstone | Rejected:
    """A series: the event that describes it, and those that change one of its days."""
    main, line = None, blocks[0].line
    changes: list[Any] = []
    for block in blocks:
        properties = _properties(block, warnings)
        if isinstance(properties, str):
            return Rejected(uid, {"text": block.text[:10_000]}, "E-ICAL-EVENT", properties, line)
        event = Event(properties)
        if event.first("recurrence-id"):
            changes.append(properties)
        elif main is None or _sequence(event) >= _sequence(Event(main)):
            main, line = properties, block.line
    main = changes.pop(0) if main is None else main
    event, calendar = Event(main), blocks[0].calendar
    if event.text("class").upper() in _PRIVATE:
        told = f"the event of line {line} is marked as private; leave it out of a public calendar"
        return Rejected(uid, {"uid": uid}, "E-ICAL-PRIVATE", told, line)
    if event.text("status").upper() == "CANCELLED" or (calendar.method or "").upper() == "CANCEL":
        return Tombstone(uid)
    raw: dict[str, Any] = {
        "calendar": {"name": calendar.name, "timezone": calendar.timezone},
        "event": main,
    }
    if calendar.zones:
        raw["calendar"]["zones"] = calendar.zones
    if changes:
        raw["changes"] = changes
    if event.first("rrule"):
        if begins is not None:
            raw["from"] = begins
        _check_rule(event, line, warnings)
    return Upsert(uid, raw, line)


def _properties(block: Block, warnings: list[tuple[str, str]]) -> Any:
    """An event's properties in jCal, or the reason why it cannot be read."""
    if block.problem is not None:
        return f"the event of line {block.line} {block.problem}"
    try:
        component = Component.from_ical(_TZID.sub(rf"\1{_ZONE}=", block.text))
        properties = storable(json.loads(json.dumps(component.to_jcal()[1], default=str)))
    except _BROKEN as error:
        return f"the event of line {block.line} cannot be read: {error}"
    for name, reason in component.errors:
        told = f"the event of line {block.line}: {name or 'a line'} cannot be read: {reason}"
        warnings.append(("W-ICAL-PROPERTY", told[:500]))
    for _, params, *_ in properties:
        if _ZONE in params:
            params["tzid"] = params.pop(_ZONE)
    return properties


def _sequence(event: Event) -> int:
    held = event.first("sequence")
    first = next(iter(held.values), 0) if held else 0
    return first if isinstance(first, int) else 0


def _check_rule(event: Event, line: int, warnings: list[tuple[str, str]]) -> None:
    named = event.first("rrule")
    held = next(iter(named.values), None) if named else None
    try:
        recurrence.rule(held if isinstance(held, dict) else {})
    except recurrence.NotFollowed as error:
        told = f"the event of line {line}: {error}; only its first date is listed"
        warnings.append(("W-ICAL-SERIES", told))


def _month_before(fetched: Fetched) -> str | None:
    """The first day of last month, by the answer's own clock: a long series is listed from it."""
    try:
        told = parsedate_to_datetime(fetched.headers.get("date", ""))
        return date(told.year - (told.month == 1), (told.month - 2) % 12 + 1, 1).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
