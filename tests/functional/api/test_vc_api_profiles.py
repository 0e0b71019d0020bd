"""What only the conformance profile accepts is accepted nowhere else; and it is loud."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient

from app.main import create_app
from app.platform import clock
from app.platform.settings import Settings
from app.proof import data_integrity
from app.trust.signer import SignerError
from app.trust.vc_api.api import NOT_FOR_PRODUCTION
from app.trust.vc_api.verifier import believing, options_for
from app.verification import Outcome, verify
from app.verification.bundle import Bundle
from app.wiring import open_node
from tests.functional.api.conftest import PUBLIC_URL, Served
from tests.simulator.holder import CHALLENGE, DOMAIN, SimulatedHolder
from tests.simulator.issuer import NOW
from tests.simulator.vc_api import (
    EXAMPLES,
    V1,
    V2,
    ConformanceClient,
    Json,
    conformance_app,
    credential,
)

pytestmark = [pytest.mark.slow, pytest.mark.once]

EVERYBODY = believing(Bundle(version=1, issued_at=NOW), lists={})
INLINE: Json = {"Course": "https://a.example/#Course"}


@pytest.fixture(scope="module")
def conformance() -> ConformanceClient:
    return ConformanceClient(conformance_app())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"@context": [V2, EXAMPLES], "credentialSubject": {"any": "word"}}, "profile"),
        ({"@context": [V2, INLINE], "type": ["VerifiableCredential", "Course"]}, "profile"),
        ({"@context": [V1], "issuanceDate": "2020-03-16T22:37:26Z"}, "profile-version"),
    ],
    ids=["the examples context", "a context in the document", "version 1.1"],
)
@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_a_document_of_the_suites_is_none_of_ours(
    conformance: ConformanceClient, changes: Json, code: str, suite: str
) -> None:
    secured = conformance.issue(credential(**changes), cryptosuite=suite)
    assert conformance.errors(secured) == []
    data = json.dumps(secured).encode()
    options = options_for(secured)
    assert verify(data, bundle=EVERYBODY, at=NOW, options=options).outcome is Outcome.PASS
    refused = verify(data, bundle=EVERYBODY, at=NOW).check("record.profile")
    assert (refused.outcome, refused.evidence["error"]) == (Outcome.FAIL, code)


def test_a_proof_of_another_beside_the_issuers_is_refused_unless_asked_for(
    conformance: ConformanceClient,
) -> None:
    friend = SimulatedHolder()
    secured = conformance.issue(credential())
    prepared = data_integrity.prepare_proof(
        {name: value for name, value in secured.items() if name != "proof"},
        verification_method=friend.key_id,
        created=NOW,
    )
    added: Any = prepared.attach(friend.sign(prepared.hash_data))["proof"]
    data = json.dumps(secured | {"proof": [*secured["proof"], *added]}).encode()
    options = options_for(secured)
    assert verify(data, bundle=EVERYBODY, at=NOW, options=options).outcome is Outcome.PASS
    refused = verify(data, bundle=EVERYBODY, at=NOW).check("key.valid")
    assert refused.evidence["error"] == "key-foreign"


def test_an_ordinary_node_issues_nothing_and_believes_no_did_key(
    served: Served, conformance: ConformanceClient
) -> None:
    assert served.http.post("/credentials/issue", json={}).status_code == 404
    assert served.http.post("/credentials/status", json={}).status_code == 404
    assert served.http.get("/credentials/status/ed25519-revocation").status_code == 404
    secured = conformance.issue(credential())
    answer = served.http.post("/credentials/verify", json={"verifiableCredential": secured})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["check"] == "issuer.known"


def test_an_ordinary_node_verifies_a_presentation_of_its_own_records(served: Served) -> None:
    record_id = served.issue()
    record = served.http.get(f"/api/v1/records/{record_id}", headers=served.token()).json()
    holder = SimulatedHolder()
    shown = json.loads(holder.present(record, created=clock.now()))
    options = {"challenge": CHALLENGE, "domain": DOMAIN}
    body = {"verifiablePresentation": shown, "options": options}
    answer = served.http.post("/presentations/verify", json=body)
    said = answer.json()
    assert answer.status_code == 400
    assert [error["check"] for error in said["errors"]] == ["holder.subject"]
    assert said["credentialResults"][0]["verified"] is True
    options["tolerate"] = ["holder.subject"]  # type: ignore[assignment]
    answer = served.http.post("/presentations/verify", json=body)
    assert answer.status_code == 200
    assert [warning["check"] for warning in answer.json()["warnings"]] == ["holder.subject"]
    shown["holder"] = "did:example:somebody"
    answer = served.http.post("/presentations/verify", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["check"] == "holder.key"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "node",
        database_url=database_url,
        public_url=PUBLIC_URL,
        key_passphrase="a passphrase of the tests",
        vc_api="conformance",
        _env_file=None,
    )


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def test_a_node_in_the_conformance_profile_says_so_loudly_and_works(
    settings: Settings, logged: list[Any]
) -> None:
    node = open_node(settings)
    app = create_app(node)
    warning = {"event": NOT_FOR_PRODUCTION, "log_level": "critical"}
    assert warning in logged
    assert "NOT FOR PRODUCTION" in NOT_FOR_PRODUCTION
    client = ConformanceClient(app)
    assert client.errors(client.issue(credential())) == []
    with TestClient(app, base_url=PUBLIC_URL) as http:
        assert "/credentials/issue" not in http.get("/api/openapi.json").json()["paths"]
    node.close()


def test_a_node_without_keys_cannot_be_in_the_conformance_profile(settings: Settings) -> None:
    node = open_node(settings.model_copy(update={"key_passphrase": None}))
    with pytest.raises(SignerError, match="OPENCPD_KEY_PASSPHRASE"):
        create_app(node)
    node.close()
