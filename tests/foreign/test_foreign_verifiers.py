"""Verifiers that nobody here wrote accept what we sign, and refuse what was tampered with."""

import json
from collections.abc import Iterator

import pytest

from tests.conftest import skip_or_fail
from tests.foreign import run
from tests.simulator.feeds import FeedServer
from tests.simulator.issuer import SimulatedIssuer

pytestmark = pytest.mark.foreign
LONG = {"validFrom": "2026-11-01T00:00:00Z", "validUntil": "2099-01-01T00:00:00Z"}


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    if reason := run.install():
        skip_or_fail(reason)


@pytest.fixture(scope="module")
def node() -> Iterator[SimulatedIssuer]:
    """An issuer whose DID document and status list are served on loopback."""
    with FeedServer() as server:
        issuer = SimulatedIssuer(base_url=server.url(), revoked={13})
        kind = {"Content-Type": "application/json"}
        place = f"/societies/{issuer.society}"
        document = json.dumps(issuer.did_document()).encode()
        server.routes[f"{place}/did.json"] = (200, kind, document)
        server.routes[f"{place}/status/1"] = (200, kind, issuer.status_body(**LONG))
        yield issuer


@pytest.mark.parametrize("judge", run.JUDGES)
def test_a_judge_accepts_a_good_record(node: SimulatedIssuer, judge: str) -> None:
    embedded = run.NODE_JUDGES.get(judge) == "json"
    record = node.secure_json(node.record()) if embedded else node.secure_jwt(node.record())
    verdict = run.verdict(judge, record, node.base_url)
    assert verdict["verified"] is True, verdict


def test_every_judge_refuses_a_changed_record(node: SimulatedIssuer) -> None:
    in_json = node.secure_json(node.record()).replace(b'"750"', b'"950"')
    header, payload, signature = node.secure_jwt(node.record()).split(".")
    in_jwt = f"{header}.{payload[:-8]}AAAA{payload[-4:]}.{signature}"
    assert run.verify_with_all(in_json, in_jwt, node.base_url) == dict.fromkeys(run.JUDGES, False)


def test_every_judge_of_the_embedded_proof_refuses_an_added_member(node: SimulatedIssuer) -> None:
    changed = json.dumps(node.secure(node.record()) | {"cpdHours": 999}).encode()
    for judge in ("digitalbazaar", "dcc"):
        assert run.verdict(judge, changed, node.base_url)["verified"] is False


def test_every_judge_that_reads_status_lists_refuses_a_revoked_record(
    node: SimulatedIssuer,
) -> None:
    revoked = node.secure_json(node.record(index=13))
    for judge in ("digitalbazaar", "dcc"):
        assert run.verdict(judge, revoked, node.base_url)["verified"] is False


@pytest.mark.slow
def test_every_judge_refuses_another_issuers_key(node: SimulatedIssuer) -> None:
    thief = SimulatedIssuer(base_url=node.base_url)
    in_json, in_jwt = thief.secure_json(node.record()), thief.secure_jwt(node.record())
    assert run.verify_with_all(in_json, in_jwt, node.base_url) == dict.fromkeys(run.JUDGES, False)
