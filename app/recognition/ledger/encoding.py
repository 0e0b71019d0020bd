"""Verdicts and scopes as JSON and back; what is written here is read for years."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from app.recognition.deciding.stored import supplement_as_json, supplement_from_json
from app.recognition.ledger.model import Judged, RunScope, Verdict


def verdict_as_json(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {
        "judged": verdict.judged.value,
        "amount": None if verdict.amount is None else str(verdict.amount),
        "category": verdict.category,
        "rule": verdict.rule,
        "supplement": supplement_as_json(verdict.supplement) if verdict.supplement else None,
        "holder_confirmed": verdict.holder_confirmed,
    }


def verdict_from_json(stored: Mapping[str, Any] | None) -> Verdict | None:
    if stored is None:
        return None
    amount, supplement = stored.get("amount"), stored.get("supplement")
    return Verdict(
        Judged(stored["judged"]),
        None if amount is None else Fraction(amount),
        stored.get("category"),
        stored.get("rule"),
        supplement_from_json(supplement) if supplement else None,
        bool(stored.get("holder_confirmed")),
    )


def scope_as_json(scope: RunScope) -> dict[str, Any]:
    return {
        "policy_id": scope.policy_id,
        "policy_version": scope.policy_version,
        "since": scope.since.isoformat() if scope.since else None,
        "until": scope.until.isoformat() if scope.until else None,
        "submissions": list(scope.submissions),
        "registrants": list(scope.registrants),
        "verify": scope.verify,
    }


def scope_from_json(stored: Mapping[str, Any]) -> RunScope:
    since, until = stored.get("since"), stored.get("until")
    return RunScope(
        stored.get("policy_id"),
        stored.get("policy_version"),
        date.fromisoformat(since) if since else None,
        date.fromisoformat(until) if until else None,
        tuple(stored.get("submissions", ())),
        tuple(stored.get("registrants", ())),
        bool(stored.get("verify")),
    )
