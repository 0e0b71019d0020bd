"""What a record counts for under a policy. Pure; exact fractions, never binary floats.

After the gates (``gates``), in this order:

16. the first line of the table that fits the record,
17. conversion: credit for every ``per`` of the measure,
18. rounding, where the policy says so: the line's own way, or else the policy's,
19. the least that is awarded,
20. the caps, in the order listed, each less what the ledger says is used of it.

A record capped to nothing is accepted with nothing, so that it stays as evidence.
"""

from datetime import date
from fractions import Fraction

from app.recognition.deciding.gates import GATES, Answer, Case, passed, stopped
from app.recognition.deciding.model import (
    OUTCOME_OF,
    Decision,
    Facts,
    Gate,
    Ledger,
    Outcome,
    Step,
)
from app.recognition.policies.model import (
    Mode,
    Period,
    Policy,
    Rounding,
    Rule,
    Tie,
    When,
)

_ZERO = Fraction(0)


def evaluate(policy: Policy, facts: Facts, ledger: Ledger, *, today: date) -> Decision:
    """Decide on one record. ``today`` is the day in the registry's zone (``cycle.today``).

    Never raises: whatever cannot be decided comes out as ``review``, with the reason.
    """
    case = Case(policy, facts, ledger, today)
    trace: list[Step] = []
    for gate in GATES:
        answer = gate(case)
        if answer is not None:
            trace.append(answer.step)
            if answer.outcome is not None:
                return _stopped(case, answer, trace)
    rule = next((one for one in policy.rules if fits(one.when, facts)), None)
    answer = _mapping(rule, facts)
    trace.append(answer.step)
    if rule is None or answer.outcome is not None:
        return _stopped(case, answer, trace, rule)
    return _counted(case, rule, trace)


def awarded(
    policy: Policy,
    facts: Facts,
    ledger: Ledger,
    *,
    today: date,
    amount: Fraction,
    category: str | None,
    rule: str | None,
) -> Decision:
    """What becomes of an amount that people give by hand: it obeys the caps like any other."""
    case = Case(policy, facts, ledger, today)
    line = Rule(id=rule or "", when=When(), category=category)
    values = {"amount": str(amount), "unit": policy.unit or "", "category": category or ""}
    trace = [Step(Gate.CONVERSION, "by-hand", values)]
    amount, reasons, used = _capped(case, line, amount, trace)
    return Decision(
        outcome=Outcome.ACCEPT_CAPPED if reasons else Outcome.ACCEPT,
        credited=amount,
        reasons=reasons or ("BY_HAND",),
        category=category,
        rule=rule,
        counted_tags=counted_tags(policy, facts),
        trace=tuple(trace),
        used=used,
        policy_id=policy.policy_id,
        policy_version=policy.policy_version,
        policy_hash=policy.hash,
    )


def fits(when: When, facts: Facts) -> bool:
    """Whether a line of the table is for this record."""
    minutes = facts.measures.get("contact_minutes")
    least, most = when.min_contact_minutes, when.max_contact_minutes
    return (
        (when.kind_in is None or facts.kind in when.kind_in)
        and (when.has_measure is None or when.has_measure in facts.measures)
        and (when.role is None or when.role == facts.role)
        and (when.mode is None or when.mode == facts.mode)
        and (when.tag is None or when.tag in facts.tags)
        and (least is None or (minutes is not None and minutes >= least))
        and (most is None or (minutes is not None and minutes <= most))
    )


def rounded(amount: Fraction, how: Rounding) -> Fraction:
    """The amount as a multiple of the step."""
    if how.mode is Mode.NONE or not how.step:
        return amount
    steps = amount / how.step
    whole = steps.numerator // steps.denominator
    if how.mode is Mode.NEAREST:
        rest = steps - whole
        half = Fraction(1, 2)
        if rest > half or (rest == half and how.tie is Tie.UP):
            whole += 1
    return whole * how.step


def counted_tags(policy: Policy, facts: Facts) -> tuple[str, ...]:
    """The record's tags without those that want a competence which it does not name."""
    return tuple(
        tag
        for tag in facts.tags
        if all(
            any(code in facts.competences for code in rule.requires_any_competence)
            for rule in policy.tag_rules
            if rule.tag == tag
        )
    )


