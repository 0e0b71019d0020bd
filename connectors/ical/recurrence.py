"""The days of a series (RFC 5545 §3.3.10), within bounds that no rule can stretch.

A rule says which days of each period (day, week, month, year) it means; the days of a period are
looked at one by one, and so many days and no more. Rules by the hour, minute and second, and those
by week numbers, are not followed: no course is given that way, and a rule that never matches would
have to be followed for ever.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from typing import Any

MAX_DAYS = 12_000
"""How many days are looked at: 32 years of days."""
MAX_INTERVAL = 1000

_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_FOLLOWED = frozenset(
    {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYYEARDAY",
     "BYSETPOS"}
)  # fmt: skip
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


class NotFollowed(ValueError):
    """The rule is broken, or of a kind that is not followed; the message says which."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A checked rule."""

    frequency: str
    interval: int
    count: int | None
    until: str | None
    week_start: int
    weekdays: frozenset[tuple[int, int]]
    """(ordinal, weekday): the second Monday is (2, 0); 0 for every one."""
    month_days: frozenset[int]
    months: frozenset[int]
    year_days: frozenset[int]
    positions: frozenset[int]


def rule(untrusted: Mapping[str, Any]) -> Rule:
    """A rule out of its parts. Raises ``NotFollowed``."""
    parts = {str(key).upper(): value for key, value in untrusted.items()}
    frequency = str(_one(parts.get("FREQ"))).upper()
    if frequency not in _FREQUENCIES:
        raise NotFollowed(f"FREQ={frequency[:20]} is not followed")
    strange = sorted(key for key in parts if key not in _FOLLOWED and not key.startswith("X-"))
    if strange:
        raise NotFollowed(f"{', '.join(strange)[:60]} is not followed")
    return Rule(
        frequency=frequency,
        interval=next(iter(_numbers(parts.get("INTERVAL", 1), 1, MAX_INTERVAL, "INTERVAL")), 1),
        count=next(iter(_numbers(parts.get("COUNT"), 1, 10**9, "COUNT")), None),
        until=str(_one(parts["UNTIL"])) if parts.get("UNTIL") else None,
        week_start=_weekday(str(_one(parts.get("WKST", "MO"))))[1],
        weekdays=frozenset(_weekday(str(one)) for one in _many(parts.get("BYDAY"))),
        month_days=frozenset(_numbers(parts.get("BYMONTHDAY"), -31, 31, "BYMONTHDAY")),
        months=frozenset(_numbers(parts.get("BYMONTH"), 1, 12, "BYMONTH")),
        year_days=frozenset(_numbers(parts.get("BYYEARDAY"), -366, 366, "BYYEARDAY")),
        positions=frozenset(_numbers(parts.get("BYSETPOS"), -366, 366, "BYSETPOS")),
    )


def days(rule: Rule, start: date, *, since: date | None = None) -> Iterator[date]:
    """The days of the series that begins on ``start``, as far as they are looked for.

    Those long before ``since`` may be passed over, unless they are counted. ``UNTIL`` is left to
    the caller, who knows the times of day.
    """
    fits = _test(rule, start)
    given, looked_at = 0, 0
    passed = 0 if since is None or rule.count is not None else _passed(rule, start, since)
    for period in _periods(rule, start, passed):
        looked_at += len(period)
        if looked_at > MAX_DAYS:
            return
        found = [day for day in period if fits(day)]
        if rule.positions:
            places = {p - 1 if p > 0 else len(found) + p for p in rule.positions}
            found = [day for place, day in enumerate(found) if place in places]
        for day in found:
            if day < start:
                continue
            yield day
            given += 1
            if given == rule.count:
                return


def _passed(rule: Rule, start: date, since: date) -> int:
    """How many periods lie before a day; rather too few than too many."""
    shortest = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}[rule.frequency]
    return max((since - start).days // (shortest * rule.interval) - 1, 0)


def _periods(rule: Rule, start: date, number: int) -> Iterator[Sequence[date]]:
    """Each period's days, from the one that ``start`` lies in, until the calendar's end."""
    while True:
        try:
            yield _period(rule, start, number * rule.interval)
        except (OverflowError, ValueError):  # behind the year 9999
            return
        number += 1


def _period(rule: Rule, start: date, ahead: int) -> Sequence[date]:
    if rule.frequency == "DAILY":
        return (start + timedelta(days=ahead),)
    if rule.frequency == "WEEKLY":
        first = start - timedelta(days=(start.weekday() - rule.week_start) % 7)
        return [first + timedelta(weeks=ahead, days=day) for day in range(7)]
    if rule.frequency == "MONTHLY":
        month = start.month - 1 + ahead
        return _month(start.year + month // 12, month % 12 + 1)
    first = date(start.year + ahead, 1, 1)
    months = sorted(rule.months) or range(1, 13)
    return [day for month in months for day in _month(first.year, month)]


def _month(year: int, month: int) -> list[date]:
    if year > MAXYEAR - 1:
        raise OverflowError
    first = date(year, month, 1)
    following = date(year + month // 12, month % 12 + 1, 1)
    return [first + timedelta(days=day) for day in range((following - first).days)]


def _test(rule: Rule, start: date) -> Callable[[date], bool]:
    """Whether a day is meant. What the rule leaves open is as on the first day."""
    weekdays, month_days, months = rule.weekdays, rule.month_days, rule.months
    if not (weekdays or month_days or rule.year_days):
        if rule.frequency == "WEEKLY":
            weekdays = frozenset({(0, start.weekday())})
        elif rule.frequency == "MONTHLY":
            month_days = frozenset({start.day})
        elif rule.frequency == "YEARLY":
            month_days = frozenset({start.day})
            months = months or frozenset({start.month})
    by_year = rule.frequency == "YEARLY" and not months

    def fits(day: date) -> bool:
        if months and day.month not in months:
            return False
        if month_days and day.day not in month_days:
            following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
            if (day - following).days not in month_days:
                return False
        if rule.year_days:
            from_end = (day - date(day.year + 1, 1, 1)).days
            if not {day.timetuple().tm_yday, from_end} & rule.year_days:
                return False
        return not weekdays or any(
            kind == day.weekday() and (not nth or nth in _ordinals(day, by_year=by_year))
            for nth, kind in weekdays
        )

    return fits


def _ordinals(day: date, *, by_year: bool) -> tuple[int, int]:
    """Which Monday (or whatever day it is) of its month or year it is: from the start and end."""
    if by_year:
        first, following = date(day.year, 1, 1), date(day.year + 1, 1, 1)
    else:
        first = day.replace(day=1)
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (day - first).days // 7 + 1, -(((following - day).days - 1) // 7) - 1


def _many(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else [value]


def _one(value: Any) -> Any:
    return next(iter(_many(value)), None)


def _numbers(value: Any, least: int, most: int, name: str) -> list[int]:
    try:
        found = [int(str(one)) for one in _many(value)]
    except ValueError as error:
        raise NotFollowed(f"{name} is not a number") from error
    if any(not least <= one <= most or (one == 0 and least < 0) for one in found):
        raise NotFollowed(f"{name} is out of range")
    return found


def _weekday(text: str) -> tuple[int, int]:
    found = _BYDAY.fullmatch(text.strip().upper())
    if found is None:
        raise NotFollowed(f"{text[:20]!r} is no weekday")
    return int(found[1] or 0), _WEEKDAYS.index(found[2])
