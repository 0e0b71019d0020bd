"""A registrant's records one after another: what is used of which cap, what cycles come to. Pure.

The ledger keeps the same figures in its tables; this is what they must come to, for vectors, for
dry runs and for tests. A decision takes the place of the one before it on the same record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from app.recognition.deciding.choosing import choose
from app.recognition.deciding.cycle import cap_span, check, span_of, totals
from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.model import Compliance, Decision, Facts, Ledger, Outcome, Totals
from app.recognition.policies.model import Period, Policy, Span

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Kept:
    """A record's facts, and what was decided on it."""

    facts: Facts
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
        policy = choose(self.policies, facts)
        if policy is None:
            return None
        others = [one for one in self.kept if one.facts.record_id != facts.record_id]
        ledger = ledger_for(policy, facts, others, registered_on=self.registered_on)
        made = Kept(facts, evaluate(policy, facts, ledger, today=today))
        if len(others) == len(self.kept):
            return History(self.policies, self.registered_on, (*self.kept, made))
        kept = [made if one.facts.record_id == facts.record_id else one for one in self.kept]
        return History(self.policies, self.registered_on, tuple(kept))

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
    policy: Policy, facts: Facts, others: Sequence[Kept], *, registered_on: date | None
) -> Ledger:
    """The figures that bear on a record, from what is kept of other records."""
    counted = [
        one
        for one in others
        if one.decision.outcome.counts or one.decision.outcome is Outcome.EVIDENCE_ONLY
    ]
    keys = (one.facts.activity_key for one in counted)
    return Ledger(
        used=_used(policy, facts.completed, counted, registered_on=registered_on),
        record_ids=frozenset(one.facts.record_id for one in counted),
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
        span = cap_span(policy, cap, completed, registered_on=registered_on)
        used[cap.id] = sum(
            (
                one.decision.credited or _ZERO
                for one in own
                if span.holds(one.facts.completed) and cap.category in {None, one.decision.category}
            ),
            _ZERO,
        )
    return used
