"""Revocation and introspection, and how often the endpoints may be asked."""

from datetime import datetime
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from joserfc.jwk import ECKey
from sqlalchemy import func, select

from app.identity import audit
from app.identity.access import Guard
from app.identity.clients import service as clients
from app.identity.clients.rules import NewClient
from app.identity.model import Actor, AuthMethod, ClientKind, Kind
from app.identity.oauth import api
from app.identity.oauth.authenticate import authenticator
from app.identity.oauth.proving import Rates
from app.identity.oauth.tables import EndedTokenRow
from app.identity.oauth.token_keys import LIFETIME
from app.identity.oauth.tokens import AccessTokens
from app.identity.service import add_organisation
from app.platform import problems
from app.platform.db import Database
from tests.simulator.programs import OFTEN, MemoryKeys, assertion, make_desk, public_set

NODE = "https://cpd.example.org"
INTROSPECT, REVOKE = "/oauth/introspect", "/oauth/revoke"


class House:
    """Two societies with a program each, and one that knows itself by a key."""

    def __init__(self, database: Database, now: datetime, rates: Rates = OFTEN) -> None:
        self.database, self.now = database, now
        self.key = ECKey.generate_key("P-256")
        self.auth: dict[str, tuple[str, str]] = {}
        with database.write() as session:
            for name in ("cse", "ebk"):
                add_organisation(session, id=name, kind=Kind.SOCIETY, name=name, at=now)
                new = NewClient(name, "LMS", frozenset({"records:read", "records:issue"}))
                made = clients.add(session, new, at=now)
                self.auth[name] = (made.client.id, str(made.secret))
            keyed = NewClient(
                "cse", "keyed", frozenset({"records:read"}), method=AuthMethod.PRIVATE_KEY_JWT,
                jwks=public_set(self.key),
            )  # fmt: skip
            self.keyed = clients.add(session, keyed, at=now).client
            native = NewClient(
                "cse", "wallet", frozenset({"profile:read"}), kind=ClientKind.NATIVE,
                method=AuthMethod.NONE, redirect_uris=("http://127.0.0.1/callback",),
            )  # fmt: skip
            self.native = clients.add(session, native, at=now).client
        tokens = AccessTokens(MemoryKeys(), NODE)
        guard = Guard(authenticator(database=database, tokens=tokens, now=lambda: self.now))
        self.tokens, app = tokens, FastAPI()
        problems.install(app)
        desk = make_desk(database, tokens, rates=rates)
        app.include_router(api.build_router(desk=desk, guard=guard, now=lambda: self.now))

        @app.get("/me")
        def me(actor: Annotated[Actor, Depends(guard.scope("records:read"))]) -> str:
            return actor.organisation_id

        self.http = TestClient(app, base_url=NODE)

    def token(self, name: str = "cse", **form: str) -> str:
        return str(self.ask("/oauth/token", name, grant_type="client_credentials", **form).json()
                   ["access_token"])  # fmt: skip

    def ask(self, path: str, name: str, **form: str) -> Response:
        return self.http.post(path, data=form, auth=self.auth[name])

    def me(self, token: str) -> int:
        return self.http.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code

    def is_active(self, token: str, name: str = "cse") -> dict[str, Any]:
        answer = self.ask(INTROSPECT, name, token=token)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        said: dict[str, Any] = answer.json()
        return said


@pytest.fixture
def house(database: Database, now: datetime) -> House:
    return House(database, now)


def test_an_ended_token_opens_nothing_and_others_go_on(house: House) -> None:
    token, other = house.token(), house.token()
    assert house.ask(REVOKE, "cse", token=token).status_code == 200
    assert house.ask(REVOKE, "cse", token=token, token_type_hint="refresh_token").status_code == 200
    assert (house.me(token), house.me(other)) == (401, 200)
    assert house.is_active(token) == {"active": False}
    with house.database.read() as session:
        trail = audit.trail(session, f"client:{house.auth['cse'][0]}")
    assert [entry.action for entry in trail] == ["client.new", "token.end"]
    assert token not in repr(trail)


def test_ended_tokens_are_forgotten_when_they_would_have_ended_anyway(house: House) -> None:
    for _ in range(3):
        house.ask(REVOKE, "cse", token=house.token())
    house.now += 2 * LIFETIME
    house.ask(REVOKE, "cse", token=house.token())
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(EndedTokenRow)) == 1


@pytest.mark.parametrize(
    "text", ["x", "a.b.c", "\x00", "é", "ocpr_nothing", "ocpr_\x00", "." * 5000, "null"]
)
def test_what_is_no_token_is_ended_without_a_word_and_is_not_active(
    house: House, text: str
) -> None:
    assert house.ask(REVOKE, "cse", token=text).status_code == 200
    assert house.is_active(text) == {"active": False}


