"""Days to remember as iCalendar (RFC 5545). Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

PRODUCT = "-//OpenCPD//CPD calendar//EN"
_REFRESH = "PT12H"
_DAY = timedelta(days=1)
_MOST_OCTETS = 75
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True, slots=True)
class Event:
    """Something on one whole day."""

    uid: str
    """The same whenever it is told again, so that a calendar changes it and shows no second one."""
    day: date
    title: str
    text: str
    address: str


def as_calendar(events: Sequence[Event], *, name: str, at: datetime) -> bytes:
    """The file that a calendar program subscribes to."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{_REFRESH}",
    ]
    for one in sorted(events, key=lambda event: (event.day, event.uid)):
        lines += _event(one, at)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _event(one: Event, at: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(one.uid)}@opencpd"
    yield f"DTSTAMP:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{one.day:%Y%m%d}"
    if one.day < date.max:
        yield f"DTEND;VALUE=DATE:{one.day + _DAY:%Y%m%d}"
    yield f"SUMMARY:{_text(one.title)}"
    if one.text:
        yield f"DESCRIPTION:{_text(one.text)}"
    yield f"URL:{one.address}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _text(text: str) -> str:
    """A value of type TEXT (§3.3.11); control characters, which it may not hold, are left out."""
    kept = "".join(each for each in text if each == "\n" or each.isprintable())
    return kept.translate(_ESCAPES)


def _folded(line: str) -> bytes:
    """A content line of pieces of at most 75 octets (§3.1), none of which cuts a character."""
    pieces, piece = [], b""
    for each in line:
        octets = each.encode()
        if len(piece) + len(octets) > _MOST_OCTETS:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join([*pieces, piece]) + b"\r\n"
