"""When an iCalendar event takes place: its moments, zones and series, to dated runs.

A wall-clock time stays one when a series crosses a change of the clocks; where the zone is known,
each moment is written with its offset. An all-day event's end is the day after its last (RFC 5545
§3.6.1), and is written as the last.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import isodate
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from connectors.ical import recurrence

MAX_RUNS = 100

Moment = date | datetime


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an event, as jCal (RFC 7265 §3.4) has it."""

    params: Mapping[str, Any]
    values: Sequence[Any]

    @property
    def text(self) -> str:
        """The first value, when it is a text."""
        first = next(iter(self.values), "")
        return first.strip() if isinstance(first, str) else ""


class Event:
    """An event's properties by name. Takes any JSON; what is no property is not there."""

    def __init__(self, untrusted: Any) -> None:
        self._held: dict[str, list[Property]] = {}
        for one in untrusted if isinstance(untrusted, list) else ():
            if isinstance(one, list) and len(one) > 3 and isinstance(one[0], str):
                params = one[1] if isinstance(one[1], dict) else {}
                self._held.setdefault(one[0].lower(), []).append(Property(params, one[3:]))

    def all(self, name: str) -> Sequence[Property]:
        """Every property of this name."""
        return self._held.get(name, ())

    def first(self, name: str) -> Property | None:
        """The first of them."""
        return next(iter(self.all(name)), None)

    def text(self, name: str) -> str:
        """The first one's text; empty when there is none."""
        found = self.first(name)
        return found.text if found else ""


@dataclass(frozen=True, slots=True)
class Zones:
    """The time zones that a calendar speaks of."""

    names: Mapping[str, str]
    own: str | None

    def of(self, named: Property) -> str | None:
        """The IANA name of a moment's zone, when it says one that is known."""
        said = named.params.get("tzid")
        return self.iana(said) if isinstance(said, str) else self.iana(self.own)

    def iana(self, name: str | None) -> str | None:
        """The IANA name behind a name that a program gave (Windows, a path, its own)."""
        if not name:
            return None
        tried = (
            self.names.get(name),
            name,
            WINDOWS_TO_OLSON.get(name),
            "/".join(name.split("/")[-2:]),  # /mozilla.org/20050126_1/Europe/Berlin
            "/".join(name.split("/")[-3:]),
        )
        return next((one for one in tried if one and one in _known()), None)


@dataclass(frozen=True, slots=True)
class Span:
    """One delivery: when it begins and ends, both as ISO 8601, and in which zone."""

    start: str
    end: str | None
    timezone: str | None
    change: Event | None = None
    """The event that stands for this delivery alone, if one does."""


def spans(event: Event, changes: Sequence[Event], zones: Zones, since: str | None) -> list[Span]:
    """Every delivery of a series, or the only one, in order; the changed ones as changed.

    Of a series that goes on and on, ``MAX_RUNS`` from the day ``since`` on are given.
    """
    begins = event.first("dtstart")
    first = _moment(begins, zones) if begins else None
    if begins is None or first is None:
        return []
    length = _length(event, first, zones)
    by_day = {_key(found): one for one in changes if (found := _recurs(one, zones))}
    gone = {_key(one) for named in event.all("exdate") for one in _moments(named, zones)}
    made: list[Span] = []
    for moment in _window(_series(event, first, zones, since), gone, since):
        change = by_day.get(_key(moment))
        if change is None:
            made.append(_span(moment, length, zones.of(begins)))
        elif change.text("status").upper() != "CANCELLED":
            made += _alone(change, zones)
    return made


def _alone(change: Event, zones: Zones) -> Iterator[Span]:
    """The delivery that a change describes."""
    begins = change.first("dtstart")
    first = _moment(begins, zones) if begins else None
    if begins is not None and first is not None:
        one = _span(first, _length(change, first, zones), zones.of(begins))
        yield Span(one.start, one.end, one.timezone, change)