def test_a_program_ends_nobody_elses_token(house: House) -> None:
    token = house.token()
    assert house.ask(REVOKE, "ebk", token=token).status_code == 200
    assert house.me(token) == 200
    proof = assertion(house.key, house.keyed.id, aud=NODE, at=house.now)
    assert house.http.post(REVOKE, data={**proof, "token": token}).status_code == 200
    assert house.me(token) == 200


def test_a_token_is_described_to_its_own_organisation_alone(house: House) -> None:
    token = house.token(scope="records:read")
    said = house.is_active(token)
    assert said == {
        "active": True,
        "iss": NODE,
        "aud": NODE,
        "token_type": "Bearer",
        "client_id": house.auth["cse"][0],
        "sub": house.auth["cse"][0],
        "org": "cse",
        "scope": "records:read",
        "iat": int(house.now.timestamp()),
        "exp": int((house.now + LIFETIME).timestamp()),
        "jti": said["jti"],
    }
    proof = assertion(house.key, house.keyed.id, aud=NODE, at=house.now)
    assert house.http.post(INTROSPECT, data={**proof, "token": token}).json()["active"] is True
    assert house.is_active(token, "ebk") == {"active": False}
    house.now += LIFETIME
    assert house.is_active(token) == {"active": False}


def test_a_token_of_a_revoked_program_or_of_another_node_is_not_active(house: House) -> None:
    token = house.token("ebk")
    other = AccessTokens(MemoryKeys(), NODE)
    foreign = other.issue(
        house.auth["cse"][0], organisation_id="cse", scope="records:read", at=house.now
    )
    stolen = house.tokens.issue(
        house.auth["cse"][0], organisation_id="ebk", scope="records:read", at=house.now
    )
    for text in (foreign, stolen):
        assert house.is_active(text) == {"active": False}
        assert house.me(text) == 401
    with house.database.write() as session:
        clients.revoke(session, clients.find(session, house.auth["ebk"][0]), at=house.now)
    assert house.me(token) == 401
    assert house.ask(INTROSPECT, "ebk", token=token).status_code == 401


def test_who_asks_must_prove_itself(house: House) -> None:
    token = house.token()
    for path in (INTROSPECT, REVOKE):
        for form in ({}, {"client_id": house.auth["cse"][0]}):
            answer = house.http.post(path, data={**form, "token": token})
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
            assert answer.headers["www-authenticate"].startswith("Basic ")
        assert house.ask(path, "cse").json()["error"] == "invalid_request"
    own_id = {"client_id": house.native.id, "token": token}
    assert house.http.post(INTROSPECT, data=own_id).status_code == 401
    assert house.http.post(REVOKE, data=own_id).status_code == 200
    assert house.me(token) == 200


def test_a_program_that_acts_for_people_gets_nothing_for_itself(house: House) -> None:
    form = {"grant_type": "client_credentials", "client_id": house.native.id}
    answer = house.http.post("/oauth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    for grant in ("authorization_code", "refresh_token"):
        answer = house.ask("/oauth/token", "cse", grant_type=grant, code="x", refresh_token="x")
        assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


@pytest.fixture
def busy(database: Database, now: datetime) -> House:
    return House(database, now, Rates(client="3/hour", address="8/hour"))


def test_who_asks_too_often_is_told_when_to_come_back(busy: House) -> None:
    """By program and address first, then by address for all programs together."""
    for _ in range(3):
        assert busy.ask(INTROSPECT, "cse", token="x").status_code == 200
    refused = busy.ask(INTROSPECT, "cse", token="x")
    assert (refused.status_code, refused.json()["error"]) == (429, "temporarily_unavailable")
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert refused.headers["content-type"] == "application/json"
    for path in ("/oauth/token", REVOKE):  # one count for all three
        answer = busy.ask(path, "cse", token="x", grant_type="client_credentials")
        assert answer.status_code == 429
    assert busy.ask(INTROSPECT, "ebk", token="x").status_code == 200
    assert busy.http.post("/oauth/token", data={"grant_type": "x"}).status_code == 400
    assert busy.ask(INTROSPECT, "ebk", token="x").status_code == 429
    assert busy.http.post("/oauth/token").status_code == 429


def test_guessing_a_secret_is_counted_too(busy: House) -> None:
    form = {"grant_type": "client_credentials"}
    said = [
        busy.http.post("/oauth/token", data=form, auth=(busy.auth["cse"][0], f"guess {number}"))
        for number in range(4)
    ]
    assert [answer.status_code for answer in said] == [401, 401, 401, 429]
