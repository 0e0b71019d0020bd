from collections.abc import Mapping
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
)
from app.recognition.offering.model import Need, Needed, Reckoned
from app.recognition.offering.needs import Outlook, outlook
from app.recognition.policies import shipped
from app.recognition.policies.reading import read_document

ON = date(2026, 11, 28)
FACTS = Facts(
    record_id="urn:opencpd:planned",
    completed=ON,
    kind="course",
    mode="in_person",
    measures={"contact_minutes": Fraction(960)},
    languages=("zh",),
    signature=Signature.VALID,
    status=Standing.VALID,
    holder=Binding.BOUND,
)
COURSE = {
    "id": "course",
    "when": {"kind_in": ["course"]},
    "measure": "contact_minutes",
    "per": "120",
    "credit": "1",
    "category": "structured",
}


def of(facts: Facts = FACTS, **parts: Any) -> Outlook:
    document: Mapping[str, Any] = {
        "policy_id": "p",
        "policy_version": 1,
        "registry": "P",
        "status": "draft",
        "unit": "PDU",
        "issuers": {"accept_any": True},
        "map": [COURSE],
        "rounding": {"mode": "none"},
        **parts,
    }
    policy = read_document(document)
    decision = evaluate(policy, facts, Ledger(), today=ON)
    return outlook(Reckoned(facts, policy, decision))


def test_nothing_is_needed_where_it_counts() -> None:
    found = of()
    assert found.needs == ()
    assert found.then is not None
    assert found.then.credited == 8


def test_everything_that_is_missing_is_named_and_not_the_first_alone() -> None:
    found = of(
        issuers={
            "accept_tags": ["listed"],
            "otherwise": "review",
            "standing_on_completion": "review",
        },
        approval={"body": "EBK", "on_missing": "reject", "on_expired": "reject"},
        languages={"accept": ["en"], "otherwise": "review"},
        required_competences={"any_of": ["EC7", "EC8"], "otherwise": "review"},
        delivery={"in_person": {"require": ["organiser", "assessed"], "on_missing": "reject"}},
    )
    assert found.needs == (
        Need(Needed.ISSUER, ("listed",)),
        Need(Needed.STANDING),
        Need(Needed.APPROVAL, ("EBK",)),
        Need(Needed.LANGUAGE, ("en",)),
        Need(Needed.COMPETENCE, ("EC7", "EC8")),
        Need(Needed.DELIVERY, ("organiser", "assessed")),
    )
    assert found.then is not None
    assert found.then.credited == 8


def test_where_the_amount_hangs_on_what_is_missing_no_amount_is_told() -> None:
    unmeasured = Facts("r", ON, "course", signature=Signature.VALID, status=Standing.VALID,
                       holder=Binding.BOUND)  # fmt: skip
    assert of(unmeasured) == Outlook((Need(Needed.MEASURE, ("contact_minutes",)),), None)
    unknown = Facts("r", ON, "unknown", measures=FACTS.measures, signature=Signature.VALID,
                    status=Standing.VALID, holder=Binding.BOUND)  # fmt: skip
    assert of(unknown) == Outlook((Need(Needed.KIND, ("course",)),), None)
    scoped = of(unknown, scope={"kinds": ["conference"], "otherwise": "reject"})
    assert scoped == Outlook((Need(Needed.KIND, ("conference",)),), None)


def test_what_nobody_can_supply_ends_it() -> None:
    assert of(issuers={"accept_any": True, "reject_tags": ["x"]}).then is not None
    table = of(regime="unit_table_missing", map=[], unit=None)
    assert table == Outlook((), None)
    assert of(regime="evidence_only", map=[], unit=None).then is None


def test_it_ends_for_every_shipped_policy_and_names_nothing_twice() -> None:
    for policy in shipped.policies():
        decision = evaluate(policy, FACTS, Ledger(), today=ON)
        found = outlook(Reckoned(FACTS, policy, decision))
        named = [one.what for one in found.needs]
        assert len(named) == len(set(named))
        assert found.then is None or found.then.outcome in {Outcome.ACCEPT, Outcome.ACCEPT_CAPPED}
