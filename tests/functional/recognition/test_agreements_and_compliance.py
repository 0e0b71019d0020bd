"""A registry's program agrees with another registry, and states who met a cycle."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.identity.model import Kind
from app.identity.people import service as people
from app.recognition.register import service as register
from app.worker import Worker
from tests.simulator.desk import REGISTRY, RegistryDesk

OTHER = "ebk"


@pytest.fixture(scope="module")
def society(desk: RegistryDesk) -> str:
    """The DID of the society whose records are recognised; the other registry is there too."""
    desk.house.add(OTHER, Kind.REGISTRY)
    return str(desk.house.http.get("/societies/cse/did.json").json()["id"])


def other(desk: RegistryDesk, method: str, path: str, **more: Any) -> Any:
    """The other registry's program asks."""
    url = f"/api/v1/registries/{OTHER}/agreements{path}"
    return desk.house.http.request(method, url, headers=desk.house.token(OTHER), **more)


def did(desk: RegistryDesk, registry_id: str) -> str:
    node = desk.house.node
    with node.database.write() as session:
        return node.statements.issuer(session, registry_id, at=desk.house.now).id


def draft(desk: RegistryDesk, society: str, **changed: Any) -> dict[str, Any]:
    body = {
        "other": did(desk, OTHER),
        "reference": "PEC-EBK 2026/1",
        "texts": {"en": "We take what they vouch for."},
        "valid_from": "2026-01-01",
        "their_issuers": [society],
        "ours": {"tag": "vouched", "policy_id": "rules", "policy_version": 1},
        **changed,
    }
    answer = desk.ask("POST", "/agreements", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_two_programs_agree_and_everybody_reads_it(desk: RegistryDesk, society: str) -> None:
    made = draft(desk, society)
    place = f"/agreements/{made['id']}/1"
    assert (made["state"], made["signatures"]) == ("draft", [])
    assert other(desk, "GET", f"/{made['id']}/1").status_code == 404
    public = desk.house.http.get("/api/v1/agreements").json()
    assert made["id"] not in [one["id"] for one in public["items"]]
    stale = desk.ask("POST", f"{place}/sign", headers={"If-Match": '"other"'})
    assert stale.status_code == 412
    offered = desk.ask("POST", f"{place}/sign", headers={"If-Match": made["etag"]}).json()
    assert offered["state"] == "offered"
    assert desk.ask("POST", f"{place}/sign").status_code == 409
    assert desk.house.http.get(f"/api/v1/agreements/{made['id']}/1/file").status_code == 404
    file = desk.ask("GET", f"{place}/file").content
    received = other(desk, "POST", ":receive", content=file)
    assert received.status_code == 200, received.text
    signed = other(desk, "POST", f"/{made['id']}/1/sign").json()
    assert (signed["state"], signed["in_force_from"]) == ("in_force", "2026-01-01")
    assert all(one["holds"] for one in signed["signatures"])
    listed = desk.ask("GET", "/issuers").json()["items"]
    assert [(one["tag"], one["source"]) for one in listed if one["issuer_id"] == society] == [
        ("vouched", made["id"])
    ]
    public = desk.house.http.get("/api/v1/agreements").json()
    assert made["id"] in [one["id"] for one in public["items"]]
    both = desk.house.http.get(f"/api/v1/agreements/{made['id']}/1/file")
    assert len(json.loads(both.content)["signatures"]) == 2
    ended = desk.ask("POST", f"{place}/end", json={"ends_on": "2027-06-30"}).json()
    assert (ended["state"], ended["in_force_to"]) == ("in_force", "2027-06-30")
    listed = desk.ask("GET", "/issuers").json()["items"]
    assert [one["valid_to"] for one in listed if one["issuer_id"] == society] == ["2027-06-30"]
    worker = Worker(desk.house.node, now=lambda: desk.house.now)
    assert worker.settle_agreements() == 0


def test_a_draft_is_changed_and_discarded(desk: RegistryDesk, society: str) -> None:
    made = draft(desk, society, reference="Draft")
    place = f"/agreements/{made['id']}/1"
    body = {
        "other": did(desk, OTHER), "reference": "Better", "texts": {"en": "Better."},
        "valid_from": "2027-01-01", "their_issuers": [society],
        "ours": {"tag": "vouched", "policy_id": "rules", "policy_version": 1},
    }  # fmt: skip
    changed = desk.ask("PUT", place, json=body, headers={"If-Match": made["etag"]})
    assert changed.json()["reference"] == "Better"
    assert changed.json()["hash"] != made["hash"]
    assert desk.ask("DELETE", place, headers={"If-Match": made["etag"]}).status_code == 412
    assert desk.ask("DELETE", place).status_code == 204
    assert desk.ask("GET", place).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{}", 422),
        (b"[]", 422),
        (b'{"format": 1}', 422),
        (b"\xff", 422),
        (b"{" + b" " * 1_200_000 + b"}", 413),
    ],
)
def test_what_is_no_agreement_is_refused(desk: RegistryDesk, body: bytes, status: int) -> None:
    answer = desk.ask("POST", "/agreements:receive", content=body)
    assert answer.status_code == status
    assert answer.json()["code"]


