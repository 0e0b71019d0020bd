"""What stands between an activity and being counted, as far as it could be mended. Pure.

One thing after another is taken as given and the policy asked again, until it counts or something
is in the way that nobody can supply. So a society sees all that is missing, not the first thing
alone. What is supplied here is supposed: it decides nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.model import Approval, Decision, Facts, Gate, Ledger
from app.recognition.offering.model import Need, Needed, Reckoned
from app.recognition.policies.model import Policy, Span

_NOTHING_USED = Ledger()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is needed, and what would be decided if it were there; ``None`` where nobody can say."""

    needs: tuple[Need, ...]
    then: Decision | None


_Mend = tuple[Need, Facts | None]
"""What is needed, and the facts with it; none where the amount would hang on what it is."""


def outlook(reckoned: Reckoned, *, ledger: Ledger = _NOTHING_USED) -> Outlook:
    """What would have to be added so that this counts."""
    policy, facts, decision = reckoned.policy, reckoned.facts, reckoned.decision
    needs: list[Need] = []
    while not decision.outcome.counts and len(needs) < len(Needed):
        mend = _MENDS.get(decision.trace[-1].gate) if decision.trace else None
        found = mend(policy, facts, decision) if mend else None
        if found is None or found[0].what in {one.what for one in needs}:
            return Outlook(tuple(needs), None)
        needs.append(found[0])
        if found[1] is None:
            return Outlook(tuple(needs), None)
        facts = found[1]
        decision = evaluate(policy, facts, ledger, today=facts.completed)
    return Outlook(tuple(needs), decision if decision.outcome.counts else None)


def _issuer(policy: Policy, facts: Facts, decision: Decision) -> _Mend | None:
    tags = policy.issuers.accept_tags
    if not tags or decision.reasons[0] != "ISSUER_UNKNOWN":
        return None
    return Need(Needed.ISSUER, tags), replace(facts, issuer_tags=(*facts.issuer_tags, tags[0]))


def _standing(policy: Policy, facts: Facts, decision: Decision) -> _Mend:
    return Need(Needed.STANDING), replace(facts, issuer_standing=Span(facts.completed))


def _approval(policy: Policy, facts: Facts, decision: Decision) -> _Mend | None:
    if policy.approval is None:
        return None
    body, day = policy.approval.body, facts.completed
    given = (*facts.approvals, Approval(body, "", Span(day, day)))
    return Need(Needed.APPROVAL, (body,)), replace(facts, approvals=given)


def _language(policy: Policy, facts: Facts, decision: Decision) -> _Mend | None:
    if policy.languages is None or not policy.languages.accept:
        return None
    read = policy.languages.accept
    return Need(Needed.LANGUAGE, read), replace(facts, languages=(*facts.languages, read[0]))


def _competence(policy: Policy, facts: Facts, decision: Decision) -> _Mend | None:
    rule = policy.required_competences
    if rule is None or not rule.any_of:
        return None
    named = (*facts.competences, rule.any_of[0])
    return Need(Needed.COMPETENCE, rule.any_of), replace(facts, competences=named)


def _delivery(policy: Policy, facts: Facts, decision: Decision) -> _Mend | None:
    rule = policy.delivery.get(facts.mode or "")
    missing = tuple(one for one in (rule.require if rule else ()) if not facts.delivery.get(one))
    if not missing:
        return None
    shown = {**facts.delivery, **dict.fromkeys(missing, True)}
    return Need(Needed.DELIVERY, missing), replace(facts, delivery=shown)


def _scope(policy: Policy, facts: Facts, decision: Decision) -> _Mend | None:
    if policy.scope is None:
        return None
    return Need(Needed.KIND, policy.scope.kinds), None


def _mapping(policy: Policy, facts: Facts, decision: Decision) -> _Mend | None:
    code, _, measure = decision.reasons[0].partition(":")
    if code == "FACT_MISSING":
        return Need(Needed.MEASURE, (measure,)), None
    if code != "NO_MAPPING":
        return None
    kinds = [kind for rule in policy.rules for kind in rule.when.kind_in or ()]
    return (Need(Needed.KIND, tuple(dict.fromkeys(kinds))), None) if kinds else None


_MENDS: Mapping[Gate, Callable[[Policy, Facts, Decision], _Mend | None]] = {
    Gate.ISSUER: _issuer,
    Gate.STANDING: _standing,
    Gate.APPROVAL: _approval,
    Gate.LANGUAGE: _language,
    Gate.COMPETENCES: _competence,
    Gate.DELIVERY: _delivery,
    Gate.SCOPE: _scope,
    Gate.MAPPING: _mapping,
}
"""Gates that ask for something which could be supplied. The others are nobody's to mend."""