def _mapping(rule: Rule | None, facts: Facts) -> Answer:
    if rule is None:
        return stopped(Gate.MAPPING, Outcome.REVIEW, "NO_MAPPING", kind=facts.kind)
    if rule.decision is not None:
        reason = rule.reason or "RULE"
        return stopped(Gate.MAPPING, OUTCOME_OF[rule.decision], reason, rule=rule.id)
    if rule.measure not in facts.measures:
        measure = str(rule.measure)
        reason = f"FACT_MISSING:{measure}"
        return stopped(Gate.MAPPING, Outcome.REVIEW, reason, rule=rule.id, measure=measure)
    return passed(Gate.MAPPING, "rule-found", rule=rule.id)


def _counted(case: Case, rule: Rule, trace: list[Step]) -> Decision:
    amount = _converted(case, rule, trace)
    how = rule.rounding or case.policy.rounding
    if how.mode is not Mode.NONE:
        exact, amount = amount, rounded(amount, how)
        values = {"exact": str(exact), "amount": str(amount), "step": str(how.step)}
        trace.append(Step(Gate.ROUNDING, f"rounded-{how.mode}", values))
    least = case.policy.min_award
    if amount <= 0 or (least is not None and amount < least):
        values = {"amount": str(amount), "least": str(least or "")}
        answer = stopped(Gate.MINIMUM, Outcome.REJECT, "BELOW_MIN_AWARD", **values)
        trace.append(answer.step)
        return _stopped(case, answer, trace, rule)
    if least is not None:
        trace.append(Step(Gate.MINIMUM, "enough-to-award", {"least": str(least)}))
    amount, reasons, used = _capped(case, rule, amount, trace)
    return Decision(
        outcome=Outcome.ACCEPT_CAPPED if reasons else Outcome.ACCEPT,
        credited=amount,
        reasons=reasons or ("OK",),
        category=rule.category,
        rule=rule.id,
        counted_tags=counted_tags(case.policy, case.facts),
        trace=tuple(trace),
        used=used,
        policy_id=case.policy.policy_id,
        policy_version=case.policy.policy_version,
        policy_hash=case.policy.hash,
    )


def _converted(case: Case, rule: Rule, trace: list[Step]) -> Fraction:
    measured = case.facts.measures[str(rule.measure)]
    per, credit = rule.per or Fraction(1), rule.credit or _ZERO
    amount = measured / per * credit
    values = {
        "measured": str(measured),
        "measure": str(rule.measure),
        "per": str(per),
        "credit": str(credit),
        "amount": str(amount),
        "unit": case.policy.unit or "",
    }
    trace.append(Step(Gate.CONVERSION, "converted", values))
    return amount


def _capped(
    case: Case, rule: Rule, amount: Fraction, trace: list[Step]
) -> tuple[Fraction, tuple[str, ...], dict[str, Fraction]]:
    """What is left of the amount under the caps, the reasons, and the figures looked at."""
    reasons: list[str] = []
    looked_at: dict[str, Fraction] = {}
    for cap in case.policy.caps:
        if cap.category is not None and cap.category != rule.category:
            continue
        used = _ZERO
        if cap.period is not Period.RECORD:
            used = looked_at[cap.id] = case.ledger.used.get(cap.id, _ZERO)
        left = max(cap.max - used, _ZERO)
        values = {"cap": cap.id, "max": str(cap.max), "used": str(used), "left": str(left)}
        if amount > left:
            values["amount"] = str(left)
            trace.append(Step(Gate.CAPS, "capped", values))
            reasons.append(f"CAP:{cap.id}")
            amount = left
        else:
            trace.append(Step(Gate.CAPS, "within-cap", values))
    return amount, tuple(reasons), looked_at


def _stopped(case: Case, answer: Answer, trace: list[Step], rule: Rule | None = None) -> Decision:
    return Decision(
        outcome=answer.outcome or Outcome.REVIEW,
        credited=None,
        reasons=answer.reasons,
        category=None,
        rule=rule.id if rule else None,
        counted_tags=(),
        trace=tuple(trace),
        used={},
        policy_id=case.policy.policy_id,
        policy_version=case.policy.policy_version,
        policy_hash=case.policy.hash,
    )
