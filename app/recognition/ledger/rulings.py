"""One decision, from policy, facts, figures and whatever people said of it by hand. Pure.

What people decided by hand stands when decisions are made anew, but for three things: a record
whose signature or status is bad, or that counts already, is rejected whatever was said of it; an
amount obeys the caps of the policy that decides now; and a category which that policy does not know
sends the record back to people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.recognition.deciding.evaluate import awarded, evaluate
from app.recognition.deciding.facts import Supplement
from app.recognition.deciding.model import (
    Binding,
    Decision,
    Facts,
    Gate,
    Ledger,
    Outcome,
    Signature,
    Standing,
    Step,
)
from app.recognition.ledger.model import Judged, Verdict
from app.recognition.policies.model import Policy, SelfDeclared

_BEYOND_VERDICTS = frozenset({Gate.SIGNATURE, Gate.STATUS, Gate.DUPLICATE})
"""Where these gates reject, nobody's word helps."""
NO_POLICY = "NO_POLICY"
SELF_DECLARED = "SELF_DECLARED"
BY_HAND = "BY_HAND"
DUPLICATE = "DUPLICATE"
OUTDATED = "BY_HAND_OUTDATED"


@dataclass(frozen=True, slots=True)
class Case:
    """What one decision is about, beside policy and figures."""

    facts: Facts
    self_declared: bool = False
    verdict: Verdict | None = None


def decide(policy: Policy | None, case: Case, ledger: Ledger, *, today: date) -> Decision:
    """Decide on a case. ``policy`` is ``None`` where none of the registry's was in force."""
    if policy is None:
        return _without_policy(case.facts)
    found = _by_rules(policy, case, ledger, today=today)
    verdict = case.verdict
    if verdict is None or verdict.judged is Judged.EVALUATE or _beyond(found):
        return found
    return _by_word(policy, case, ledger, verdict, found, today=today)


def _by_word(
    policy: Policy, case: Case, ledger: Ledger, verdict: Verdict, found: Decision, *, today: date
) -> Decision:
    """What people said, where rules alone ``found`` otherwise."""
    if verdict.judged is Judged.REJECT:
        return _said(found, Outcome.REJECT, BY_HAND)
    if _counts_already(case.facts, ledger):  # the rules may have stopped before they asked that
        return _said(found, Outcome.REJECT, DUPLICATE, gate=Gate.DUPLICATE)
    if verdict.judged is Judged.EVIDENCE_ONLY:
        return _said(found, Outcome.EVIDENCE_ONLY, BY_HAND)
    if verdict.amount is None or not knows(policy, verdict):
        return _said(found, Outcome.REVIEW, OUTDATED)
    return awarded(
        policy,
        case.facts,
        ledger,
        today=today,
        amount=verdict.amount,
        category=category_of(policy, verdict),
        rule=verdict.rule,
    )


def says_the_same(one: Decision, stored: Mapping[str, Any]) -> bool:
    """Whether a decision says what a stored one says, on whatever figures, by the same rules.

    The stored one is compared as it is: most decisions made anew change nothing, and reading all of
    each costs more than making it.
    """
    credited = None if one.credited is None else str(one.credited)
    now = (
        one.policy_hash,
        one.outcome.value,
        credited,
        one.category,
        one.rule,
        list(one.reasons),
        list(one.counted_tags),
    )
    names = ("policy_hash", "outcome", "credited", "category", "rule", "reasons", "counted_tags")
    return now == tuple(stored[name] for name in names)


def categories(policy: Policy) -> frozenset[str]:
    """Every category that the policy speaks of."""
    groups = policy.cycle.category_groups if policy.cycle else {}
    minimums = policy.cycle.minimums if policy.cycle else ()
    named: list[str | None] = [one.category for one in policy.rules]
    named += [one.category for one in policy.caps]
    named += [one.category for one in minimums]
    for group, members in groups.items():
        named += [group, *members]
    return frozenset(one for one in named if one is not None)


def knows(policy: Policy, verdict: Verdict) -> bool:
    """Whether the rule or category that an amount was given under is the policy's."""
    if verdict.rule is not None:
        return any(one.id == verdict.rule for one in policy.rules)
    return verdict.category in categories(policy)


def category_of(policy: Policy, verdict: Verdict) -> str | None:
    """The category of the rule that was named, or else the one that was."""
    for rule in policy.rules:
        if rule.id == verdict.rule:
            return rule.category or verdict.category
    return verdict.category


def confirmed(facts: Facts) -> Facts:
    """Facts whose holder the registry has made sure of in another way."""
    unknown = facts.holder is Binding.UNKNOWN
    return replace(facts, holder=Binding.BOUND) if unknown else facts


def supplemented(facts: Facts, added: Supplement) -> Facts:
    """Facts with what a person at the registry found, as ``deciding.facts`` adds it."""
    return replace(
        facts,
        measures={**facts.measures, **added.measures},
        tags=_joined(facts.tags, added.tags),
        competences=_joined(facts.competences, added.competences),
        languages=_joined(facts.languages, added.languages),
        issuer_tags=_joined(facts.issuer_tags, added.issuer_tags),
        approvals=(*facts.approvals, *added.approvals),
        delivery={**facts.delivery, **added.delivery},
    )


def _joined(first: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *more)))


def _by_rules(policy: Policy, case: Case, ledger: Ledger, *, today: date) -> Decision:
    if not case.self_declared:
        return evaluate(policy, case.facts, ledger, today=today)
    vouched = case.verdict is not None and case.verdict.judged is Judged.EVALUATE
    # Nobody signed it. What it would count for if it is true is what a reviewer wants to see.
    if_true = replace(
        case.facts,
        signature=Signature.VALID,
        status=Standing.VALID,
        holder=Binding.BOUND,
    )
    found = evaluate(policy, if_true, ledger, today=today)
    trusted = vouched or policy.self_declared is SelfDeclared.ACCEPT
    if trusted or not found.outcome.counts:
        return found
    step = Step(Gate.SIGNATURE, SELF_DECLARED, {"amount": str(found.credited)}, passed=False)
    refused = policy.self_declared is SelfDeclared.REJECT
    return replace(
        found,
        outcome=Outcome.REJECT if refused else Outcome.REVIEW,
        credited=None,
        reasons=(SELF_DECLARED,),
        category=None,
        counted_tags=(),
        trace=(*found.trace, step),
    )


def _beyond(found: Decision) -> bool:
    last = found.trace[-1].gate if found.trace else None
    return found.outcome is Outcome.REJECT and last in _BEYOND_VERDICTS


def _counts_already(facts: Facts, ledger: Ledger) -> bool:
    return facts.record_id in ledger.record_ids or facts.activity_key in ledger.activity_keys


def _said(found: Decision, outcome: Outcome, reason: str, *, gate: Gate = Gate.MAPPING) -> Decision:
    values = {"outcome": outcome.value, "by": "record"}
    return replace(
        found,
        outcome=outcome,
        credited=None,
        reasons=(reason,),
        category=None,
        counted_tags=(),
        trace=(*found.trace, Step(gate, reason, values, passed=False)),
        used={},
    )


def _without_policy(facts: Facts) -> Decision:
    values: dict[str, Any] = {"completed": facts.completed.isoformat()}
    return Decision(
        outcome=Outcome.REVIEW,
        credited=None,
        reasons=(NO_POLICY,),
        category=None,
        rule=None,
        counted_tags=(),
        trace=(Step(Gate.REGIME, NO_POLICY, values, passed=False),),
        used={},
        policy_id="",
        policy_version=0,
        policy_hash="",
    )
