"""Two evaluators, written apart from one another, agree; and what deciding gives can be trusted."""

from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from app.recognition.deciding import vectors_form as form
from app.recognition.deciding.history import History
from app.recognition.deciding.model import Outcome
from app.recognition.policies import shipped
from app.recognition.policies.reading import read_document
from app.recognition.policies.text import read_text
from tests.unit.recognition import second_evaluator
from tests.unit.recognition.policy_strategies import Document
from tests.unit.recognition.properties import PROPERTIES, TODAY, history_of


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_holds(name: str) -> None:
    PROPERTIES[name].prove(examples=6)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_holds_for_many_more_cases_than_every_run_can_take(name: str) -> None:
    PROPERTIES[name].prove(examples=250)


def test_amounts_are_exact_whatever_they_are() -> None:
    document: Document = {
        "policy_id": "thirds",
        "policy_version": 1,
        "registry": "G",
        "status": "draft",
        "unit": "hour",
        "issuers": {"accept_any": True},
        "map": [
            {
                "id": "h",
                "when": {},
                "measure": "contact_minutes",
                "per": "1.1",
                "credit": "0.1",
                "category": "a",
            }
        ],
    }
    records = [
        {
            "record_id": "r",
            "completed": "2026-01-01",
            "kind": "course",
            "measures": {"contact_minutes": "0.3"},
        }
        for _ in range(1100)
    ]
    policy = read_document(document)
    history = history_of(policy, records[:110], registered_on=date(2020, 1, 1), today=TODAY)
    total = sum((one.decision.credited or Fraction(0) for one in history.kept), Fraction(0))
    assert total == Fraction(3)


def test_a_record_of_the_last_day_there_is_can_be_decided() -> None:
    """No day overflows: neither a window's age nor a cycle's end."""
    document: Document = {
        "policy_id": "ends",
        "policy_version": 1,
        "registry": "G",
        "status": "draft",
        "unit": "hour",
        "issuers": {"accept_any": True},
        "window": {"max_age_months": 1200},
        "map": [
            {
                "id": "h",
                "when": {},
                "measure": "contact_minutes",
                "per": 60,
                "credit": 1,
                "category": "a",
            }
        ],
        "caps": [{"id": "c", "period": "cycle", "max": 1}, {"id": "y", "period": "year", "max": 1}],
        "cycle": {"months": 1200, "total": 1, "anchor": "rolling"},
    }
    for anchor in ("rolling", "calendar", "registration"):
        policy = read_document({**document, "cycle": {**document["cycle"], "anchor": anchor}})
        for day in (
            date.min,
            date.min + timedelta(days=40),
            date.max - timedelta(days=1),
            date.max,
        ):
            record = {
                "record_id": "r",
                "completed": day.isoformat(),
                "kind": "course",
                "measures": {"contact_minutes": 60},
            }
            facts = form.RecordPart.model_validate(record).facts()
            history = History((policy,), day).decide(facts, today=day)
            assert history is not None
            assert history.kept[0].decision.outcome is Outcome.ACCEPT
            assert history.cycle(policy, on=day).totals.total <= 1


VECTORS = Path(__file__).parents[2] / "vectors" / "recognition"


@pytest.mark.parametrize("name", ["research", "bodies"])
def test_the_second_evaluator_agrees_with_our_vectors(name: str) -> None:
    """Of one record under one policy, on a day that is given: with no line of the first one."""
    tried = 0
    for one in read_text((VECTORS / f"{name}.yaml").read_text()).document["vectors"]:
        if one["type"] != "record" or "today" not in one or "policy" not in one:
            continue
        policy_id, _, version = one["policy"].partition("@")
        text = shipped.texts()[f"{policy_id}-v{version or 1}"]
        spoken = [one["record"]["language"]] if "language" in one["record"] else []
        record = {"languages": spoken, **one["record"]}
        today = date.fromisoformat(one["today"])
        found = second_evaluator.decide(
            read_text(text).document, record, one.get("ledger", {}), today
        )
        wanted = one["expected"]
        credited = wanted.get("credited")
        assert found["outcome"] == wanted["decision"], one["id"]
        assert found["reasons"] == wanted["reasons"], one["id"]
        assert found["credited"] == (None if credited is None else Fraction(credited)), one["id"]
        tried += 1
    assert tried >= 19
