"""A registry's program agrees with another registry, and states who met a cycle."""

import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.identity.model import Kind, Role
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


def test_a_member_agrees_in_pages_and_everybody_reads_it(desk: RegistryDesk, society: str) -> None:
    browser = desk.house.sign_in("owner@pec.example", pec=Role.OWNER)
    partner = desk.house.sign_in("owner@ebk.example", ebk=Role.OWNER)
    pages, theirs = f"/organisations/{REGISTRY}/agreements", f"/organisations/{OTHER}/agreements"
    form = {
        "other": did(desk, OTHER), "reference": "In pages 7", "language": "en",
        "text": "Courses of the society count.", "second_language": "zh", "second_text": "互认课程",
        "valid_from": "2026-01-01", "their_issuers": society, "our_tag": "vouched",
        "our_policy": "rules 1",
    }  # fmt: skip
    wrong = browser.post(f"{pages}/new", data={**form, "valid_from": "", "their_issuers": "x"})
    assert wrong.status_code == 422
    assert "This node does not know it." in wrong.text
    assert "Courses of the society count." in wrong.text
    number = browser.post(f"{pages}/new", data={**form, "notice_days": "many"})
    assert number.status_code == 422
    made = browser.post(f"{pages}/new", data=form)
    assert made.status_code == 303, made.text
    place = made.headers["location"]
    assert "互认课程" in browser.get(place).text
    assert browser.get(pages).text.count("In pages 7") == 1
    assert "In pages 7" not in desk.house.http.get("/recognition").text
    assert browser.post(f"{place}/sign").status_code == 303
    assert "signed by one side" in browser.get(place).text
    file = browser.get(f"{place}/file").content
    taken = partner.post(f"{theirs}/receive", files={"file": ("a.json", file)})
    assert taken.status_code == 303, taken.text
    assert partner.post(f"{taken.headers['location']}/sign").status_code == 303
    page = desk.house.http.get("/recognition").text
    assert "In pages 7" in page
    assert page.count("signature holds") >= 2
    assert "The rules of the annex in words" in page
    name = place.split("/")[-2]
    public = desk.house.http.get(f"/recognition/agreements/{name}/1.json")
    assert len(public.json()["signatures"]) == 2
    early = browser.post(f"{place}/end", data={"ends_on": "2026-12-01"})
    assert early.status_code == 422
    assert browser.post(f"{place}/end", data={"ends_on": "soon"}).status_code == 422
    assert browser.post(f"{place}/end", data={"ends_on": "2027-06-30"}).status_code == 303
    assert "has given notice" in desk.house.http.get("/recognition").text
    assert browser.post(f"{place}/discard").status_code == 409
    assert browser.post(f"{pages}/receive", files={"file": ("a", b"{}")}).status_code == 422
    assert "The other side stays who it is." in browser.get(f"{pages}/new?amends={name}").text


def test_a_member_states_and_withdraws_in_pages(desk: RegistryDesk) -> None:
    browser = desk.house.sign_in("owner@pec.example", pec=Role.OWNER)
    ada = desk.registrant()
    pages = f"/organisations/{REGISTRY}/compliance"
    unknown = browser.post(f"{pages}/statements", data={"number": "nobody", "day": "2025-01-01"})
    assert unknown.status_code == 422
    assert "Nobody in the register has this number." in unknown.text
    early = browser.post(f"{pages}/statements", data={"number": ada["number"]})
    assert early.status_code == 409
    assert "is not met yet" in early.text
    given = {"number": ada["number"], "day": "2025-06-01", "purposes": "IPEA, APEC"}
    assert browser.post(f"{pages}/statements", data=given).status_code == 303
    page = browser.get(pages).text
    assert "IPEA, APEC" in page
    place = re.findall(rf"{pages}/statements/([0-9a-f-]+)\.json", page)[0]
    for ending in ("json", "jwt"):
        form = browser.get(f"{pages}/statements/{place}.{ending}").content
        assert desk.house.http.post("/credentials/verify", content=form).status_code == 200
    assert browser.post(f"{pages}/statements/{place}/withdraw").status_code == 422
    gone = browser.post(f"{pages}/statements/{place}/withdraw", data={"reason": "A mistake."})
    assert gone.status_code == 303
    assert "A mistake." in browser.get(pages).text


def test_the_engineer_asks_and_takes_the_statement_along(desk: RegistryDesk) -> None:
    email, ada = "ada@example.org", desk.registrant()
    browser: TestClient = desk.house.sign_in(email)
    node, at = desk.house.node, desk.house.now
    with node.database.write() as session:
        found = register.get(session, REGISTRY, ada["id"])
        person = people.person_of_email(session, email, at=at)
        register.link_person(session, found, person.id, at=at, who="system:test")
    place = "/account/cpd/statements"
    bad = browser.post(place, data={"registrant": ada["id"], "number": "4711"})
    assert bad.status_code == 422
    other = "did:web:other.example:registries:ebk"
    form = {"registrant": ada["id"], "day": "2025-06-01", "audience": other, "number": "4711"}
    assert browser.post(place, data=form).status_code == 303
    assert "waiting" in browser.get(place).text
    stranger = desk.house.sign_in("eve@example.org")
    assert stranger.post(place, data=form).status_code == 404
    office = desk.house.sign_in("owner@pec.example", pec=Role.OWNER)
    pages = f"/organisations/{REGISTRY}/compliance"
    waiting = re.findall(rf"{pages}/requests/([0-9a-f-]+)/answer", office.get(pages).text)
    assert office.post(f"{pages}/requests/{waiting[0]}/answer").status_code == 303
    page = browser.get(place).text
    name = re.findall(rf"{place}/([0-9a-f-]+)\.jwt", page)[0]
    token = browser.get(f"{place}/{name}.jwt")
    assert token.headers["content-type"] == "application/vc+jwt"
    shown = desk.house.http.post("/verify", files={"record": (None, token.content)}).text
    assert "This registrant met the cycle" in shown
    assert other in shown
    assert stranger.get(f"{place}/{name}.jwt").status_code == 404
