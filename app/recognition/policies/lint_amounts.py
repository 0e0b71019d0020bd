"""Limits that never bind, and requirements that nobody can meet."""

from collections.abc import Iterator
from fractions import Fraction

from app.recognition.policies.finding import Found, found
from app.recognition.policies.model import Cap, Cycle, Period, Policy

_YEAR = 12


def _caps(policy: Policy) -> Iterator[Found]:
    for number, cap in enumerate(policy.caps):
        path = ("caps", number)
        if cap.period in {Period.CYCLE, Period.QUALIFYING_PERIOD} and policy.cycle is None:
            said = f"Limit {cap.id} holds for a cycle, and there is none: it holds for ever."
            yield found("cap-without-cycle", (*path, "period"), said, "Add a cycle.")
        by = next((one for one in policy.caps if _always_first(one, cap, policy)), None)
        if by is not None:
            said = f"Limit {cap.id} never binds: {by.id} is reached before it."
            yield found("cap-never-binds", (*path, "max"), said, "Lower it, or leave it out.")
        twin = next((one for one in policy.caps[:number] if _says(one) == _says(cap)), None)
        if twin is not None:
            said = f"Limit {cap.id} says the same as {twin.id}."
            yield found("cap-twice", path, said, "Leave one of them out.")
        if policy.min_award is not None and cap.max < policy.min_award:
            said = f"Limit {cap.id} allows less than the least that is awarded."
            yield found("cap-below-award", (*path, "max"), said, "Mend one of the two.")


def _says(cap: Cap) -> tuple[object, ...]:
    return cap.category, cap.period, cap.max


def _always_first(strict: Cap, cap: Cap, policy: Policy) -> bool:
    """Whether ``strict`` holds for all that ``cap`` does, at least as long, and for no more."""
    if strict.category not in {None, cap.category}:
        return False
    longer = _length(strict, policy) - _length(cap, policy) if strict.period != cap.period else 0
    if longer < 0 or strict.max > cap.max:
        return False
    # Of two that say the same, neither is reached before the other.
    return longer > 0 or strict.max < cap.max or strict.category != cap.category


def _length(cap: Cap, policy: Policy) -> float:
    """Months over which it is summed; a record is shorter than any, no cycle has no end."""
    if cap.period is Period.RECORD:
        return 0
    if cap.period is Period.YEAR:
        return _YEAR
    return policy.cycle.months if policy.cycle else float("inf")


def _minimums(policy: Policy) -> Iterator[Found]:
    cycle = policy.cycle
    if cycle is None:
        return
    for number, minimum in enumerate(cycle.minimums):
        path = ("cycle", "minimums", number)
        if minimum.min is not None and minimum.min > cycle.total:
            said = f"The minimum {minimum.id} is above the total of {cycle.total}."
            yield found("minimum-above-total", (*path, "min"), said, "Mend one of the two.")
        if minimum.min_share is not None and minimum.min_share > 1:
            said = f"The minimum {minimum.id} is more than everything."
            yield found("minimum-above-total", (*path, "min_share"), said, "A share is at most 1.")
        least = minimum.min or (minimum.min_share or Fraction(0)) * cycle.total
        most = most_of(policy, cycle, minimum.category)
        if minimum.category is not None and most is not None and most < least:
            said = f"The minimum {minimum.id} needs {least}; the limits allow {most}."
            yield found("minimum-above-cap", path, said, "Mend the limit or the minimum.")
    needed = sum((one.min or Fraction(0) for one in cycle.minimums if one.category), Fraction(0))
    if needed > cycle.total:
        said = f"The minimums of categories add up to {needed}, above the total of {cycle.total}."
        yield found("minimums-above-total", ("cycle", "total"), said, "Raise the total.")


def _totals(policy: Policy) -> Iterator[Found]:
    cycle = policy.cycle
    if cycle is None or policy.regime is not None:
        return
    overall = most_of(policy, cycle, None)
    limits = [
        most_of(policy, cycle, category)
        for category in {rule.category for rule in policy.rules if rule.category}
    ]
    known = [one for one in limits if one is not None]
    if len(known) == len(limits):  # every category has a limit
        together = sum(known, Fraction(0))
        overall = together if overall is None else min(overall, together)
    if overall is not None and overall < cycle.total:
        said = f"The limits allow {overall} in a cycle, and {cycle.total} are required."
        yield found("total-above-caps", ("cycle", "total"), said, "Mend the limits or the total.")


def most_of(policy: Policy, cycle: Cycle, category: str | None) -> Fraction | None:
    """The most that a category, or everything, can come to in a cycle; ``None`` without limit."""
    found_limits = []
    for cap in policy.caps:
        if cap.period is Period.RECORD or cap.category not in {None, category}:
            continue
        # A cycle of 18 months can touch three calendar years.
        times = -(-cycle.months // _YEAR) + 1 if cycle.months % _YEAR else cycle.months // _YEAR
        found_limits.append(cap.max * (times if cap.period is Period.YEAR else 1))
    return min(found_limits, default=None)


def _groups(policy: Policy) -> Iterator[Found]:
    cycle = policy.cycle
    if cycle is None or cycle.min_categories is None or policy.regime is not None:
        return
    there_are = len(cycle.category_groups) or len({rule.category for rule in policy.rules} - {None})
    if cycle.min_categories > there_are:
        said = f"{cycle.min_categories} categories are needed, and there are {there_are}."
        path = ("cycle", "min_categories")
        yield found("too-few-groups", path, said, "Lower it, or name more groups.")


CHECKS = (_caps, _minimums, _totals, _groups)
