"""Verifiers that nobody here wrote accept a statement of home compliance, and every word of it."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.platform import clock
from app.verification.compliance import Place, document
from app.verification.model import HomeCompliance, Identity
from tests.conftest import skip_or_fail
from tests.foreign import run
from tests.simulator.feeds import FeedServer
from tests.simulator.issuer import SimulatedIssuer

pytestmark = pytest.mark.foreign
LONG = {"validFrom": "2026-11-01T00:00:00Z", "validUntil": "2099-01-01T00:00:00Z"}
JUDGES = ("jose", "did_jwt", "digitalbazaar")
"""Of tokens, of tokens with the DID resolved by a library, and of embedded proofs with status."""


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    if reason := run.install():
        skip_or_fail(reason)


@pytest.fixture(scope="module")
def registry() -> Iterator[SimulatedIssuer]:
    """A registry whose DID document and status list are served on loopback."""
    with FeedServer() as server:
        made = SimulatedIssuer(base_url=server.url(), society="pec", revoked={13})
        kind, place = {"Content-Type": "application/json"}, "/societies/pec"
        server.routes[f"{place}/did.json"] = (200, kind, json.dumps(made.did_document()).encode())
        server.routes[f"{place}/status/1"] = (200, kind, made.status_body(**LONG))
        yield made


def statement(registry: SimulatedIssuer, *, at: datetime, index: int = 7) -> dict[str, Any]:
    said = HomeCompliance(
        met=True,
        first=date(2024, 1, 1),
        last=date(2026, 12, 31),
        judged_on=date(2026, 11, 20),
        policy_id="pec-cpd",
        policy_version=3,
        policy_hash="ab" * 32,
        purposes=("IPEA", "APEC"),
        audience="did:web:other.example:registries:ebk",
    )
    hidden = Identity("ext:RegisterNumber.pec", "sha256$" + "0f" * 32, "c2FsdHNhbHRzYWx0c2E")
    return document(
        said,
        statement_id="urn:uuid:0193a1b2-0000-7000-8000-000000000001",
        subject_id="urn:uuid:0193a1b2-0000-7000-8000-000000000002",
        issuer=(registry.id, registry.name),
        numbers=(hidden,),
        place=Place(registry.status_url, index),
        at=at,
    )


@pytest.fixture(scope="module")
def said(registry: SimulatedIssuer) -> dict[str, dict[str, dict[str, Any]]]:
    """What each judge says of each form of the statement, by its name."""
    at = clock.now() - timedelta(hours=1)
    good, revoked = statement(registry, at=at), statement(registry, at=at, index=13)
    in_json = registry.secure_json(good, created=at)
    header, payload, signature = registry.secure_jwt(good).split(".")
    forms: dict[str, dict[str, str | bytes]] = {
        "json": {
            "good": in_json,
            "result": in_json.replace(b'"requirementsMet": true', b'"requirementsMet": false'),
            "cycle": in_json.replace(b'"2026-12-31"', b'"2027-12-31"'),
            "policy": in_json.replace(b'"policyVersion": 3', b'"policyVersion": 4'),
            "hash": in_json.replace(b"abababab", b"abababac"),
            "purpose": in_json.replace(b'"APEC"', b'"ASEAN"'),
            "revoked": registry.secure_json(revoked, created=at),
        },
        "jwt": {
            "good": f"{header}.{payload}.{signature}",
            "changed": f"{header}.{payload[:-8]}AAAA{payload[-4:]}.{signature}",
        },
    }
    found = {}
    for judge in JUDGES:
        records = forms[run.NODE_JUDGES[judge]]
        assert len(set(records.values())) == len(records), "each is another text"
        verdicts = run.verdicts(judge, list(records.values()), registry.base_url)
        found[judge] = dict(zip(records, verdicts, strict=True))
    return found


@pytest.mark.parametrize("judge", JUDGES)
def test_a_judge_accepts_a_statement(
    said: dict[str, dict[str, dict[str, Any]]], judge: str
) -> None:
    assert said[judge]["good"]["verified"] is True, said[judge]["good"]


def test_no_word_of_it_is_dropped_unsigned(
    said: dict[str, dict[str, dict[str, Any]]],
) -> None:
    found = {
        judge: {name: one["verified"] for name, one in verdicts.items() if name != "good"}
        for judge, verdicts in said.items()
    }
    assert found == {judge: dict.fromkeys(verdicts, False) for judge, verdicts in found.items()}
    assert set(found["digitalbazaar"]) == {
        "result", "cycle", "policy", "hash", "purpose", "revoked",
    }  # fmt: skip
