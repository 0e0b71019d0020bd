"""The token endpoint as a client sees it."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from joserfc.jwk import ECKey

from app.identity import audit, secrets, service
from app.identity.access import Guard
from app.identity.clients import service as clients
from app.identity.clients.rules import NewClient
from app.identity.model import Actor, AuthMethod, Kind
from app.identity.oauth import api, assertions
from app.identity.oauth.authenticate import authenticator
from app.identity.oauth.server import Endpoint, Question
from app.identity.oauth.tokens import AccessTokens
from app.platform import problems
from app.platform.db import Database
from app.platform.problems import Conflict, Invalid, NotFound
from tests.simulator.programs import MemoryKeys, make_desk, public_set

NODE = "https://cpd.example.org"
GRANT = {"grant_type": "client_credentials"}
ASSERTED = assertions.TYPE


@pytest.fixture
def credentials(database: Database, now: datetime) -> service.Credentials:
    with database.write() as session:
        service.add_organisation(
            session, id="society-1", kind=Kind.SOCIETY, name="A society", at=now
        )
        return service.new_client(
            session,
            organisation_id="society-1",
            name="LMS",
            scopes={"records:issue", "records:read"},
            at=now,
        )


@pytest.fixture
def http(database: Database, now: datetime) -> Iterator[TestClient]:
    tokens = AccessTokens(MemoryKeys(), NODE)
    guard = Guard(authenticator(database=database, tokens=tokens, now=lambda: now))
    app = FastAPI()
    problems.install(app)
    app.include_router(
        api.build_router(desk=make_desk(database, tokens), guard=guard, now=lambda: now)
    )

    @app.get("/me")
    def me(actor: Annotated[Actor, Depends(guard.scope("records:read"))]) -> str:
        return actor.organisation_id

    with TestClient(app) as client:
        yield client


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def ask(http: TestClient, given: service.Credentials, **form: str) -> Response:
    return http.post("/oauth/token", data={**GRANT, **form}, headers=basic(*given))


def test_a_client_gets_a_token_and_uses_it(
    http: TestClient, credentials: service.Credentials
) -> None:
    answer = ask(http, credentials)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 900
    assert body["scope"] == "records:issue records:read"
    me = http.get("/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert me.json() == "society-1"


def test_a_program_proves_itself_by_its_own_method_and_by_no_other(
    http: TestClient, credentials: service.Credentials, database: Database, now: datetime
) -> None:
    with database.write() as session:
        new = NewClient(
            "society-1", "LMS", frozenset({"records:read"}), method=AuthMethod.SECRET_POST
        )
        posting = clients.add(session, new, at=now)
    form = {**GRANT, "client_id": posting.client.id, "client_secret": posting.secret}
    assert http.post("/oauth/token", data=form).status_code == 200
    other_way = http.post(
        "/oauth/token", data=GRANT, headers=basic(posting.client.id, str(posting.secret))
    )
    form = {**GRANT, "client_id": credentials.client_id, "client_secret": credentials.secret}
    for answer in (other_way, http.post("/oauth/token", data=form)):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_the_parts_of_basic_may_be_encoded_as_those_of_a_form(
    http: TestClient, credentials: service.Credentials
) -> None:
    # RFC 6749 §2.3.1; openid-client also encodes what need not be.
    encoded = basic(
        credentials.client_id.replace("-", "%2D"),
        credentials.secret.replace("_", "%5F").replace("-", "%2D"),
    )
    assert http.post("/oauth/token", data=GRANT, headers=encoded).status_code == 200


def test_a_narrower_scope_is_given_and_a_wider_one_refused(
    http: TestClient, credentials: service.Credentials
) -> None:
    assert ask(http, credentials, scope="records:read").json()["scope"] == "records:read"
    for scope in ("records:revoke", "records:read records:revoke", "no:such"):
        answer = ask(http, credentials, scope=scope)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_a_token_opens_only_what_its_scope_names(
    http: TestClient, credentials: service.Credentials
) -> None:
    token = ask(http, credentials, scope="records:issue").json()["access_token"]
    assert http.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code == 403


def test_an_unknown_client_and_a_wrong_secret_look_the_same(
    http: TestClient, credentials: service.Credentials
) -> None:
    wrong = ask(http, credentials._replace(secret="ocpd_wrong"))
    unknown = ask(http, credentials._replace(client_id="nobody"))
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["error"] == "invalid_client"
    assert wrong.headers["www-authenticate"].startswith('Basic realm="opencpd", error=')


def test_a_revoked_client_gets_no_token_and_its_tokens_end(
    http: TestClient, credentials: service.Credentials, database: Database, now: datetime
) -> None:
    token = ask(http, credentials).json()["access_token"]
    with database.write() as session:
        service.revoke_client(session, credentials.client_id, at=now)
        service.revoke_client(session, credentials.client_id, at=now)
    assert ask(http, credentials).status_code == 401
    assert http.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    with database.read() as session:
        trail = audit.trail(session, f"client:{credentials.client_id}")
    assert [entry.action for entry in trail] == ["client.new", "client.revoke"]
    assert credentials.secret not in repr(trail)


@pytest.mark.parametrize(
    ("request_", "status", "error"),
    [
        ({"content": b"", "headers": {}}, 400, "unsupported_grant_type"),
        ({"content": b"{}", "headers": {"content-type": "application/json"}},
         400, "unsupported_grant_type"),
        ({"data": {"grant_type": "password"}}, 400, "unsupported_grant_type"),
        ({"data": GRANT}, 401, "invalid_client"),
        ({"data": {"grant_type": ["client_credentials"] * 2}}, 400, "invalid_request"),
        ({"data": GRANT, "headers": {"Authorization": "Basic ////"}}, 400, "invalid_request"),
        ({"data": GRANT, "headers": {"Authorization": "Basic %%"}}, 400, "invalid_request"),
        ({"data": GRANT, "headers": {"Authorization": "Basic "}}, 400, "invalid_request"),
        ({"data": GRANT, "headers": {"Authorization": "Bearer abc"}}, 401, "invalid_client"),
        ({"data": {**GRANT, "client_id": "b"}, "headers": basic("a", "x")},
         400, "invalid_request"),
        ({"data": {**GRANT, "client_assertion": "x"}}, 400, "invalid_request"),
        ({"data": {**GRANT, "client_assertion": "x", "client_assertion_type": "saml"}},
         400, "invalid_request"),
        ({"data": {**GRANT, "client_assertion": "x", "client_assertion_type": ASSERTED}},
         401, "invalid_client"),
        ({"data": {**GRANT, "client_assertion": "x", "client_assertion_type": ASSERTED,
                   "client_secret": "y"}}, 400, "invalid_request"),
        ({"data": {**GRANT, "client_id": "a:b\x00"}}, 401, "invalid_client"),
        ({"data": GRANT, "headers": {"Authorization": b"Basic \xff\xfe"}}, 400, "invalid_request"),
        ({"data": {**GRANT, "client_id": "a", "client_secret": "b"}, "headers": basic("a", "b")},
         400, "invalid_request"),
        ({"content": b"\xff=\xff", "headers": {"content-type": api.FORM_TYPE}},
         400, "unsupported_grant_type"),
        ({"content": b"&".join(b"a%d=1" % n for n in range(99)),
          "headers": {"content-type": api.FORM_TYPE}}, 400, "unsupported_grant_type"),
        ({"data": {**GRANT, "scope": '\u202e\x00"\\'}, "headers": basic("a\x00", "b")},
         401, "invalid_client"),
    ],
)  # fmt: skip
def test_bad_requests_get_the_error_of_the_standard(
    http: TestClient, request_: dict[str, Any], status: int, error: str
) -> None:
    answer = http.post("/oauth/token", **request_)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_huge_request_is_not_read(http: TestClient) -> None:
    answer = http.post("/oauth/token", data={"scope": "x" * api.MAX_FORM_BYTES})
    assert answer.status_code == 413


def test_a_node_that_is_busy_says_so_and_ties_up_nothing(
    http: TestClient, credentials: service.Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "_LONGEST_WAIT_SECONDS", 0.01)
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(secrets._at_once)
        answer = ask(http, credentials)
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert answer.headers["retry-after"]
    assert ask(http, credentials).status_code == 200


def test_secrets_are_not_taken_over_plain_http_from_afar(database: Database, now: datetime) -> None:
    desk = make_desk(database, AccessTokens(MemoryKeys(), "http://cpd.example.org"))
    uri = "http://cpd.example.org/oauth/token"
    question = Question(Endpoint.TOKEN, uri, list(GRANT.items()), None, "192.0.2.1")
    answer = desk.answer(question, at=now)
    assert (answer.status, answer.body["error"]) == (400, "insecure_transport")


def test_the_metadata_and_the_key_are_public(http: TestClient) -> None:
    metadata = http.get("/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == NODE
    assert metadata["token_endpoint"] == f"{NODE}/oauth/token"
    (key,) = http.get(metadata["jwks_uri"].removeprefix(NODE)).json()["keys"]
    assert "d" not in key
    assert key["alg"] == "ES256"


def test_organisations_are_checked(database: Database, now: datetime) -> None:
    with database.write() as session:
        service.add_organisation(session, id="a-1", kind=Kind.REGISTRY, name=" A ", at=now)
        assert service.get_organisation(session, "a-1").name == "A"
        with pytest.raises(Conflict):
            service.add_organisation(session, id="a-1", kind=Kind.SOCIETY, name="B", at=now)
        with pytest.raises(Invalid) as refused:
            service.add_organisation(session, id="A/1", kind=Kind.SOCIETY, name="", at=now)
        assert [field.pointer for field in refused.value.fields] == ["/id", "/name"]
        with pytest.raises(NotFound):
            service.new_client(
                session, organisation_id="none", name="x", scopes={"records:read"}, at=now
            )
        with pytest.raises(Invalid):
            service.new_client(session, organisation_id="a-1", name="x", scopes={"all"}, at=now)
        with pytest.raises(Invalid):
            service.new_client(session, organisation_id="a-1", name="x", scopes=set(), at=now)


def test_whoever_is_asked_for_costs_one_hash(
    http: TestClient,
    credentials: service.Credentials,
    database: Database,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An unknown program, a revoked one and one without a secret take as long as a wrong secret."""
    with database.write() as session:
        revoked = service.new_client(
            session, organisation_id="society-1", name="x", scopes={"records:read"}, at=now
        )
        service.revoke_client(session, revoked.client_id, at=now)
        keyed = NewClient(
            "society-1", "x", frozenset({"records:read"}), method=AuthMethod.PRIVATE_KEY_JWT,
            jwks=public_set(ECKey.generate_key("P-256")),
        )  # fmt: skip
        without = clients.add(session, keyed, at=now).client.id
    counted: list[str] = []
    real = secrets.matches

    def matches(secret: str, *, secret_hash: str) -> bool:
        counted.append(secret_hash)
        return real(secret, secret_hash=secret_hash)

    monkeypatch.setattr(secrets, "matches", matches)
    for client_id in (credentials.client_id, "nobody", "a:b", revoked.client_id, without):
        counted.clear()
        assert ask(http, service.Credentials(client_id, "wrong")).status_code == 401
        assert len(counted) == 1, client_id
        assert counted[0].startswith("$argon2id$")
