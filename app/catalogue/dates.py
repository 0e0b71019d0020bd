"""Dates and times that somebody else wrote, to ISO 8601. An ambiguous date is never guessed.

A time without an offset stays without one: the course run's ``timezone`` says where it is meant.
"""

import re
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import available_timezones

_EARLIEST, _LATEST = 1900, 2200
_DAY_FIRST = re.compile(r"^(\d{1,2})[./](\d{1,2})[./](\d{4})$")
_CLOCK = re.compile(r"T\d")
_FORMS = ("%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b %d, %Y", "%Y/%m/%d", "%Y年%m月%d日")


def moment(text: str) -> str | None:
    """``2026-03-01`` or ``2026-03-01T09:00:00+08:00``; ``None`` when it cannot be told."""
    text = text.strip()
    if not text or len(text) > 64:
        return None
    found = _iso(text) or _numbers(text) or _words(text)
    if found is None or not _EARLIEST <= found.year < _LATEST:
        return None
    if not isinstance(found, datetime):
        return found.isoformat()
    return found.isoformat(timespec="seconds")


def ordered(start: str | None, end: str | None) -> bool:
    """Whether ``end`` is not before ``start``; unknown dates are in order."""
    if start is None or end is None:
        return True
    if not (_CLOCK.search(start) and _CLOCK.search(end)):
        return start[:10] <= end[:10]
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    if (first.tzinfo is None) != (last.tzinfo is None):
        return start[:10] <= end[:10]
    return first <= last


def timezone(text: str) -> str | None:
    """An IANA time zone's name, ``None`` when it is none."""
    text = text.strip()
    return text if text in available_timezones() else None


def _iso(text: str) -> date | datetime | None:
    mended = re.sub(r"\s+UTC$", "Z", text)
    try:
        if len(mended) <= 10 and not _CLOCK.search(mended):
            return date.fromisoformat(mended) if len(mended) >= 8 else None
        return datetime.fromisoformat(mended)
    except ValueError:
        return None


def _numbers(text: str) -> date | None:
    """25/03/2026 and 25.03.2026, only where the day cannot be a month."""
    if not (found := _DAY_FIRST.match(text)):
        return None
    first, second, year = (int(part) for part in found.groups())
    dotted = "." in text
    day, month = (first, second) if first > 12 or dotted or first == second else (second, first)
    if first <= 12 and second <= 12 and first != second and not dotted:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _words(text: str) -> date | datetime | None:
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 -- a day has no zone
        except ValueError:
            continue
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