def _series(event: Event, first: Moment, zones: Zones, since: str | None) -> Iterator[Moment]:
    """The first moment, those of the rule, and those that are added by hand."""
    yield first
    added = sorted(
        (one for named in event.all("rdate") for one in _moments(named, zones)), key=_instant
    )
    yield from added[:MAX_RUNS]
    named = event.first("rrule")
    held = next(iter(named.values), None) if named else None
    if not isinstance(held, dict):
        return
    try:
        rule = recurrence.rule(held)
    except recurrence.NotFollowed:
        return  # told when the file was read; the first delivery stands
    until = _read(rule.until, None) if rule.until else None
    for day in recurrence.days(rule, _day(first), since=_long_before(since)):
        moment: Moment = day
        if isinstance(first, datetime):
            moment = datetime.combine(day, first.timetz())
        if until is not None and _after(moment, until):
            return
        yield moment


def _long_before(since: str | None) -> date | None:
    """Three years earlier: so far back dates are looked for that fill up what is listed."""
    found = _read(since, None) if since else None
    try:
        return None if found is None else _day(found) - timedelta(days=3 * 366)
    except OverflowError:
        return None


def _window(series: Iterator[Moment], gone: set[str], since: str | None) -> list[Moment]:
    """The moments to list: of many, those from ``since`` on, filled up with the latest before."""
    before: deque[Moment] = deque(maxlen=MAX_RUNS)
    after: dict[str, Moment] = {}
    for moment in series:
        if _key(moment) in gone or _day(moment).isoformat() in gone:
            continue
        if since is not None and _day(moment).isoformat() < since:
            before.append(moment)
        else:
            after[_key(moment)] = moment
        if len(after) == MAX_RUNS:
            break
    room = MAX_RUNS - len(after)
    earlier = {_key(one): one for one in list(before)[-room:]} if room else {}
    return sorted((earlier | after).values(), key=_instant)


def _span(start: Moment, length: timedelta | None, zone: str | None) -> Span:
    try:
        end = None if length is None else start + length
        if end is not None and not isinstance(start, datetime):
            end -= timedelta(days=1)
    except OverflowError:
        end = None
    timed = isinstance(start, datetime)
    return Span(_written(start), _written(end) if end else None, zone if timed else None)


def _written(moment: Moment) -> str:
    text = moment.isoformat()
    return text.replace("+00:00", "Z") if isinstance(moment, datetime) else text


def _length(event: Event, start: Moment, zones: Zones) -> timedelta | None:
    """How long it lasts: to its end, or as it says; a day when it is a day and says nothing."""
    ends = event.first("dtend")
    end = _moment(ends, zones) if ends else None
    if end is not None and isinstance(end, datetime) == isinstance(start, datetime):
        found = _instant(end) - _instant(start)
        return found if found >= timedelta(days=0 if isinstance(start, datetime) else 1) else None
    if said := event.text("duration"):
        try:
            length = isodate.parse_duration(said[:40])
        except (isodate.ISO8601Error, ValueError, OverflowError):
            length = None
        if isinstance(length, timedelta):
            return length
    return None if isinstance(start, datetime) else timedelta(days=1)


def _recurs(change: Event, zones: Zones) -> Moment | None:
    named = change.first("recurrence-id")
    return _moment(named, zones) if named else None


def _moment(named: Property, zones: Zones) -> Moment | None:
    return next(iter(_moments(named, zones)), None)


def _moments(named: Property, zones: Zones) -> Iterator[Moment]:
    zone = zones.of(named)
    for value in named.values:
        one = value[0] if isinstance(value, list) and value else value  # a period's beginning
        if isinstance(one, str) and (found := _read(one, zone)) is not None:
            yield found


def _read(text: str, zone: str | None) -> Moment | None:
    try:
        if "T" not in text:
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo or zone is None else found.replace(tzinfo=ZoneInfo(zone))


def _day(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _instant(moment: Moment) -> datetime:
    """For comparing: a moment without a zone counts as UTC."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(), UTC)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


def _after(moment: Moment, until: Moment) -> bool:
    if isinstance(moment, datetime) and isinstance(until, datetime):
        return _instant(moment) > _instant(until)
    return _day(moment) > _day(until)


def _key(moment: Moment) -> str:
    return _instant(moment).isoformat() if isinstance(moment, datetime) else moment.isoformat()


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())
