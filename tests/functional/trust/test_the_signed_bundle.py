"""The bundle that a node serves, in the hands of a partner."""

from datetime import datetime, timedelta

import pytest

from app.platform.db import Database
from app.trust import service as trust
from app.verification import verify
from app.verification.signed_bundle import open_bundle
from tests.simulator.node import COMPLETION, Node


@pytest.fixture
def node(database: Database, now: datetime) -> Node:
    made = Node(database, now)
    made.add_society("cse", name="Society of Civil Engineers")
    with database.write() as session:
        trust.add_node_issuer(
            session, made.signer, name="The node", public_url=made.public_url, at=now
        )
    return made


def test_a_partner_fetches_the_bundle_and_verifies_without_the_node(node: Node) -> None:
    told = node.complete("cse", COMPLETION, key="k-1").json()
    answer = node.http.get("/trust/bundle")
    opened = open_bundle(answer.content, publisher_keys=None, least_version=None)
    assert (opened.publisher, opened.pinned) == ("did:web:node.example", False)
    for form in node.forms(told["id"], "cse"):
        assert verify(form, bundle=opened.bundle, at=node.now).accept().holder_id == told["holder"]


def test_the_same_bundle_is_served_until_something_changes(node: Node) -> None:
    first = node.http.get("/trust/bundle")
    tag = first.headers["etag"]
    node.now += timedelta(minutes=5)
    assert node.http.get("/trust/bundle", headers={"If-None-Match": tag}).status_code == 304
    told = node.complete("cse", COMPLETION, key="k-1").json()
    revoke = f"/api/v1/records/{told['id']}/revoke"
    node.http.post(revoke, json={"reason": "error"}, headers=node.token("cse"))
    second = node.http.get("/trust/bundle", headers={"If-None-Match": tag})
    assert second.status_code == 200
    versions = [
        open_bundle(answer.content, publisher_keys=None, least_version=None).bundle.version
        for answer in (first, second)
    ]
    assert versions[1] > versions[0]
    raw, _ = node.forms(told["id"], "cse")
    bundle = open_bundle(second.content, publisher_keys=None, least_version=None).bundle
    failed = verify(raw, bundle=bundle, at=node.now).check("status.revocation")
    assert failed.evidence["error"] == "status-set"


def test_what_another_process_revokes_the_next_request_knows(
    node: Node, database: Database, now: datetime
) -> None:
    told = node.complete("cse", COMPLETION, key="k-1").json()
    raw, _ = node.forms(told["id"], "cse")
    other = Node(database, now, signer=node.signer)  # its own memory of what is trusted
    assert node.verify(raw).status_code == other.verify(raw).status_code == 200
    revoke = f"/api/v1/records/{told['id']}/revoke"
    node.http.post(revoke, json={"reason": "error"}, headers=node.token("cse"))
    assert other.verify(raw).status_code == 400


def test_the_history_of_a_societys_keys_is_public(node: Node) -> None:
    told = node.http.get("/societies/cse/keys.json").json()
    assert [key["state"] for key in told["keys"]] == ["current", "current"]
    assert node.http.get("/.well-known/keys.json").json()["id"] == "did:web:node.example"
    assert node.http.get("/societies/nobody/keys.json").status_code == 404
