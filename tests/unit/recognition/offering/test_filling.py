from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.model import (
    Binding,
    Facts,
    Ledger,
    Outcome,
    Signature,
    Standing,
    Totals,
)
from app.recognition.ledger.model import CapUse, CycleView
from app.recognition.offering.filling import Gap, filled, used_of
from app.recognition.offering.model import Reckoned
from app.recognition.policies.model import Period, Policy, Span
from app.recognition.policies.reading import read_document

THIS, NEXT = Span(date(2026, 1, 1), date(2026, 12, 31)), Span(date(2027, 1, 1), date(2027, 12, 31))
FACTS = Facts(
    "r",
    date(2026, 12, 1),
    "course",
    measures={"contact_minutes": Fraction(960)},
    tags=("ethics",),
    competences=("EC8",),
    signature=Signature.VALID,
    status=Standing.VALID,
    holder=Binding.BOUND,
)


def policy(**parts: Any) -> Policy:
    return read_document(
        {
            "policy_id": "p",
            "policy_version": 1,
            "registry": "P",
            "status": "draft",
            "unit": "PDU",
            "issuers": {"accept_any": True},
            "map": [
                {
                    "id": "course", "when": {}, "measure": "contact_minutes", "per": "120",
                    "credit": "1", "category": "structured",
                }
            ],
            "caps": [
                {"id": "year", "category": "structured", "period": "year", "max": "20"},
                {"id": "other", "category": "informal", "period": "year", "max": "5"},
            ],
            "cycle": {
                "months": 12,
                "total": "50",
                "minimums": [
                    {"id": "structured", "category": "structured", "min": "30"},
                    {"id": "ethics", "tag": "ethics", "min": "2"},
                    {"id": "met", "category": "informal", "min": "0"},
                ],
            },
            **parts,
        }
    )  # fmt: skip


def view(one: Policy, *, used: int, span: Span = THIS, carry_in: int = 0) -> CycleView:
    totals = Totals(Fraction(used), {"structured": Fraction(used)})
    caps = tuple(
        CapUse(cap.id, cap.category, Period.YEAR, span, Fraction(used), cap.max, one.policy_id)
        for cap in one.caps
    )
    return CycleView(one, THIS, totals, Fraction(carry_in), caps, None, 30, ended=False,
                     decisions=(), open=0)  # fmt: skip


def reckoned(one: Policy, facts: Facts = FACTS, ledger: Ledger | None = None) -> Reckoned:
    decision = evaluate(one, facts, ledger or Ledger(), today=facts.completed)
    return Reckoned(facts, one, decision)


def test_minimums_caps_and_the_total_are_told_before_and_after() -> None:
    one = policy()
    found = filled(view(one, used=4, carry_in=3), reckoned(one))
    assert found is not None
    assert (found.total, found.then, found.required) == (7, 15, 50)
    assert found.gaps == (
        Gap("structured", Fraction(26), Fraction(18)),
        Gap("ethics", Fraction(2), Fraction(0)),
    )
    assert [(room.cap.id, room.left, room.then) for room in found.rooms] == [("year", 16, 8)]


def test_what_is_used_of_a_cap_lowers_what_would_count() -> None:
    one = policy()
    standing = view(one, used=15)
    ledger = used_of(standing)(one, FACTS)
    found = reckoned(one, ledger=ledger)
    assert (found.decision.outcome, found.decision.credited) == (Outcome.ACCEPT_CAPPED, 5)
    fills = filled(standing, found)
    assert fills is not None
    assert [(room.left, room.then) for room in fills.rooms] == [(5, 0)]


def test_of_a_period_that_lies_ahead_nothing_is_used() -> None:
    one = policy()
    ahead = replace(FACTS, completed=date(2027, 6, 1))
    assert used_of(view(one, used=20))(one, ahead) == Ledger()
    assert used_of(view(one, used=20, span=NEXT))(one, ahead).used["year"] == 20


def test_another_policys_caps_are_left_alone() -> None:
    one, other = policy(), policy(policy_id="q")
    assert used_of(view(one, used=20))(other, FACTS) == Ledger()


def test_what_falls_into_another_cycle_or_counts_nothing_fills_nothing() -> None:
    one = policy()
    assert filled(view(one, used=0), reckoned(one, replace(FACTS, completed=NEXT.first))) is None
    assert filled(view(one, used=0), reckoned(one, replace(FACTS, measures={}))) is None
    plain = policy(cycle=None)
    assert filled(view(plain, used=0), reckoned(plain)) is None
