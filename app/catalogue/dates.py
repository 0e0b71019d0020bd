"""Dates and times that somebody else wrote, to ISO 8601. An ambiguous date is never guessed.

A time without an offset stays without one: the course run's ``timezone`` says where it is meant.
A month or a year alone is no day, so that it gives none (``fault`` says why).
"""

import re
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from zoneinfo import available_timezones

from babel.core import get_global

MAX_LENGTH = 64
_EARLIEST, _LATEST = 1900, 2200
_DAY_FIRST = re.compile(
    r"^(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2}(?=$| ))(?:[ ,]+(\d{1,2}:\d{2}))?$"
)
_YEAR_FIRST = re.compile(r"^(\d{4})[/.年](\d{1,2})[/.月](\d{1,2})日?(?: ?(\d{1,2}:\d{2}))?$")
_CLOCK = re.compile(r"T\d")
_WEEKDAY = re.compile(r"^[^\W\d_]{2,12}\.?,? +(?=\d|[^\W\d_]{3,12}\.? +\d)")
_DAY_MONTH = re.compile(
    r"^(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?[ -]+(?:of |de |d')?(?P<month>[^\W\d_]{3,12})\.?,?"
    r"[ -]+(?:de |del )?(?P<year>\d{4})(?: ?г\.?| года)?(?P<time>\D.{0,20})?$"
)
_MONTH_DAY = re.compile(
    r"^(?P<month>[^\W\d_]{3,12})\.? +(?P<day>\d{1,2})(?:st|nd|rd|th)?,? +(?P<year>\d{4})"
    r"(?P<time>\D.{0,20})?$"
)
_TIME = re.compile(
    r"^[ ,]*(?:at|um|à|a las|в|–|-|@)? ?(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})"
    r" ?(?P<half>[ap]\.?m\.?)?(?: ?uhr| ?h)?$"
)
_NO_DAY = re.compile(
    r"^(?:\d{4}(?:[-/.]\d{1,2})?|\d{1,2}[/.]\d{4}|[^\W\d_]{3,12}\.? (?:de )?\d{4}|"
    r"\d{4}年(?:\d{1,2}月)?|"
    r"(?:q[1-4]|spring|summer|autumn|fall|winter|ws|ss|wise|sose)[ -]?\d{4}(?:/\d{2,4})?)$"
)
_HAS_ZONE = re.compile(r"^(?P<rest>.*\d) ?(?:[A-Z]{3,5}|\([^()]{2,30}\))$")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner janvier janv enero ene января январь янв يناير جنوری",
            "february feb februar février fevrier févr febrero февраля февраль фев فبراير فروری",
            "march mar märz mrz mars marzo марта март мар مارس مارچ",
            "april apr avril avr abril abr апреля апрель апр أبريل ابريل اپریل",
            "may mai mayo мая май مايو مئی",
            "june jun juni juin junio июня июнь июн يونيو جون",
            "july jul juli juillet juil julio июля июль июл يوليو جولائی",
            "august aug août aout agosto ago августа август авг أغسطس اگست",
            "september sep sept septembre septiembre сентября сентябрь сен سبتمبر ستمبر",
            "october oct oktober okt octobre octubre октября октябрь окт أكتوبر اکتوبر",
            "november nov novembre noviembre ноября ноябрь ноя نوفمبر نومبر",
            "december dec dezember dez décembre déc diciembre dic декабря декабрь дек ديسمبر دسمبر",
        ),
        start=1,
    )
    for name in names.split()
}


def moment(text: str) -> str | None:
    """``2026-03-01`` or ``2026-03-01T09:00:00+08:00``; ``None`` when it cannot be told."""
    text = text.strip()
    if not text or len(text) > MAX_LENGTH:
        return None
    found = _iso(text) or _numbers(text) or _words(text.casefold()) or _mail(text)
    if found is None or not _EARLIEST <= found.year < _LATEST:
        return None
    if not isinstance(found, datetime):
        return found.isoformat()
    return found.isoformat(timespec="seconds")


