"""What a course would bring nearer in one registrant's cycle, and what caps leave of it. Pure.

A cap is looked at in the period that holds the day of completion; of a period that lies ahead
nothing is used yet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from app.recognition.deciding import cycle
from app.recognition.deciding.model import Facts, Ledger, Shortfall, Totals
from app.recognition.ledger.model import CapUse, CycleView
from app.recognition.offering.model import Reckoned
from app.recognition.policies.model import Policy

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Gap:
    """A minimum, and how much of it is short before and after."""

    id: str
    short: Fraction
    then: Fraction


@dataclass(frozen=True, slots=True)
class Room:
    """A cap that bears on it, and how much it still lets count before and after."""

    cap: CapUse
    left: Fraction
    then: Fraction


@dataclass(frozen=True, slots=True)
class Filled:
    """How the cycle would stand after it."""

    total: Fraction
    then: Fraction
    required: Fraction
    gaps: tuple[Gap, ...]
    rooms: tuple[Room, ...]


def used_of(view: CycleView) -> Callable[[Policy, Facts], Ledger]:
    """What the registrant has used of caps, as far as it bears on an activity."""

    def used(policy: Policy, facts: Facts) -> Ledger:
        return Ledger({one.id: one.used for one in _bearing(view, policy, facts)})

    return used


def filled(view: CycleView, reckoned: Reckoned) -> Filled | None:
    """What it fills; ``None`` where it counts nothing or falls into another cycle."""
    judge, decision = view.policy.cycle, reckoned.decision
    amount = decision.credited
    inside = view.span.holds(reckoned.facts.completed)
    if judge is None or amount is None or not decision.outcome.counts or not inside:
        return None
    before = replace(view.totals, total=view.totals.total + view.carry_in)
    after = _with(before, amount, decision.category, decision.counted_tags)
    short_before = _shorts(cycle.check(view.policy, before).shortfalls)
    short_after = _shorts(cycle.check(view.policy, after).shortfalls)
    gaps = [
        Gap(one.id, short_before[one.id], short_after.get(one.id, _ZERO))
        for one in judge.minimums
        if one.id in short_before
    ]
    rooms = [
        Room(one, one.left, max(one.left - amount, _ZERO))
        for one in _bearing(view, reckoned.policy, reckoned.facts)
        if one.category in {None, decision.category}
    ]
    return Filled(before.total, after.total, judge.total, tuple(gaps), tuple(rooms))


def _bearing(view: CycleView, policy: Policy, facts: Facts) -> Sequence[CapUse]:
    return [
        one
        for one in view.caps
        if one.policy_id == policy.policy_id and one.span.holds(facts.completed)
    ]


def _with(before: Totals, amount: Fraction, category: str | None, tags: Sequence[str]) -> Totals:
    by_category, by_tag = dict(before.by_category), dict(before.by_tag)
    if category is not None:
        by_category[category] = by_category.get(category, _ZERO) + amount
    for tag in tags:
        by_tag[tag] = by_tag.get(tag, _ZERO) + amount
    return Totals(before.total + amount, by_category, by_tag)


def _shorts(found: Sequence[Shortfall]) -> dict[str, Fraction]:
    return {one.id: one.short for one in found if one.id is not None}
