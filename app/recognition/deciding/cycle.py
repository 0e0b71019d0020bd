"""A cycle: the days it holds, the days over which a cap is summed, whether its needs are met. Pure.

Days are the registry's (``today``). A cycle that begins on a day which its month does not have,
such as 29 February, begins on that month's last day, and later ones again on the 29th where there
is one: every cycle is counted from the first, so nothing drifts.
"""

import calendar
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from app.recognition.deciding.gates import months_before
from app.recognition.deciding.model import Compliance, Decision, Shortfall, Totals
from app.recognition.policies.model import Anchor, Cap, Cycle, Minimum, Period, Policy, Span

_ZERO = Fraction(0)
_DAY = timedelta(days=1)


def today(policy: Policy, now: datetime) -> date:
    """Which day it is where the registry is."""
    return now.astimezone(ZoneInfo(policy.time_zone)).date()


def span_of(policy: Policy, day: date, *, registered_on: date | None) -> Span:
    """The cycle that holds ``day``; without end in both directions where there are no cycles.

    A rolling cycle ends with ``day``.
    """
    cycle = policy.cycle
    if cycle is None:
        return Span()
    if cycle.anchor is Anchor.ROLLING:
        return Span(months_before(day, cycle.months) + _DAY, day)
    return _repeated(_first(cycle, registered_on), cycle.months, day)


def cap_span(policy: Policy, cap: Cap, completed: date, *, registered_on: date | None) -> Span:
    """The days over which the use of ``cap`` is summed for something completed that day.

    A year is the calendar's, or, where cycles begin with the registration, counted from there.
    A cap per record has no days: nothing else is summed.
    """
    if cap.period is Period.RECORD:
        return Span(completed, completed)
    cycle = policy.cycle
    if cap.period is Period.YEAR:
        if cycle is None or cycle.anchor is Anchor.ROLLING:
            return Span(date(completed.year, 1, 1), date(completed.year, 12, 31))
        return _repeated(_first(cycle, registered_on), 12, completed)
    return span_of(policy, completed, registered_on=registered_on)


def cap_spans(
    policy: Policy, cap: Cap, completed: date, days: Iterable[date], *, registered_on: date | None
) -> tuple[Span, ...]:
    """Every span over which something completed that day has to fit under ``cap``.

    It is one, but where cycles roll: then a later cycle holds the day too. ``days`` are those of
    what has counted; the cycles that end with one of them, or with ``completed``, are enough to
    find the one in which most is used.
    """
    first = cap_span(policy, cap, completed, registered_on=registered_on)
    rolls = policy.cycle is not None and policy.cycle.anchor is Anchor.ROLLING
    if not rolls or cap.period in {Period.RECORD, Period.YEAR}:
        return (first,)
    later = (
        span_of(policy, day, registered_on=registered_on)
        for day in sorted({day for day in days if day > completed})
    )
    return (first, *(span for span in later if span.holds(completed)))


def totals(decisions: Iterable[Decision], *, carried_in: Fraction = _ZERO) -> Totals:
    """What decisions add up to, after caps; what is carried in has no category and no tag."""
    total = carried_in
    by_category: dict[str, Fraction] = {}
    by_tag: dict[str, Fraction] = {}
    for one in decisions:
        if not one.outcome.counts or one.credited is None:
            continue
        total += one.credited
        if one.category is not None:
            by_category[one.category] = by_category.get(one.category, _ZERO) + one.credited
        for tag in one.counted_tags:
            by_tag[tag] = by_tag.get(tag, _ZERO) + one.credited
    return Totals(total, by_category, by_tag)


def check(policy: Policy, reached: Totals) -> Compliance:
    """Whether what was reached is enough, and every requirement that is short.

    A policy without a cycle asks for nothing. Only a cycle that is met hands anything on.
    """
    cycle = policy.cycle
    if cycle is None:
        return Compliance(compliant=True, shortfalls=(), carry_over=None, lost=_ZERO)
    shortfalls: list[Shortfall] = []
    if reached.total < cycle.total:
        shortfalls.append(Shortfall("SHORT_TOTAL", cycle.total - reached.total))
    for minimum in cycle.minimums:
        short = needed(cycle, minimum, reached) - _reached(minimum, reached)
        if short > 0:
            shortfalls.append(Shortfall("SHORT_MINIMUM", short, minimum.id))
    missing = (cycle.min_categories or 0) - _groups(cycle, reached)
    if missing > 0:
        shortfalls.append(Shortfall("TOO_FEW_CATEGORIES", Fraction(missing)))
    above = max(reached.total - cycle.total, _ZERO)
    carried = None
    if cycle.carry_over_max is not None:
        carried = _ZERO if shortfalls else min(above, cycle.carry_over_max)
    lost = above - (carried or _ZERO)
    return Compliance(not shortfalls, tuple(shortfalls), carried, lost)


def needed(cycle: Cycle, minimum: Minimum, reached: Totals) -> Fraction:
    """How much a minimum asks for; a share is of the larger of what there is and is required."""
    if minimum.min_share is not None:
        return minimum.min_share * max(reached.total, cycle.total)
    return minimum.min or _ZERO


def _reached(minimum: Minimum, reached: Totals) -> Fraction:
    amounts = [
        held.get(name, _ZERO)
        for held, name in ((reached.by_category, minimum.category), (reached.by_tag, minimum.tag))
        if name is not None
    ]
    return min(amounts, default=reached.total)


def _groups(cycle: Cycle, reached: Totals) -> int:
    groups = cycle.category_groups or {name: (name,) for name in reached.by_category}
    return sum(
        any(reached.by_category.get(name, _ZERO) > 0 for name in (group, *members))
        for group, members in groups.items()
    )


def _first(cycle: Cycle, registered_on: date | None) -> date:
    if cycle.anchor is Anchor.REGISTRATION and registered_on is not None:
        return registered_on
    return cycle.first


def _repeated(first: date, months: int, day: date) -> Span:
    """The period of ``months``, counted from ``first`` in both directions, that holds ``day``."""
    passed = (day.year - first.year) * 12 + day.month - first.month
    number = passed // months
    if months_after(first, number * months) > day:
        number -= 1
    start = months_after(first, number * months)
    return Span(start, months_after(first, (number + 1) * months) - _DAY)


def months_after(day: date, months: int) -> date:
    """The same day of the month ``months`` later, or that month's last where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year < date.min.year:
        return date.min
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