def fault(text: str) -> str:
    """The code of the warning for a text that ``moment`` cannot tell."""
    text = text.strip()[:MAX_LENGTH]
    if (zoned := _HAS_ZONE.match(text)) and moment(zoned["rest"]):
        return "W-DATE-ZONE"
    text = text.casefold()
    if _NO_DAY.match(text):
        return "W-DATE-NO-DAY"
    return "W-DATE-AMBIGUOUS" if _DAY_FIRST.match(text) else "W-DATE-FORMAT"


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
    """An IANA time zone's name out of one, of Windows' name for it, of its city, of ``UTC+8``."""
    text = text.strip()
    if fixed := re.match(r"^(?:UTC|GMT) ?([+-])0?(\d{1,2})(?::?00)?$", text, re.IGNORECASE):
        hours = int(fixed[2])  # in the names, east of Greenwich is minus (POSIX)
        name = f"Etc/GMT{'-' if fixed[1] == '+' else '+'}{hours}" if hours else "UTC"
        return name if name in _zones().values() else None
    return _zones().get(text.casefold().replace(" ", "_"))


@cache
def _zones() -> dict[str, str]:
    """Names by what is written for them; read once, for listing them reads the whole folder."""
    names = sorted(available_timezones())
    cities: dict[str, list[str]] = {}
    for name in names:
        area, _, city = name.partition("/")
        if city and area in _AREAS:
            cities.setdefault(city.rsplit("/", 1)[-1].casefold(), []).append(name)
    windows = get_global("windows_zone_mapping")
    return {
        **{city: found[0] for city, found in cities.items() if len(found) == 1},
        **{str(one).casefold().replace(" ", "_"): str(windows[one]) for one in windows},
        **{name.casefold(): name for name in names},
    }


_AREAS = frozenset({"Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Pacific"})


def _iso(text: str) -> date | datetime | None:
    mended = f"{text[:-3].rstrip()}Z" if text.endswith("UTC") else text
    try:
        if len(mended) <= 10 and not _CLOCK.search(mended):
            return date.fromisoformat(mended) if len(mended) >= 8 else None
        return datetime.fromisoformat(mended)
    except ValueError:
        return None


def _numbers(text: str) -> date | datetime | None:
    """25/03/2026 and 25.03.2026, only where the day cannot be a month."""
    if found := _YEAR_FIRST.match(text):
        return _day(int(found[1]), int(found[2]), int(found[3]), found[4])
    if not (found := _DAY_FIRST.match(text)):
        return None
    first, second, dotted = int(found[1]), int(found[3]), found[2] == "."
    if len(found[4]) == 2 and not dotted:
        return None  # 25/03/26 may be the 26th of March 2025
    day, month = (first, second) if first > 12 or dotted or first == second else (second, first)
    if first <= 12 and second <= 12 and first != second and not dotted:
        return None
    year = int(found[4])
    if year < 100:
        year += 2000 if year < 70 else 1900
    return _day(year, month, day, found[5])


def _words(text: str) -> date | datetime | None:
    day_name = _WEEKDAY.match(text)
    if day_name and day_name[0].strip(" .,") not in _MONTHS:
        text = text[day_name.end() :]
    found = _DAY_MONTH.match(text) or _MONTH_DAY.match(text)
    month = _MONTHS.get(found["month"]) if found else None
    if not found or month is None:
        return None
    clock = None
    if found["time"] and found["time"].strip():
        if not (time := _TIME.match(found["time"])):
            return None
        hour = int(time["hour"])
        if time["half"]:
            hour = hour % 12 + (12 if time["half"].startswith("p") else 0)
        clock = f"{hour}:{time['minute']}"
    return _day(int(found["year"]), month, int(found["day"]), clock)


def _day(year: int, month: int, day: int, clock: str | None) -> date | datetime | None:
    try:
        if not clock:
            return date(year, month, day)
        hour, minute = clock.split(":")
        return datetime(year, month, day, int(hour), int(minute))  # noqa: DTZ001 -- none is said
    except ValueError:
        return None


def _mail(text: str) -> datetime | None:
    """RFC 822 and its successors, as RSS has it."""
    if not re.search(r"\d:\d\d", text) or not re.search(r"[A-Za-z]{3}", text):
        return None
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
