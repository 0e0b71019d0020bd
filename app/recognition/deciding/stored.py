"""Facts, figures and decisions as plain JSON values and back, so that a decision can be repeated.

Amounts are texts such as ``8/5``. What is written here years ago must still be read: members may be
added, with a default where they are missing, and none is ever given another meaning.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from app.recognition.deciding.facts import Supplement
from app.recognition.deciding.model import (
    Approval,
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
from app.recognition.policies.model import Span

Stored = Mapping[str, Any]


def facts_as_json(facts: Facts) -> dict[str, Any]:
    """Everything that a decision asked about."""
    return {
        "record_id": facts.record_id,
        "completed": facts.completed.isoformat(),
        "kind": facts.kind,
        "activity_key": facts.activity_key,
        "mode": facts.mode,
        "role": facts.role,
        "measures": _amounts(facts.measures),
        "tags": list(facts.tags),
        "competences": list(facts.competences),
        "languages": list(facts.languages),
        "issuer_tags": list(facts.issuer_tags),
        "issuer_standing": _span(facts.issuer_standing) if facts.issuer_standing else None,
        "approvals": [*map(_approval, facts.approvals)],
        "delivery": dict(facts.delivery),
        "verification": {
            "signature": facts.signature.value,
            "status": facts.status.value,
            "holder": facts.holder.value,
        },
    }


def facts_from_json(stored: Stored) -> Facts:
    """Facts as ``facts_as_json`` wrote them."""
    found = stored["verification"]
    standing = stored.get("issuer_standing")
    return Facts(
        record_id=stored["record_id"],
        completed=date.fromisoformat(stored["completed"]),
        kind=stored["kind"],
        activity_key=stored.get("activity_key"),
        mode=stored.get("mode"),
        role=stored.get("role"),
        measures=_fractions(stored["measures"]),
        tags=tuple(stored["tags"]),
        competences=tuple(stored["competences"]),
        languages=tuple(stored["languages"]),
        issuer_tags=tuple(stored["issuer_tags"]),
        issuer_standing=_span_of(standing) if standing else None,
        approvals=tuple(map(_approval_of, stored["approvals"])),
        delivery=dict(stored["delivery"]),
        signature=Signature(found["signature"]),
        status=Standing(found["status"]),
        holder=Binding(found["holder"]),
    )


def supplement_as_json(added: Supplement) -> dict[str, Any]:
    """What a person at the registry added."""
    return {
        "measures": _amounts(added.measures),
        "tags": list(added.tags),
        "competences": list(added.competences),
        "languages": list(added.languages),
        "issuer_tags": list(added.issuer_tags),
        "approvals": [*map(_approval, added.approvals)],
        "delivery": dict(added.delivery),
    }


def supplement_from_json(stored: Stored) -> Supplement:
    """A supplement as ``supplement_as_json`` wrote it."""
    return Supplement(
        measures=_fractions(stored.get("measures", {})),
        tags=tuple(stored.get("tags", ())),
        competences=tuple(stored.get("competences", ())),
        languages=tuple(stored.get("languages", ())),
        issuer_tags=tuple(stored.get("issuer_tags", ())),
        approvals=tuple(map(_approval_of, stored.get("approvals", ()))),
        delivery=dict(stored.get("delivery", {})),
    )


def ledger_as_json(ledger: Ledger) -> dict[str, Any]:
    """The figures that a decision was made with."""
    return {
        "used": _amounts(ledger.used),
        "record_ids": sorted(ledger.record_ids),
        "activity_keys": sorted(ledger.activity_keys),
    }


def ledger_from_json(stored: Stored) -> Ledger:
    """Figures as ``ledger_as_json`` wrote them."""
    return Ledger(
        used=_fractions(stored.get("used", {})),
        record_ids=frozenset(stored.get("record_ids", ())),
        activity_keys=frozenset(stored.get("activity_keys", ())),
    )


def decision_as_json(decision: Decision) -> dict[str, Any]:
    """A decision whole, with its trace."""
    return {
        "outcome": decision.outcome.value,
        "credited": None if decision.credited is None else str(decision.credited),
        "reasons": list(decision.reasons),
        "category": decision.category,
        "rule": decision.rule,
        "counted_tags": list(decision.counted_tags),
        "trace": [
            {
                "gate": step.gate.value,
                "passed": step.passed,
                "code": step.code,
                "values": dict(step.values),
            }
            for step in decision.trace
        ],
        "used": _amounts(decision.used),
        "policy_id": decision.policy_id,
        "policy_version": decision.policy_version,
        "policy_hash": decision.policy_hash,
    }


def decision_from_json(stored: Stored) -> Decision:
    """A decision as ``decision_as_json`` wrote it."""
    credited = stored["credited"]
    return Decision(
        outcome=Outcome(stored["outcome"]),
        credited=None if credited is None else Fraction(credited),
        reasons=tuple(stored["reasons"]),
        category=stored["category"],
        rule=stored["rule"],
        counted_tags=tuple(stored["counted_tags"]),
        trace=tuple(
            Step(Gate(step["gate"]), step["code"], step["values"], step["passed"])
            for step in stored["trace"]
        ),
        used=_fractions(stored["used"]),
        policy_id=stored["policy_id"],
        policy_version=stored["policy_version"],
        policy_hash=stored["policy_hash"],
    )


def _amounts(amounts: Mapping[str, Fraction]) -> dict[str, str]:
    return {name: str(amount) for name, amount in amounts.items()}


def _fractions(stored: Stored) -> dict[str, Fraction]:
    return {name: Fraction(amount) for name, amount in stored.items()}


def _span(span: Span) -> dict[str, str | None]:
    return {
        "from": span.first.isoformat() if span.first else None,
        "to": span.last.isoformat() if span.last else None,
    }


def _span_of(stored: Stored) -> Span:
    first, last = stored.get("from"), stored.get("to")
    return Span(
        date.fromisoformat(first) if first else None,
        date.fromisoformat(last) if last else None,
    )


def _approval(one: Approval) -> dict[str, Any]:
    return {"body": one.body, "number": one.number, **_span(one.span)}


def _approval_of(stored: Stored) -> Approval:
    return Approval(stored["body"], stored["number"], _span_of(stored))
