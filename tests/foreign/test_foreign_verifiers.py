"""Verifiers that nobody here wrote accept what we sign, and refuse what was tampered with."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.conftest import skip_or_fail
from tests.foreign import run
from tests.simulator.feeds import FeedServer
from tests.simulator.issuer import SimulatedIssuer

pytestmark = pytest.mark.foreign
EMBEDDED = [judge for judge, form in run.NODE_JUDGES.items() if form == "json"]
"""Those that judge a proof within the record, and read its status list."""
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


Verdicts = Callable[[str], dict[str, dict[str, Any]]]


def tokens(node: SimulatedIssuer) -> dict[str, str | bytes]:
    good = node.secure_jwt(node.record())
    header, payload, signature = good.split(".")
    return {"good": good, "changed": f"{header}.{payload[:-8]}AAAA{payload[-4:]}.{signature}"}


def embedded(node: SimulatedIssuer) -> dict[str, str | bytes]:
    good = node.secure_json(node.record())
    return {
        "good": good,
        "changed": good.replace(b'"750"', b'"950"'),
        "added": json.dumps(node.secure(node.record()) | {"cpdHours": 999}).encode(),
        "revoked": node.secure_json(node.record(index=13)),
    }


@pytest.fixture(scope="module")
def judged(node: SimulatedIssuer) -> Verdicts:
    """What a judge says of every record that it can read, by the record's name."""

    @cache
    def by(judge: str) -> dict[str, dict[str, Any]]:
        records = embedded(node) if judge in EMBEDDED else tokens(node)
        said = run.verdicts(judge, list(records.values()), node.base_url)
        return dict(zip(records, said, strict=True))

    return by


@pytest.mark.parametrize("judge", run.JUDGES)
def test_a_judge_accepts_a_good_record(judged: Verdicts, judge: str) -> None:
    verdict = judged(judge)["good"]
    assert verdict["verified"] is True, verdict


def test_every_judge_refuses_a_changed_record(judged: Verdicts) -> None:
    found = {judge: judged(judge)["changed"]["verified"] for judge in run.JUDGES}
    assert found == dict.fromkeys(run.JUDGES, False)


def test_every_judge_of_the_embedded_proof_refuses_an_added_member(judged: Verdicts) -> None:
    for judge in EMBEDDED:
        assert judged(judge)["added"]["verified"] is False


def test_every_judge_that_reads_status_lists_refuses_a_revoked_record(judged: Verdicts) -> None:
    for judge in EMBEDDED:
        assert judged(judge)["revoked"]["verified"] is False


@pytest.mark.slow
def test_every_judge_refuses_another_issuers_key(node: SimulatedIssuer) -> None:
    thief = SimulatedIssuer(base_url=node.base_url)
    in_json, in_jwt = thief.secure_json(node.record()), thief.secure_jwt(node.record())
    assert run.verify_with_all(in_json, in_jwt, node.base_url) == dict.fromkeys(run.JUDGES, False)
