"""The gates before the table, in their fixed order: may this record count at all? Pure.

1 signature, 2 status, 3 holder, 4 duplicate, 5 future date, 6 window, 7 issuer, 8 issuer's standing
on the completion date, 9 approval, 10 scope, 11 language, 12 content, 13 competences, 14 delivery,
15 regime. A policy that does not speak of something does not ask it. The first gate that is not
passed decides, and later ones are not looked at. What is not known is never a pass.
"""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from app.recognition.deciding.model import (
    OUTCOME_OF,
    Binding,
    Facts,
    Gate,
    Ledger,
    Outcome,
    Signature,
    Standing,
    Step,
)
from app.recognition.policies.model import Otherwise, Policy, Regime


@dataclass(frozen=True, slots=True)
class Case:
    """Everything one decision rests on."""

    policy: Policy
    facts: Facts
    ledger: Ledger
    today: date


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gate found. ``outcome`` and ``reasons`` where it decides."""

    step: Step
    outcome: Outcome | None = None
    reasons: tuple[str, ...] = ()


def passed(gate: Gate, code: str, **values: str) -> Answer:
    """The gate is passed; ``code`` says how."""
    return Answer(Step(gate, code, values))


def stopped(gate: Gate, outcome: Outcome, *reasons: str, **values: str) -> Answer:
    """The gate decides. Each reason is a code, with what it is about after a colon."""
    code = reasons[0].partition(":")[0]
    return Answer(Step(gate, code, values, passed=False), outcome, reasons)


def _signature(case: Case) -> Answer | None:
    found = case.facts.signature
    if found is Signature.INVALID:
        return stopped(Gate.SIGNATURE, Outcome.REJECT, "SIG_INVALID")
    if found is Signature.UNKNOWN:
        return stopped(Gate.SIGNATURE, Outcome.REVIEW, "SIG_UNKNOWN")
    return passed(Gate.SIGNATURE, "signature-valid")


_STATUS = {
    Standing.REVOKED: (Outcome.REJECT, "STATUS_REVOKED"),
    Standing.SUPERSEDED: (Outcome.REJECT, "STATUS_SUPERSEDED"),
    Standing.SUSPENDED: (Outcome.REVIEW, "STATUS_SUSPENDED"),
    Standing.UNKNOWN: (Outcome.REVIEW, "STATUS_UNKNOWN"),
}


def _status(case: Case) -> Answer | None:
    if case.facts.status is Standing.VALID:
        return passed(Gate.STATUS, "status-valid")
    outcome, code = _STATUS[case.facts.status]
    return stopped(Gate.STATUS, outcome, code)


def _holder(case: Case) -> Answer | None:
    found = case.facts.holder
    if found is Binding.MISMATCH:
        return stopped(Gate.HOLDER, Outcome.REJECT, "HOLDER_MISMATCH")
    if found is Binding.UNKNOWN:
        return stopped(Gate.HOLDER, Outcome.REVIEW, "HOLDER_UNBOUND")
    return passed(Gate.HOLDER, "holder-bound")


def _duplicate(case: Case) -> Answer | None:
    facts, ledger = case.facts, case.ledger
    if facts.record_id in ledger.record_ids:
        return stopped(Gate.DUPLICATE, Outcome.REJECT, "DUPLICATE", by="record")
    if facts.activity_key is not None and facts.activity_key in ledger.activity_keys:
        return stopped(Gate.DUPLICATE, Outcome.REJECT, "DUPLICATE", by="activity")
    return passed(Gate.DUPLICATE, "counted-nowhere-before")


def _future(case: Case) -> Answer | None:
    days = {"completed": str(case.facts.completed), "today": str(case.today)}
    if case.facts.completed > case.today:
        return stopped(Gate.FUTURE, Outcome.REJECT, "FUTURE_DATE", **days)
    return passed(Gate.FUTURE, "completed-by-today", **days)


def _window(case: Case) -> Answer | None:
    window, completed = case.policy.window, case.facts.completed
    if window is None:
        return None
    oldest = window.span.first
    if window.max_age_months is not None:
        by_age = months_before(case.today, window.max_age_months)
        oldest = by_age if oldest is None else max(oldest, by_age)
    values = {
        "completed": str(completed),
        "from": str(oldest) if oldest else "",
        "to": str(window.span.last) if window.span.last else "",
    }
    late = window.span.last is not None and completed > window.span.last
    if late or (oldest is not None and completed < oldest):
        return stopped(Gate.WINDOW, Outcome.REJECT, "OUT_OF_WINDOW", **values)
    return passed(Gate.WINDOW, "within-window", **values)


def _issuer(case: Case) -> Answer | None:
    issuers, facts = case.policy.issuers, case.facts
    held = set(facts.issuer_tags)
    if found := held & set(issuers.reject_tags):
        return stopped(Gate.ISSUER, Outcome.REJECT, "ISSUER_EXCLUDED", tag=min(found))
    if found := held & set(issuers.review_tags):
        reason = "ISSUER_NEEDS_AUTHORITY_DECISION"
        return stopped(Gate.ISSUER, Outcome.REVIEW, reason, tag=min(found))
    if issuers.accept_any:
        return passed(Gate.ISSUER, "any-issuer")
    if issuers.applies_to_kinds is not None and facts.kind not in issuers.applies_to_kinds:
        return passed(Gate.ISSUER, "issuer-not-asked", kind=facts.kind)
    accepted = [tag for tag in issuers.accept_tags if tag in held]
    if accepted:
        return passed(Gate.ISSUER, "issuer-accepted", tag=accepted[0])
    return stopped(
        Gate.ISSUER,
        OUTCOME_OF[issuers.otherwise],
        "ISSUER_UNKNOWN",
        wanted=", ".join(issuers.accept_tags),
    )


def _standing(case: Case) -> Answer | None:
    wanted, span = case.policy.issuers.standing_on_completion, case.facts.issuer_standing
    outcome = OUTCOME_OF[wanted or Otherwise.REVIEW]
    if span is None:
        if wanted is None:
            return None
        return stopped(Gate.STANDING, outcome, "ISSUER_STANDING_UNKNOWN")
    values = {
        "completed": str(case.facts.completed),
        "from": str(span.first) if span.first else "",
        "to": str(span.last) if span.last else "",
    }
    if not span.holds(case.facts.completed):
        return stopped(Gate.STANDING, outcome, "ISSUER_STANDING_LAPSED", **values)
    return passed(Gate.STANDING, "issuer-in-standing", **values)


def _approval(case: Case) -> Answer | None:
    rule = case.policy.approval
    if rule is None:
        return None
    held = [one for one in case.facts.approvals if one.body == rule.body]
    if not held:
        outcome = OUTCOME_OF[rule.on_missing]
        return stopped(Gate.APPROVAL, outcome, "APPROVAL_MISSING", body=rule.body)
    good = [one for one in held if one.span.holds(case.facts.completed)]
    if not good:
        outcome = OUTCOME_OF[rule.on_expired]
        values = {"body": rule.body, "number": held[0].number}
        return stopped(Gate.APPROVAL, outcome, "APPROVAL_EXPIRED", **values)
    return passed(Gate.APPROVAL, "approved", body=rule.body, number=good[0].number)


def _scope(case: Case) -> Answer | None:
    scope = case.policy.scope
    if scope is None:
        return None
    if case.facts.kind not in scope.kinds:
        outcome = OUTCOME_OF[scope.otherwise]
        return stopped(Gate.SCOPE, outcome, "ISSUER_SCOPE", kind=case.facts.kind)
    return passed(Gate.SCOPE, "kind-in-scope", kind=case.facts.kind)


def _language(case: Case) -> Answer | None:
    rule = case.policy.languages
    if rule is None:
        return None
    outcome = OUTCOME_OF[rule.otherwise]
    if not case.facts.languages:
        return stopped(Gate.LANGUAGE, outcome, "LANGUAGE_UNKNOWN")
    for language in case.facts.languages:
        if any(_is_of(language, wanted) for wanted in rule.accept):
            return passed(Gate.LANGUAGE, "language-read", language=language)
    given = ", ".join(case.facts.languages)
    return stopped(Gate.LANGUAGE, outcome, "LANGUAGE_UNSUPPORTED", language=given)


def _is_of(language: str, wanted: str) -> bool:
    """Basic filtering of RFC 4647 §3.3.1."""
    given, asked = language.lower(), wanted.lower()
    return given == asked or given.startswith(asked + "-")


def _content(case: Case) -> Answer | None:
    excluded, tags = case.policy.excluded_tags, case.facts.tags
    if not excluded:
        return None
    if tags and all(tag in excluded for tag in tags):
        return stopped(Gate.CONTENT, Outcome.REJECT, "CONTENT_EXCLUDED", tags=", ".join(tags))
    return passed(Gate.CONTENT, "content-counts")


def _competences(case: Case) -> Answer | None:
    rule = case.policy.required_competences
    if rule is None:
        return None
    found = [code for code in rule.any_of if code in case.facts.competences]
    if not found:
        outcome, wanted = OUTCOME_OF[rule.otherwise], ", ".join(rule.any_of)
        return stopped(Gate.COMPETENCES, outcome, "COMPETENCE_MISSING", wanted=wanted)
    return passed(Gate.COMPETENCES, "competence-named", competence=found[0])


def _delivery(case: Case) -> Answer | None:
    rule = case.policy.delivery.get(case.facts.mode or "")
    if rule is None:
        return None
    missing = [one for one in rule.require if not case.facts.delivery.get(one, False)]
    if missing:
        reasons = [f"DELIVERY_CRITERIA_UNMET:{one}" for one in missing]
        outcome = OUTCOME_OF[rule.on_missing]
        return stopped(Gate.DELIVERY, outcome, *reasons, missing=", ".join(missing))
    return passed(Gate.DELIVERY, "delivery-met", mode=case.facts.mode or "")


def _regime(case: Case) -> Answer | None:
    if case.policy.regime is Regime.EVIDENCE_ONLY:
        return stopped(Gate.REGIME, Outcome.EVIDENCE_ONLY, "HOURS_NOT_COUNTED")
    if case.policy.regime is Regime.UNIT_TABLE_MISSING:
        return stopped(Gate.REGIME, Outcome.REVIEW, "UNIT_TABLE_MISSING")
    return None


GATES: tuple[Callable[[Case], Answer | None], ...] = (
    _signature, _status, _holder, _duplicate, _future, _window, _issuer, _standing, _approval,
    _scope, _language, _content, _competences, _delivery, _regime,
)  # fmt: skip
"""In their order. ``None`` from a gate: the policy does not ask."""


def months_before(day: date, months: int) -> date:
    """The same day of the month ``months`` earlier, or that month's last where there is none."""
    number = day.year * 12 + day.month - 1 - months
    if number < 12:  # before year 1 nothing was completed
        return date.min
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
