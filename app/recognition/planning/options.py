"""From what could be done to options of the shortest path. Pure.

A course of the catalogue is an option on the day it ends; one that begins at any time may be put
into any of the years for which caps are summed. Beside them stand open activities, "an hour of
ethics, live", as long as the gaps are: they suppose that whatever the registry asks for is met.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations
from math import ceil
from typing import Protocol

from app.recognition.deciding.cycle import cap_span, check
from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.model import (
    Approval,
    Binding,
    Decision,
    Facts,
    Ledger,
    Signature,
    Standing,
    Totals,
)
from app.recognition.planning.model import CATEGORIES, CapLeft, Option
from app.recognition.policies.model import Anchor, Minimum, Period, Policy, Span

NOTHING = Ledger()
MOST_SPANS = 12
"""How many periods of a cap ahead are looked at."""
STEP = 30
LONGEST = 1000 * 60
MOST_TIMES, MOST_MINIMUMS = 20, 5
"""Open activities are as long as these minutes at most, in steps of ``STEP``."""
_DAY = timedelta(days=1)
LEARNING = {
    "course": "in_person",
    "webinar_live": "live_online",
    "self_paced": "self_paced_online",
}
"""The kinds of activity that are proposed where a line of the table takes them, and their modes."""
_TIMED = frozenset({"contact_minutes", "workload_minutes", "work_hours"})


class Offered(Protocol):
    """A course that would count, as ``offering`` gives it."""

    @property
    def course_id(self) -> str: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def next_start(self) -> date | None: ...
    @property
    def price_free(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class OpenActivity:
    """Some activity of a kind, of which nothing is said but what it must be."""

    kind: str
    mode: str | None
    tag: str | None


def caps_ahead(
    policy: Policy,
    used: Mapping[str, Fraction],
    *,
    today: date,
    until: date,
    registered_on: date | None,
) -> Iterator[CapLeft]:
    """What every cap leaves from today on, period by period.

    ``used`` is by the cap's id, in the period that holds today; of those to come nothing is.
    """
    rolls = policy.cycle is not None and policy.cycle.anchor is Anchor.ROLLING
    for cap in policy.caps:
        if cap.period is Period.RECORD:
            continue
        day, left = today, max(Fraction(0), cap.max - used.get(cap.id, Fraction(0)))
        if rolls and cap.period is not Period.YEAR:
            # What drops out meanwhile is not reckoned, so what is used of it stays used.
            yield CapLeft(cap, Span(), left, policy.policy_id)
            continue
        for _ in range(MOST_SPANS):
            span = cap_span(policy, cap, day, registered_on=registered_on)
            yield CapLeft(cap, span, left, policy.policy_id)
            if span.last is None or span.last >= until or span.last < day:
                break
            day, left = span.last + _DAY, cap.max


def of_course(
    policy: Policy, course: Offered, caps: Sequence[CapLeft], *, today: date, until: date
) -> Iterator[Option]:
    """The days on which a course could be counted, each an option of its own."""
    minutes = course.facts.measures.get("contact_minutes") or course.facts.measures.get(
        "workload_minutes"
    )
    if not minutes:  # nobody knows what it takes
        return
    days = [course.facts.completed]
    if course.next_start is None:
        firsts = {one.span.first for one in caps if one.policy_id == policy.policy_id}
        days = [today, *sorted(day for day in firsts if day and today < day)]
    for number, day in enumerate(days):
        if today <= day <= until:
            decision = _decided(policy, replace(course.facts, completed=day))
            if decision.credited:
                yield Option(
                    id=f"{course.course_id}#{number}",
                    activity=course.course_id,
                    day=day,
                    minutes=minutes,
                    credit=decision.credited,
                    category=decision.category,
                    tags=decision.counted_tags,
                    paid=not course.price_free,
                    policy_id=policy.policy_id,
                )


def open_options(
    policy: Policy, totals: Totals, *, day: date, only: Collection[str] | None = None
) -> tuple[list[Option], dict[str, OpenActivity]]:
    """Open activities that are as long as the gaps, and what each option's id stands for.

    ``only``: as long as the gaps of these requirements, and no longer.
    """
    options: list[Option] = []
    known: dict[str, OpenActivity] = {}
    for activity in _open_activities(policy):
        name = "-".join(filter(None, ("open", activity.kind, activity.mode, activity.tag)))
        times: dict[int, int] = {}
        for minutes, count in _lengths(policy, activity, totals, day, only):
            times[minutes] = max(count, times.get(minutes, 1))
        for minutes, count in sorted(times.items()):
            decision = _decided(policy, _ideal(policy, activity, minutes, day))
            for number in range(count if decision.credited else 0):
                made = Option(
                    id=f"{name}-{minutes}-{number}",
                    activity=name if count == 1 else f"{name}-{minutes}-{number}",
                    day=day,
                    minutes=Fraction(minutes),
                    credit=decision.credited or Fraction(0),
                    category=decision.category,
                    tags=decision.counted_tags,
                    policy_id=policy.policy_id,
                )
                known[made.id] = activity
                options.append(made)
    return options, known


def _open_activities(policy: Policy) -> Iterator[OpenActivity]:
    """What the lines of the table take that is measured by its time and done as a participant."""
    minimums = policy.cycle.minimums if policy.cycle else ()
    wanted = dict.fromkeys(one.tag for one in minimums if one.tag)
    found: dict[OpenActivity, None] = {}
    for rule in policy.rules:
        when = rule.when
        timed = rule.decision is None and rule.measure in _TIMED
        if not timed or when.role not in {None, "participant"}:
            continue
        kinds = when.kind_in or tuple(LEARNING)
        for kind in [one for one in LEARNING if one in kinds] or kinds[:1]:
            for tag in (when.tag,) if when.tag else (None, *wanted):
                found[OpenActivity(kind, when.mode or LEARNING.get(kind), tag)] = None
    yield from found


def _lengths(
    policy: Policy,
    activity: OpenActivity,
    totals: Totals,
    day: date,
    only: Collection[str] | None,
) -> Iterator[tuple[int, int]]:
    """How long it may usefully be, and how often: for each gap, and for what others leave."""
    cycle = policy.cycle
    if cycle is None:
        return
    shortfalls = check(policy, totals).shortfalls
    short = {one.id or "": one.short for one in shortfalls if one.code == "SHORT_MINIMUM"}
    minimums = {one.id: one for one in cycle.minimums}
    decision = _decided(policy, _ideal(policy, activity, 60, day))
    gaps = [
        gap
        for name, gap in short.items()
        if _is_of(minimums[name], decision) and (only is None or name in only)
    ]
    if only is None or CATEGORIES in only:
        yield 60, 1
    if only is None:
        whole = sum((one.short for one in shortfalls if one.code == "SHORT_TOTAL"), Fraction(0))
        others = [*short.values()][:MOST_MINIMUMS] if activity.tag is None else []
        for count in range(len(others) + 1):
            gaps += [whole - sum(some) for some in combinations(others, count)]
        for count in range(1, cycle.min_categories or 1):
            gaps.append(whole - count * (decision.credited or 0))  # an hour each of the others
    for gap in sorted(set(gaps)):
        if gap > 0:
            yield from _long_enough(policy, activity, gap, day)


def _long_enough(
    policy: Policy, activity: OpenActivity, credit: Fraction, day: date
) -> Iterator[tuple[int, int]]:
    """The fewest minutes that count so much; where one activity never does, several of them."""

    def counts(steps: int) -> Fraction:
        ideal = _ideal(policy, activity, steps * STEP, day)
        return _decided(policy, ideal).credited or Fraction(0)

    low, high = 1, LONGEST // STEP
    most = counts(high)
    if most <= 0:
        return
    wanted, times = min(credit, most), min(MOST_TIMES, ceil(credit / most))
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if counts(middle) >= wanted else (middle + 1, high)
    yield low * STEP, times


def _ideal(policy: Policy, activity: OpenActivity, minutes: int, day: date) -> Facts:
    """Facts of an activity that has whatever the policy asks for."""
    wanted = policy.required_competences.any_of[:1] if policy.required_competences else ()
    for rule in policy.tag_rules:
        if rule.tag == activity.tag:
            wanted = (*wanted, *rule.requires_any_competence[:1])
    asked = {name for each in policy.delivery.values() for name in each.require}
    approvals = (Approval(policy.approval.body, "open"),) if policy.approval else ()
    return Facts(
        record_id=f"urn:opencpd:open:{activity.kind}",
        completed=day,
        kind=activity.kind,
        mode=activity.mode,
        role="participant",
        measures={
            "contact_minutes": Fraction(minutes),
            "workload_minutes": Fraction(minutes),
            "work_hours": Fraction(minutes, 60),
        },
        tags=(activity.tag,) if activity.tag else (),
        competences=wanted,
        languages=policy.languages.accept[:1] if policy.languages else (),
        issuer_tags=policy.issuers.accept_tags[:1],
        issuer_standing=Span(),
        approvals=approvals,
        delivery=dict.fromkeys(asked, True),
        signature=Signature.VALID,
        status=Standing.VALID,
        holder=Binding.BOUND,
    )


def _decided(policy: Policy, facts: Facts) -> Decision:
    """As on the day it is completed, with nothing used: caps are reckoned by the path."""
    return evaluate(policy, facts, NOTHING, today=facts.completed)


def _is_of(minimum: Minimum, decision: Decision) -> bool:
    by_category = minimum.category is None or minimum.category == decision.category
    return by_category and (minimum.tag is None or minimum.tag in decision.counted_tags)
