"""Taking an iCalendar stream (RFC 5545) apart into its events, without judging what they say.

A file may hold several calendars, and one broken event must not cost the others. So the stream is
cut by its ``BEGIN`` and ``END`` lines, which cannot be folded, and each event is handed on as the
text it is, with the line on which it begins. A stream whose last calendar does not end was cut on
its way, and is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.contract import SourceMisconfigured, SourceUnavailable

MAX_EVENTS = 20_000
MAX_LINES = 500
MAX_CHARACTERS = 128 * 1024
"""Of one event."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_FOLD = re.compile(r"(?:\r\n|\r|\n)[ \t]")
_NAMED = re.compile(r"[A-Za-z][A-Za-z0-9-]*[;:](?!//)")
_PROPERTY = re.compile(r"([A-Za-z0-9-]+)((?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)?):(.*)", re.DOTALL)
_OTHERS = frozenset({"VTODO", "VJOURNAL", "VFREEBUSY"})


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a calendar says of itself. ``zones`` are IANA names by the names that its events use."""

    name: str | None = None
    timezone: str | None = None
    method: str | None = None
    zones: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Block:
    """One event as text, ``ended`` by its own ``END`` line, and the calendar it stands in."""

    calendar: Calendar
    line: int
    text: str
    ended: bool

    @property
    def problem(self) -> str | None:
        """Why it cannot be read, when it is not worth trying."""
        if not self.ended:
            return "does not end; close it with END:VEVENT"
        if len(self.text) > MAX_CHARACTERS or self.text.count("\n") > MAX_LINES:
            return f"is over {MAX_LINES} lines or {MAX_CHARACTERS} characters"
        return None

    @property
    def uid(self) -> str | None:
        """Its identifier, when it has one."""
        return _value(self.text, "UID")


@dataclass(slots=True)
class _Open:
    """The calendar that is being read."""

    own: list[str] = field(default_factory=list)
    zones: list[list[str]] = field(default_factory=list)
    events: list[tuple[int, list[str], bool]] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)
    """The parts of an event (alarms) that are open; they are nobody's business."""

    def blocks(self) -> Iterator[Block]:
        """Its events, now that all that it says of itself has been read."""
        own = _FOLD.sub("", "\n".join(self.own))
        zone_texts = [_FOLD.sub("", "\n".join(zone)) for zone in self.zones]
        zones = {
            name: iana
            for text in zone_texts
            if (name := _value(text, "TZID")) and (iana := _value(text, "X-LIC-LOCATION"))
        }
        calendar = Calendar(
            name=_value(own, "X-WR-CALNAME") or _value(own, "NAME"),
            timezone=_value(own, "X-WR-TIMEZONE"),
            method=_value(own, "METHOD"),
            zones=zones,
        )
        for line, lines, ended in self.events:
            yield Block(calendar, line, _FOLD.sub("", "\n".join(lines)), ended)


@dataclass(frozen=True, slots=True)
class Stream:
    """All events of a file. ``others`` counts the entries that are no events (tasks, journals)."""

    blocks: tuple[Block, ...]
    others: int
    warnings: tuple[tuple[str, str], ...]


def split(body: bytes, *, where: str) -> Stream:
    """Raises ``SourceMisconfigured`` for what is no calendar, ``SourceUnavailable`` when cut."""
    text, warnings = _decoded(body)
    if not text.lstrip()[:15].upper() == "BEGIN:VCALENDAR":
        raise SourceMisconfigured(f"{where}: not a calendar: it does not begin a VCALENDAR")
    if text.upper().count("\nBEGIN:VEVENT") > MAX_EVENTS:
        raise SourceMisconfigured(f"{where}: over {MAX_EVENTS} events; divide the calendar")
    found: list[Block] = []
    others = 0
    calendar: _Open | None = None
    within: str | None = None
    for number, line in enumerate(_LINE_END.split(text), start=1):
        mark = line.rstrip().upper()
        if mark == "BEGIN:VCALENDAR":
            calendar, within = _Open(), None
        elif calendar is None:
            continue
        elif mark == "END:VCALENDAR":
            found += calendar.blocks()
            calendar = None
        else:
            others += within is None and mark.removeprefix("BEGIN:") in _OTHERS
            within = _take(calendar, within, mark, line, number)
    if calendar is not None:
        raise SourceUnavailable(f"{where}: the calendar is cut: it does not end")
    return Stream(tuple(found), others, warnings)


def _take(calendar: _Open, within: str | None, mark: str, line: str, number: int) -> str | None:
    """Put a line where it belongs; gives the component of the calendar that is open after it."""
    if mark == "BEGIN:VEVENT":  # also inside one that was never ended
        calendar.events.append((number, [line], False))
        calendar.inner.clear()
        return "VEVENT"
    if within is None:
        if not mark.startswith("BEGIN:"):
            calendar.own.append(line)
            return None
        if mark == "BEGIN:VTIMEZONE":
            calendar.zones.append([])
        return mark.removeprefix("BEGIN:")
    if within == "VEVENT":
        _take_line(calendar, mark, line)
    elif within == "VTIMEZONE":
        calendar.zones[-1].append(line)
    return None if mark == f"END:{within}" else within


def _take_line(calendar: _Open, mark: str, line: str) -> None:
    """Put a line into the event that is open, unless it belongs to a part of it."""
    begun, lines, _ = calendar.events[-1]
    if mark == "END:VEVENT":
        calendar.events[-1] = (begun, [*lines, line], True)
    elif mark.startswith("BEGIN:"):
        calendar.inner.append(mark.removeprefix("BEGIN:"))
    elif calendar.inner:
        if mark == f"END:{calendar.inner[-1]}":
            calendar.inner.pop()
    elif line[:1] in (" ", "\t") or _NAMED.match(line):
        lines.append(line)
    elif line.strip():
        lines.append(f" {line}")  # a break that was not folded: it goes on with the line before


def _value(text: str, name: str) -> str | None:
    """A property's value out of unfolded lines."""
    for line in text.split("\n"):
        if line[: len(name)].upper() != name or line[len(name) : len(name) + 1] not in (":", ";"):
            continue
        if found := _PROPERTY.fullmatch(line):
            return found[3].strip() or None
    return None


def _decoded(body: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text; it is UTF-8 (RFC 5545 §3.1.4), and where it is not, the western reading is told."""
    try:
        return body.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        told = f"line {line} is not UTF-8; the calendar was read as windows-1252"
        return body.decode("cp1252", "replace"), (("W-ICAL-CHARSET", told),)