def test_a_bad_draft_names_its_fields(desk: RegistryDesk, society: str) -> None:
    bad = desk.ask(
        "POST",
        "/agreements",
        json={
            "other": "did:web:nobody.example", "reference": "x", "texts": {"en": "x"},
            "valid_from": "2026-01-01", "their_issuers": [society, "nobody"],
            "ours": {"tag": "vouched", "policy_id": "no-such", "policy_version": 1},
        },
    )  # fmt: skip
    assert bad.status_code == 422
    pointers = {one["pointer"] for one in bad.json()["errors"]}
    assert pointers == {"/other", "/their_issuers/1", "/ours/policy_id"}


def test_a_statement_is_issued_verified_and_withdrawn(desk: RegistryDesk) -> None:
    ada = desk.registrant()
    body = {"registrant": ada["id"], "day": "2025-06-01", "purposes": ["IPEA"]}
    key = {"Idempotency-Key": "state-1"}
    made = desk.ask("POST", "/compliance/statements", json=body, headers=key)
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["met"], told["standing"]) == (False, "stands")
    again = desk.ask("POST", "/compliance/statements", json=body, headers=key)
    assert again.json()["id"] == told["id"]
    assert (
        desk.ask("POST", "/compliance/statements", json={"registrant": ada["id"]}).json()["code"]
        == "compliance-too-early"
    )
    place = f"/compliance/statements/{told['id']}"
    forms = [desk.ask("GET", f"{place}/credential.{end}").content for end in ("json", "jwt")]
    for form in forms:
        report = desk.house.http.post("/credentials/verify", content=form)
        assert report.status_code == 200, report.text
        page = desk.house.http.post("/verify", files={"record": (None, form)}).text
        assert "This registrant met the cycle" in page
        assert "version 1: no" in page
    listed = desk.house.http.get(f"/registries/{REGISTRY}/status/1")
    assert listed.json()["credentialSubject"]["statusPurpose"] == "revocation"
    gone = desk.ask("POST", f"{place}/withdraw", json={"reason": "A mistake."}).json()
    assert (gone["standing"], gone["withdrawn_why"]) == ("withdrawn", "A mistake.")
    for form in forms:
        assert desk.house.http.post("/credentials/verify", content=form).status_code == 400
    changed = desk.house.http.get(f"/registries/{REGISTRY}/status/1")
    assert changed.headers["etag"] != listed.headers["etag"]


def test_a_request_is_written_down_and_answered(desk: RegistryDesk) -> None:
    ada = desk.registrant()
    asked = [
        desk.ask("POST", "/compliance/requests", json={"registrant": ada["id"], "day": day}).json()
        for day in ("2025-06-01", "2025-06-02")
    ]
    waiting = desk.ask("GET", "/compliance/requests?state=open").json()["items"]
    assert {one["id"] for one in asked} <= {one["id"] for one in waiting}
    made = desk.ask("POST", f"/compliance/requests/{asked[0]['id']}/answer")
    assert made.status_code == 201, made.text
    refused = desk.ask(
        "POST", f"/compliance/requests/{asked[1]['id']}/refuse", json={"reason": "Twice."}
    )
    assert (refused.json()["state"], refused.json()["answer"]) == ("refused", "Twice.")
    assert desk.ask("POST", f"/compliance/requests/{asked[0]['id']}/answer").status_code == 409


def test_the_engineer_keeps_what_was_stated(desk: RegistryDesk) -> None:
    ada = desk.registrant()
    browser: TestClient = desk.house.sign_in("ada@example.org")
    node, at = desk.house.node, desk.house.now
    with node.database.write() as session:
        found = register.get(session, REGISTRY, ada["id"])
        person = people.person_of_email(session, "ada@example.org", at=at)
        register.link_person(session, found, person.id, at=at, who="system:test")
    body = {"registrant": ada["id"], "day": "2025-06-01"}
    made = desk.ask("POST", "/compliance/statements", json=body).json()
    assert browser.cookies
    assert made["registrant"] == ada["id"]
