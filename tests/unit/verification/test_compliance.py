"""Statements of home compliance, verified as any credential is and read as what they are."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.proof.did import did_web
from app.verification import saying
from app.verification.compliance import Place, document
from app.verification.model import GENERIC, HomeCompliance, Identity, Outcome, Report
from app.verification.verify import verify
from tests.simulator.issuer import NOW, SimulatedIssuer

ISSUER = SimulatedIssuer(society="pec", name="Engineering Council", revoked={13})
SAID = HomeCompliance(
    met=True,
    first=date(2024, 1, 1),
    last=date(2026, 12, 31),
    judged_on=date(2026, 11, 20),
    policy_id="pec-cpd",
    policy_version=3,
    policy_hash="ab" * 32,
    purposes=("IPEA", "APEC"),
    audience=did_web("https://other.example", "registries", "ebk"),
)
NUMBERS = (Identity("ext:RegisterNumber.pec", "sha256$" + "0f" * 32, "c2FsdHNhbHRzYWx0c2E"),)
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def statement(said: HomeCompliance = SAID, *, index: int = 7) -> dict[str, Any]:
    return document(
        said,
        statement_id="urn:uuid:0193a1b2-0000-7000-8000-000000000001",
        subject_id="urn:uuid:0193a1b2-0000-7000-8000-000000000002",
        issuer=(ISSUER.id, ISSUER.name),
        numbers=NUMBERS,
        place=Place(ISSUER.status_url, index),
        at=AT,
    )


def report(made: dict[str, Any], form: str = "json") -> Report:
    secured = ISSUER.secure_json(made) if form == "json" else ISSUER.secure_jwt(made).encode()
    return verify(secured, bundle=ISSUER.bundle(), at=NOW)


@pytest.mark.parametrize("form", ["json", "jwt"])
def test_a_statement_is_verified_in_both_forms_and_says_what_it_says(form: str) -> None:
    found = report(statement(), form)
    record = found.accept()
    assert record.compliance == SAID
    assert record.identities == NUMBERS
    assert found.profile == GENERIC
    assert record.title == (
        "This registrant met the cycle 2024-01-01 to 2026-12-31 under policy pec-cpd version 3: yes"
    )
    assert f"ACCEPTED: {record.title}" in saying.in_full(found)
    assert saying.as_json(found)["record"]["compliance"]["met"] is True  # type: ignore[index,call-overload]


def test_a_no_is_no_less_valid_than_a_yes() -> None:
    said = HomeCompliance(False, date(2025, 1, 1), date(2025, 12, 31), AT.date(), "x", 1, "0" * 64)
    record = report(statement(said)).accept()
    assert record.compliance == said
    assert record.title.endswith(": no")


def test_a_withdrawn_statement_is_refused() -> None:
    found = report(statement(index=13))
    assert found.check("status.revocation").outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "change",
    [
        lambda subject: subject.update(requirementsMet=False),
        lambda subject: subject.update(cycleLastDay="2027-12-31"),
        lambda subject: subject.update(policyVersion=4),
        lambda subject: subject.update(policyHash="cd" * 32),
        lambda subject: subject.update(purpose=["ASEAN"]),
        lambda subject: subject.pop("audience"),
        lambda subject: subject["identifier"].clear(),
    ],
)
def test_no_word_of_it_can_be_changed_under_its_signature(
    change: Callable[[dict[str, Any]], object],
) -> None:
    signed = json.loads(ISSUER.secure_json(statement()))
    change(signed["credentialSubject"])
    found = verify(json.dumps(signed).encode(), bundle=ISSUER.bundle(), at=NOW)
    assert found.outcome is Outcome.FAIL
    assert found.record is None


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made["credentialSubject"].update(requirementsMet="true"),
        lambda made: made["credentialSubject"].update(requirementsMet=1),
        lambda made: made["credentialSubject"].pop("requirementsMet"),
        lambda made: made["credentialSubject"].pop("policyHash"),
        lambda made: made["credentialSubject"].update(policyHash="AB" * 32),
        lambda made: made["credentialSubject"].update(policyVersion=0),
        lambda made: made["credentialSubject"].update(policyVersion="3"),
        lambda made: made["credentialSubject"].update(cycleFirstDay="2027-01-01"),
        lambda made: made["credentialSubject"].update(cycleLastDay="2026-02-30"),
        lambda made: made["credentialSubject"].update(cycleLastDay=20261231),
        lambda made: made["credentialSubject"].update(id="did:web:person.example"),
        lambda made: made["credentialSubject"].update(type="Person"),
        lambda made: made["credentialSubject"].update(purpose=[7]),
        lambda made: made["credentialSubject"].update(policyId="a\u202eb"),
        lambda made: made["credentialSubject"].update(hours=750),
        lambda made: made["credentialSubject"]["identifier"][0].update(type="Number"),
        lambda made: made["credentialSubject"]["identifier"][0].update(number="4711"),
        lambda made: made.pop("credentialStatus"),
        lambda made: made.update(type=["VerifiableCredential", "ComplianceStatement", "Other"]),
    ],
)
def test_what_only_looks_like_a_statement_is_refused_whoever_signed_it(
    change: Callable[[dict[str, Any]], object],
) -> None:
    made = copy.deepcopy(statement())
    change(made)
    found = report(made, "jwt")
    assert found.check("record.profile").outcome is Outcome.FAIL
    assert found.record is None


def test_under_other_contexts_it_is_no_statement_of_ours() -> None:
    made = statement()
    made["@context"][1] = {**made["@context"][1], "hours": "urn:opencpd:compliance:hours"}
    assert report(made, "jwt").check("record.profile").outcome is Outcome.FAIL
    made["@context"] = made["@context"][:1]
    found = report(made, "jwt")
    assert found.record is not None
    assert found.record.compliance is None
