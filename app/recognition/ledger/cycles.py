"""A registrant's cycle: what counted, what is used of each cap, what is short, what is lost.

A cycle is judged under the version of the policy in force on its last day, or today while it lasts.
Decisions made under another version in the same cycle count as they were made: each record by the
version of its own day. What is carried in follows from the cycles before, each judged in its turn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from sqlalchemy.orm import Session

from app.platform.problems import NotFound
from app.recognition.deciding import cycle
from app.recognition.deciding.model import Outcome, Totals
from app.recognition.ledger import reading
from app.recognition.ledger.figures import Book, Entry
from app.recognition.ledger.model import CapUse, CycleView, DecisionMade
from app.recognition.ledger.rules import Rules
from app.recognition.policies.model import Anchor, Period, Policy, Span
from app.recognition.register.service import Registrant

MOST_CYCLES = 20
"""How far back what was carried over is followed."""
_ZERO = Fraction(0)
_DAY = timedelta(days=1)


class NoPolicy(NotFound):
    """The registry has adopted no policy by which the cycle could be judged."""

    code = "no-policy"


def own_policy(policies: Sequence[Policy]) -> Policy | None:
    """By which of a registry's policies cycles are judged: its own, with a cycle."""
    own = [one for one in policies if one.basis is None]
    first = sorted(own or policies, key=lambda one: (one.policy_id, -one.policy_version))
    with_cycle = [one for one in first if one.cycle is not None]
    return next(iter([*with_cycle, *first]), None)


def cycle_view(session: Session, registrant: Registrant, *, on: date) -> CycleView:
    """The cycle that holds the day ``on``, which is also the day it is. Raises ``NoPolicy``."""
    return cycle_on(session, registrant, day=on, today=on)


def cycle_on(session: Session, registrant: Registrant, *, day: date, today: date) -> CycleView:
    """The cycle that holds ``day``, as it looks ``today``. Raises ``NoPolicy``."""
    made = [one.decision for one in reading.of_registrant(session, registrant.id)]
    viewing = _Viewing(Rules(session, registrant.registry_id), registrant, made, today)
    return viewing.view(day)


def today_of(session: Session, registry_id: str, now: datetime) -> date:
    """Which day it is where the registry is; in UTC where no policy says where that is."""
    policy = own_policy(Rules(session, registry_id).on(now.date()))
    return now.date() if policy is None else cycle.today(policy, now)


@dataclass(frozen=True, slots=True)
class _Viewing:
    rules: Rules
    registrant: Registrant
    made: Sequence[DecisionMade]
    today: date

    def view(self, day: date) -> CycleView:
        policy, span = self._judge(day)
        inside = [one for one in self.made if span.holds(one.facts.completed)]
        carry_in = self._carried_into(policy, span, depth=MOST_CYCLES)
        totals = self._totals(inside, carry_in)
        ended = span.last is not None and span.last < self.today
        has_end = policy.cycle is not None and span.last is not None and not ended
        return CycleView(
            policy=policy,
            span=span,
            totals=self._totals(inside, _ZERO),
            carry_in=carry_in,
            caps=tuple(self._caps(policy, day)),
            compliance=cycle.check(policy, totals) if policy.cycle else None,
            days_left=(span.last - self.today).days if has_end and span.last else None,
            ended=ended,
            decisions=inside,
            open=sum(one.decision.outcome is Outcome.REVIEW for one in inside),
        )

    def _judge(self, day: date) -> tuple[Policy, Span]:
        """Policy and span of the cycle around a day: the version of its last day, or of today."""
        policy = own_policy(self.rules.on(day)) or own_policy(self.rules.on(self.today))
        if policy is None:
            raise NoPolicy("The registry has adopted no policy for that time.")
        span = self._span(policy, day)
        judged_on = self.today if span.last is None else min(span.last, self.today)
        judge = own_policy(self.rules.on(max(judged_on, day))) or policy
        return judge, self._span(judge, day)

    def _span(self, policy: Policy, day: date) -> Span:
        return cycle.span_of(policy, day, registered_on=self.registrant.registered_on)

    def _carried_into(self, policy: Policy, span: Span, *, depth: int) -> Fraction:
        """What the cycle before hands on; nothing where cycles roll or nothing came before."""
        if policy.cycle is None or policy.cycle.anchor is Anchor.ROLLING or span.first is None:
            return _ZERO
        first = min((one.facts.completed for one in self.made), default=span.first)
        if depth == 0 or first >= span.first or span.first <= date.min + _DAY:
            return _ZERO
        eve = span.first - _DAY
        before = own_policy(self.rules.on(eve))
        if before is None:
            return _ZERO
        its_span = self._span(before, eve)
        inside = [one for one in self.made if its_span.holds(one.facts.completed)]
        carried = self._carried_into(before, its_span, depth=depth - 1)
        return cycle.check(before, self._totals(inside, carried)).carry_over or _ZERO

    @staticmethod
    def _totals(made: Iterable[DecisionMade], carried: Fraction) -> Totals:
        return cycle.totals((one.decision for one in made), carried_in=carried)

    def _caps(self, policy: Policy, day: date) -> Iterable[CapUse]:
        """Caps of every policy that counts in the cycle, each in its period around the day."""
        entries = [Entry.of(one.decision, one.facts) for one in self.made]
        book = Book.of(entries, registered_on=self.registrant.registered_on)
        within = min(day, self.today)
        for one in self._counting(policy, within):
            for cap in one.caps:
                if cap.period is Period.RECORD:
                    continue
                span = cycle.cap_span(one, cap, within, registered_on=self.registrant.registered_on)
                used = book.used(one, cap, within)
                yield CapUse(cap.id, cap.category, cap.period, span, used, cap.max, one.policy_id)

    def _counting(self, policy: Policy, day: date) -> Sequence[Policy]:
        others = [one for one in self.rules.on(day) if one.policy_id != policy.policy_id]
        return [policy, *sorted(others, key=lambda one: one.policy_id)]
