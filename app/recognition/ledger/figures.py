"""What is used of each cap, summed over what was decided before. Pure.

A registrant's decisions stand in the order of submission, and each is made on the figures of those
before it. So the whole follows from the submissions, their facts and the policies, in whatever
order things became known: when an earlier record falls away, what it used goes to those after it.

A cap sums what its own policy counted, all versions of it, so that a new version does not begin
with empty caps in the middle of a cycle. What another policy of the registry counted is that
policy's affair.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from app.recognition.deciding import cycle
from app.recognition.deciding.model import Decision, Facts, Ledger, Outcome
from app.recognition.policies.model import Cap, Period, Policy, Span

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one decision says to those after it."""

    record_id: str
    activity_key: str | None
    completed: date
    policy_id: str
    outcome: Outcome
    category: str | None
    credited: Fraction

    @staticmethod
    def of(decision: Decision, facts: Facts) -> "Entry":
        """The entry of a decision on a record with these facts."""
        return Entry(
            facts.record_id,
            facts.activity_key,
            facts.completed,
            decision.policy_id,
            decision.outcome,
            decision.category,
            (decision.credited or _ZERO) if decision.outcome.counts else _ZERO,
        )

    @property
    def holds_its_place(self) -> bool:
        """Whether another record of the same thing comes too late.

        One in review does too: else both would count once it is accepted.
        """
        return self.outcome is not Outcome.REJECT


@dataclass(frozen=True, slots=True)
class _Sum:
    """What is summed: of one policy and category, over some days."""

    policy_id: str
    category: str | None
    span: Span

    def takes(self, entry: Entry) -> bool:
        return (
            entry.policy_id == self.policy_id
            and self.category in {None, entry.category}
            and self.span.holds(entry.completed)
        )


class Book:
    """One registrant's decisions so far, in the order of submission.

    A sum is made when it is first asked for and kept up from then on, so that the figures of a
    thousand decisions cost a thousand steps and not a million.
    """

    def __init__(self, *, registered_on: date | None) -> None:
        self._registered_on = registered_on
        self._entries: list[Entry] = []
        self._sums: dict[_Sum, Fraction] = {}
        self._records: set[str] = set()
        self._activities: set[str] = set()

    def add(self, entry: Entry) -> None:
        """The next decision."""
        if entry.holds_its_place:
            self._records.add(entry.record_id)
            if entry.activity_key is not None:
                self._activities.add(entry.activity_key)
        if not entry.credited:
            return
        self._entries.append(entry)
        for one in self._sums:
            if one.takes(entry):
                self._sums[one] += entry.credited

    def has_activity(self, activity_key: str) -> bool:
        """Whether something of this activity has its place."""
        return activity_key in self._activities

    def ledger(self, policy: Policy, facts: Facts, *, held_elsewhere: bool = False) -> Ledger:
        """The figures for the record that comes next.

        ``held_elsewhere``: another registrant holds the same record.
        """
        records, activities = frozenset[str](), frozenset[str]()
        if held_elsewhere or facts.record_id in self._records:
            records = frozenset({facts.record_id})
        if facts.activity_key is not None and facts.activity_key in self._activities:
            activities = frozenset({facts.activity_key})
        used = {
            cap.id: self.used(policy, cap, facts.completed)
            for cap in policy.caps
            if cap.period is not Period.RECORD
        }
        return Ledger(used, records, activities)

    def used(self, policy: Policy, cap: Cap, day: date) -> Fraction:
        """What is used of a cap in its period around ``day``; of several, where most is used."""
        days = (one.completed for one in self._entries if one.policy_id == policy.policy_id)
        spans = cycle.cap_spans(policy, cap, day, days, registered_on=self._registered_on)
        return max(self._sum(_Sum(policy.policy_id, cap.category, span)) for span in spans)

    def _sum(self, wanted: _Sum) -> Fraction:
        if wanted not in self._sums:
            found = (one.credited for one in self._entries if wanted.takes(one))
            self._sums[wanted] = sum(found, start=_ZERO)
        return self._sums[wanted]

    @staticmethod
    def of(entries: Iterable[Entry], *, registered_on: date | None) -> "Book":
        """The book of these entries, in their order."""
        made = Book(registered_on=registered_on)
        for entry in entries:
            made.add(entry)
        return made
