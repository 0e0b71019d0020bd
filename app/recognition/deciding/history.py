"""A registrant's records one after another: what is used of which cap, what cycles come to. Pure.

The ledger keeps the same figures in its tables; this is what they must come to, for vectors, for
trying rules and for tests. Each record is decided on the figures of those before it. When one is
decided again, those after it are too: what falls away goes to them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from app.recognition.deciding.choosing import choose
from app.recognition.deciding.cycle import cap_spans, check, span_of, totals
from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.model import Compliance, Decision, Facts, Ledger, Outcome, Totals
from app.recognition.policies.model import Cap, Period, Policy, Span

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Kept:
    """A record's facts, and what was decided on it on which day."""

    facts: Facts
    today: date
    decision: Decision


@dataclass(frozen=True, slots=True)
class Reached:
    """A cycle with what counted in it."""

    span: Span
    totals: Totals
    compliance: Compliance


@dataclass(frozen=True, slots=True)
class History:
    """What was decided for one registrant; each decision gives a new history."""

    policies: tuple[Policy, ...]
    registered_on: date | None = None
    kept: tuple[Kept, ...] = ()

    def decide(self, facts: Facts, *, today: date) -> "History | None":
        """Decide on a record, again if it was here before; nothing where no policy is in force."""
        ids = [one.facts.record_id for one in self.kept]
        place = ids.index(facts.record_id) if facts.record_id in ids else len(ids)
        decided: list[Kept] = [*self.kept[:place]]
        for one, day in [
            (facts, today),
            *((one.facts, one.today) for one in self.kept[place + 1 :]),
        ]:
            made = self._made(one, day, decided)
            if made is None:
                return None
            decided.append(made)
        return replace(self, kept=tuple(decided))

    def _made(self, facts: Facts, today: date, before: Sequence[Kept]) -> Kept | None:
        policy = choose(self.policies, facts)
        if policy is None:
            return None
        ledger = ledger_for(policy, facts, before, registered_on=self.registered_on)
        return Kept(facts, today, evaluate(policy, facts, ledger, today=today))

    def find(self, record_id: str) -> Kept | None:
        """What is kept of a record."""
        return next((one for one in self.kept if one.facts.record_id == record_id), None)

    def cycle(self, policy: Policy, *, on: date, carried_in: Fraction = _ZERO) -> Reached:
        """The cycle that holds ``on``, judged by ``policy``, with all that was completed in it."""
        span = span_of(policy, on, registered_on=self.registered_on)
        within = [one.decision for one in self.kept if span.holds(one.facts.completed)]
        reached = totals(within, carried_in=carried_in)
        return Reached(span, reached, check(policy, reached))


def ledger_for(
    policy: Policy, facts: Facts, before: Sequence[Kept], *, registered_on: date | None
) -> Ledger:
    """The figures that bear on a record, from what is kept of those before it.

    One in review holds its place, or two of the same thing would count once it is accepted.
    """
    standing = [one for one in before if one.decision.outcome is not Outcome.REJECT]
    keys = (one.facts.activity_key for one in standing)
    return Ledger(
        used=_used(policy, facts.completed, standing, registered_on=registered_on),
        record_ids=frozenset(one.facts.record_id for one in standing),
        activity_keys=frozenset(key for key in keys if key is not None),
    )


def _used(
    policy: Policy, completed: date, counted: Iterable[Kept], *, registered_on: date | None
) -> dict[str, Fraction]:
    """Of each cap, what decisions under any version of this policy have used in its days."""
    own = [one for one in counted if one.decision.policy_id == policy.policy_id]
    used = {}
    for cap in policy.caps:
        if cap.period is Period.RECORD:
            continue
        days = [one.facts.completed for one in own]
        spans = cap_spans(policy, cap, completed, days, registered_on=registered_on)
        used[cap.id] = max(_sum(own, cap, span) for span in spans)
    return used


def _sum(own: Iterable[Kept], cap: Cap, span: Span) -> Fraction:
    return sum(
        (
            one.decision.credited or _ZERO
            for one in own
            if span.holds(one.facts.completed) and cap.category in {None, one.decision.category}
        ),
        _ZERO,
    )
