"""Programs are made, changed and revoked: over the API, on the pages, by whom it is allowed."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from joserfc.jwk import ECKey
from sqlalchemy import text

from app.identity import audit
from app.identity.clients import service as clients
from app.identity.clients.rules import NewClient
from app.identity.model import OPERATORS_ALONE, SCOPES, Kind, Role
from app.identity.service import add_organisation
from tests.functional.programs.conftest import Scene
from tests.simulator.members import PUBLIC_URL
from tests.simulator.programs import assertion, public_set

pytestmark = pytest.mark.slow

GRANT = {"grant_type": "client_credentials"}
KEY = ECKey.generate_key("P-256")


class Office:
    """Two societies with a program each, and an operator; ``api`` asks as the program of cse."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        with scene.database.write() as session:
            add_organisation(session, id="node", kind=Kind.OPERATOR, name="Node", at=scene.now)
        own = set(SCOPES) - {OPERATORS_ALONE}
        self.credentials = {name: self.add(name, *own) for name in ("cse", "ebk")}
        self.owner = scene.sign_in("owner@example.org", cse=Role.OWNER)

    def add(self, organisation_id: str, *scopes: str, sandbox: bool = False) -> tuple[str, str]:
        new = NewClient(organisation_id, "LMS", frozenset(scopes), sandbox=sandbox)
        with self.scene.database.write() as session:
            client, secret = clients.add(session, new, at=self.scene.now)
        return client.id, str(secret)

    def api(self, method: str, ending: str = "", *, of: str = "cse", **more: Any) -> Response:
        headers = {**self.bearer(self.credentials["cse"]), **more.pop("headers", {})}
        path = f"/api/v1/organisations/{of}/clients{ending}"
        return self.scene.http.request(method, path, headers=headers, **more)

    def token(self, client_id: str, secret: str) -> Response:
        return self.scene.http.post("/oauth/token", data=GRANT, auth=(client_id, secret))

    def bearer(self, credentials: tuple[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(*credentials).json()['access_token']}"}

    def small(self, *scopes: str, sandbox: bool = False) -> dict[str, str]:
        """The header of a program of cse that has these scopes alone."""
        return self.bearer(self.add("cse", *scopes, sandbox=sandbox))


@pytest.fixture
def office(scene: Scene) -> Office:
    return Office(scene)


def wrong(answer: Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [one["pointer"] for one in answer.json()["errors"]]


def test_a_program_is_made_given_a_new_secret_and_revoked_over_the_api(office: Office) -> None:
    answer = office.api("POST", json={"name": "Moodle", "scopes": ["records:read"]})
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    made = answer.json()
    client_id, secret = made["id"], made["client_secret"]
    assert office.token(client_id, secret).status_code == 200
    shown = office.api("GET", f"/{client_id}").json()
    assert "client_secret" not in shown
    assert {name: made[name] for name in shown} == shown

    renewed = office.api("POST", f"/{client_id}/secrets", json={"overlap_hours": 2}).json()
    assert renewed["client_secret"] != secret
    for good in (secret, renewed["client_secret"]):
        assert office.token(client_id, good).status_code == 200
    office.scene.now += timedelta(hours=2)
    assert office.token(client_id, secret).status_code == 401
    office.scene.now -= timedelta(hours=2)
    last = office.api("POST", f"/{client_id}/secrets", json={"overlap_hours": 0}).json()
    for bad in (secret, renewed["client_secret"]):
        assert office.token(client_id, bad).status_code == 401
    assert office.token(client_id, last["client_secret"]).status_code == 200

    assert office.api("DELETE", f"/{client_id}").json()["revoked_at"]
    assert office.api("DELETE", f"/{client_id}").status_code == 200
    assert office.token(client_id, last["client_secret"]).status_code == 401
    assert office.api("POST", f"/{client_id}/secrets", json={}).status_code == 409
    with office.scene.database.read() as session:
        trail = audit.trail(session, f"client:{client_id}")
    assert [entry.action for entry in trail] == [
        "client.new", "client.rotate-secret", "client.rotate-secret", "client.revoke"
    ]  # fmt: skip
    assert {entry.organisation_id for entry in trail} == {"cse"}
    assert secret not in repr(trail)


def test_the_list_of_programs_has_pages(office: Office) -> None:
    for number in range(4):
        office.api("POST", json={"name": f"No {number}", "scopes": ["records:read"]})
    first = office.api("GET", params={"limit": 3}).json()
    rest = office.api("GET", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [len(first["items"]), len(rest["items"])] == [3, 2]
    assert rest["next_cursor"] is None
    assert not {"secret_hash", "former_secret_hash"} & set(first["items"][0])
    assert office.api("GET", params={"cursor": "!!"}).status_code == 422


def test_a_request_sent_again_makes_nothing_and_shows_no_secret(office: Office) -> None:
    body = {"name": "Moodle", "scopes": ["records:read"]}
    key = {"Idempotency-Key": "made once"}
    first = office.api("POST", json=body, headers=key).json()
    again = office.api("POST", json=body, headers=key)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert again.json() == {**first, "client_secret": None}
    other = office.api("POST", json={**body, "name": "Other"}, headers=key)
    assert other.status_code == 422
    assert [one["name"] for one in office.api("GET").json()["items"]].count("Moodle") == 1
    renewed = [
        office.api("POST", f"/{first['id']}/secrets", json={}, headers={"Idempotency-Key": "2"})
        for _ in range(2)
    ]
    assert renewed[0].json()["client_secret"]
    assert renewed[1].json()["client_secret"] is None
    assert office.token(first["id"], renewed[0].json()["client_secret"]).status_code == 200
    with office.scene.database.engine.connect() as connection:
        kept = repr(connection.execute(text("SELECT * FROM repeated_request")).all())
    assert first["client_secret"] not in kept


def test_a_program_proves_itself_by_keys_that_can_be_changed(office: Office) -> None:
    body = {
        "name": "Moodle", "scopes": ["records:read"], "method": "private_key_jwt",
        "jwks": public_set(KEY),
    }  # fmt: skip
    made = office.api("POST", json=body).json()
    assert made["client_secret"] is None
    issuer = PUBLIC_URL

    def asked(key: ECKey) -> int:
        proof = assertion(key, made["id"], aud=issuer, at=office.scene.now)
        return office.scene.http.post("/oauth/token", data={**GRANT, **proof}).status_code

    assert asked(KEY) == 200
    other = ECKey.generate_key("P-256")
    assert office.api("POST", f"/{made['id']}/secrets", json={}).status_code == 409
    path = f"/{made['id']}/keys"
    assert wrong(office.api("PUT", path, json={"jwks": {"keys": [KEY.as_dict(private=True)]}}))
    assert wrong(office.api("PUT", path, json={})) == ["/jwks"]
    assert wrong(office.api("PUT", path, json={"jwks_uri": "http://lms.example/keys"}))
    assert office.api("PUT", path, json={"jwks": public_set(other)}).status_code == 200
    assert (asked(KEY), asked(other)) == (401, 200)


def test_a_bad_program_is_refused_field_by_field(office: Office) -> None:
    def made(**changes: Any) -> list[str]:
        body = {"name": "x", "scopes": ["records:read"], **changes}
        return wrong(office.api("POST", json=body))

    web = {"kind": "web", "redirect_uris": ["https://lms.example/"]}
    assert made(name=" ") == ["/name"]
    assert made(name="\u202e\x00") == ["/name"]
    assert made(scopes=["all"]) == ["/scopes"]
    assert made(scopes=[]) == ["/scopes"]
    assert made(scopes=["admin:node"]) == ["/scopes"]
    assert made(scopes=["profile:read"]) == ["/scopes"]  # by itself it reads nobody's profile
    assert made(method="none") == ["/method"]
    assert made(kind="native", method="client_secret_basic", redirect_uris=["https://a.example"])
    assert made(method="private_key_jwt") == ["/jwks"]
    assert made(jwks=public_set(KEY)) == ["/jwks"]
    assert made(kind="web") == ["/redirect_uris"]
    assert made(redirect_uris=["https://a.example/"]) == ["/redirect_uris"]
    assert made(**{**web, "redirect_uris": ["https://a.example/", "http://a.example/"]}) == [
        "/redirect_uris/1"
    ]
    for scope in ("admin:clients", "admin:organisation", "admin:node"):
        assert made(**web, scopes=[scope]) == ["/scopes"]
    assert made(method="private_key_jwt", jwks_uri="https://a:b@lms.example/") == ["/jwks_uri"]
    assert made(surprise=1) == ["/surprise"]


def test_nobody_gives_or_takes_more_than_he_has(office: Office) -> None:
    big = office.api("POST", json={"name": "big", "scopes": ["records:issue"]}).json()["id"]
    small = office.small("admin:clients", "records:read")

    def ask(method: str, ending: str = "", **more: Any) -> Response:
        return office.api(method, ending, headers=small, **more)

    assert wrong(ask("POST", json={"name": "x", "scopes": ["records:issue"]})) == ["/scopes"]
    assert ask("POST", json={"name": "x", "scopes": ["records:read"]}).status_code == 201
    asking = {
        "name": "wallet", "kind": "native", "scopes": ["profile:read"],
        "redirect_uris": ["http://127.0.0.1/"],
    }  # fmt: skip
    assert ask("POST", json=asking).status_code == 201  # only a person can give that
    assert ask("POST", f"/{big}/secrets", json={}).status_code == 403
    assert ask("PUT", f"/{big}/keys", json={"jwks": public_set(KEY)}).status_code == 403
    assert ask("DELETE", f"/{big}").status_code == 200  # but stop it, it may


def test_a_program_of_the_sandbox_manages_none(office: Office) -> None:
    inside = office.small("admin:clients", "records:read", sandbox=True)
    body = {"name": "x", "scopes": ["records:read"]}
    assert office.api("POST", headers=inside, json=body).status_code == 403
    assert office.api("GET", headers=inside).status_code == 403
    made = office.api("POST", json={**body, "sandbox": True}).json()
    assert made["sandbox"] is True


def test_programs_of_another_society_are_out_of_reach(office: Office) -> None:
    theirs = office.credentials["ebk"][0]
    assert office.api("GET", of="ebk").status_code == 403
    assert office.api("POST", of="ebk", json={"name": "x", "scopes": ["records:read"]}
                      ).status_code == 403  # fmt: skip
    for method, ending in (("GET", ""), ("DELETE", ""), ("POST", "/secrets"), ("PUT", "/keys")):
        body = {"json": {}} if method in ("POST", "PUT") else {}
        assert office.api(method, f"/{theirs}{ending}", **body).status_code == 404
        assert office.api(method, f"/{theirs}{ending}", of="ebk", **body).status_code == 403
    for client_id in ("nobody", "a:b", "%00", "x" * 65):
        assert office.api("GET", f"/{client_id}").status_code in (404, 422)
    assert office.token(*office.credentials["ebk"]).status_code == 200


def test_only_an_operators_program_manages_the_node(office: Office) -> None:
    new = NewClient("node", "ops", frozenset({"admin:node"}))
    with office.scene.database.write() as session:
        assert clients.add(session, new, at=office.scene.now).secret


def page(browser: TestClient, ending: str = "", **form: Any) -> Response:
    path = f"/organisations/cse/clients{ending}"
    return browser.post(path, data=form) if form or ending else browser.get(path)


def test_an_owner_makes_a_program_on_the_page_and_sees_its_secret_once(office: Office) -> None:
    assert "There is no" not in page(office.owner).text  # the one the society came with
    made = page(
        office.owner, name="Mood<b>le", kind="service", method="client_secret_post",
        scopes=["records:read", "catalogue:write"],
    )  # fmt: skip
    assert made.status_code == 200
    assert "no-store" in made.headers["cache-control"]
    client_id, secret = re.findall(r'<dd><code dir="ltr">([^<]+)</code>', made.text)
    assert "Mood&lt;b&gt;le" in made.text
    assert "Mood<b>" not in made.text
    form = {**GRANT, "client_id": client_id, "client_secret": secret}
    assert office.scene.http.post("/oauth/token", data=form).status_code == 200
    later = page(office.owner).text
    assert client_id in later
    assert secret not in later

    renewed = page(office.owner, f"/{client_id}/secret", at_once="yes")
    fresh = re.findall(r'<dd><code dir="ltr">([^<]+)</code>', renewed.text)[1]
    assert office.scene.http.post("/oauth/token", data=form).status_code == 401
    form["client_secret"] = fresh
    assert office.scene.http.post("/oauth/token", data=form).status_code == 200
    done = page(office.owner, f"/{client_id}/revoke")
    assert done.headers["location"] == "/organisations/cse/clients?done=revoked"
    assert office.scene.http.post("/oauth/token", data=form).status_code == 401
    assert "revoked" in page(office.owner).text


def test_what_is_wrong_is_said_beside_its_field_and_what_was_written_stays(office: Office) -> None:
    answer = page(
        office.owner, name="Wallet", kind="native", scopes=["profile:read"],
        redirect_uris="http://evil.example/\nhttp://127.0.0.1/callback",
    )  # fmt: skip
    assert answer.status_code == 422
    assert 'id="redirect_uris-wrong"' in answer.text
    assert "http://127.0.0.1/callback" in answer.text
    assert 'value="Wallet"' in answer.text
    good = page(
        office.owner, name="Wallet", kind="native", scopes=["profile:read"],
        redirect_uris="http://127.0.0.1/callback\norg.example.wallet:/callback",
    )  # fmt: skip
    assert (good.status_code, "Client secret" in good.text) == (200, False)
    for form in ({"kind": "x"}, {"method": "x"}, {"scopes": ["admin:node"]}, {"jwks": "{"}):
        bad = page(office.owner, **{"name": "x", "method": "private_key_jwt", **form})
        assert bad.status_code == 422


def test_only_owners_see_the_programs(office: Office) -> None:
    for role in set(Role) - {Role.OWNER}:
        member = office.scene.sign_in(f"{role}@example.org", cse=role)
        assert page(member).status_code == 403
        assert page(member, name="x", scopes=["records:read"]).status_code == 403
    other = office.scene.sign_in("eve@example.org", ebk=Role.OWNER)
    mine = office.credentials["cse"][0]
    for ending in ("", f"/{mine}/secret", f"/{mine}/revoke"):
        assert page(other, ending, at_once="yes").status_code == 404
    theirs = office.credentials["ebk"][0]
    assert page(office.owner, f"/{theirs}/secret", at_once="yes").status_code == 404
    assert page(office.owner, f"/{theirs}/revoke", at_once="yes").status_code == 404
    assert office.token(*office.credentials["ebk"]).status_code == 200


def test_every_scope_is_in_words(office: Office) -> None:
    shown = page(office.owner).text
    for scope in set(SCOPES) - {"admin:node"}:
        assert f'value="{scope}"' in shown
    assert 'value="admin:node"' not in shown
