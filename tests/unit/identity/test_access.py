"""The dependency every route carries."""

from typing import Annotated, cast

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient

from app.identity.access import AUTHORIZE_PATH, Guard, Unauthenticated, routes
from app.identity.model import PERSONAL_SCOPES, SCOPES, Actor
from app.platform import problems


def authenticate(token: str) -> Actor:
    if token not in {"good", "trying"}:
        raise Unauthenticated("This token is not of this node.")
    return Actor("client", "org-1", frozenset({"records:read"}), sandbox=token == "trying")


@pytest.fixture
def client() -> TestClient:
    guard = Guard(authenticate)
    router = APIRouter()

    @router.get("/open", dependencies=[Depends(guard.public)])
    def open_to_all() -> str:
        return "open"

    @router.get("/read")
    def read(actor: Annotated[Actor, Depends(guard.scope("records:read"))]) -> str:
        return actor.organisation_id

    @router.get("/issue")
    def issue(actor: Annotated[Actor, Depends(guard.scope("records:issue"))]) -> str:
        return actor.organisation_id

    @router.get("/try")
    def try_out(
        actor: Annotated[Actor, Depends(guard.scope("records:read", sandbox=True))],
    ) -> bool:
        return actor.sandbox

    @router.get("/forgotten")
    def forgotten() -> str:
        return "nobody asked"

    app = FastAPI()
    problems.install(app)
    app.include_router(router)
    return TestClient(app)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_public_route_needs_no_token(client: TestClient) -> None:
    assert client.get("/open").json() == "open"


def test_an_actor_of_a_sandbox_comes_in_only_where_there_is_one(client: TestClient) -> None:
    assert client.get("/read", headers=bearer("trying")).status_code == 403
    assert client.get("/try", headers=bearer("trying")).json() is True
    assert client.get("/try", headers=bearer("good")).json() is False


def test_a_token_with_the_scope_opens_the_route(client: TestClient) -> None:
    assert client.get("/read", headers=bearer("good")).json() == "org-1"
    assert client.get("/read", headers={"Authorization": "bearer good"}).status_code == 200


@pytest.mark.parametrize(
    "header", [None, "Basic Z29vZA==", "Bearer", "Bearer ", "good", "Bearer no"]
)
def test_without_a_good_token_the_answer_is_401_with_a_challenge(
    client: TestClient, header: str | None
) -> None:
    answer = client.get("/read", headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith('Bearer realm="opencpd"')
    assert ("invalid_token" in answer.headers["www-authenticate"]) == (header is not None)


def test_a_token_without_the_scope_gets_403_with_a_challenge(client: TestClient) -> None:
    answer = client.get("/issue", headers=bearer("good"))
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"
    assert 'error="insufficient_scope", scope="records:issue"' in answer.headers["www-authenticate"]


def test_what_a_route_asks_for_can_be_read_from_it(client: TestClient) -> None:
    asked = {path: mark for path, _, mark in routes(cast(FastAPI, client.app))}
    assert asked["/open"] == "public"
    assert asked["/read"] == "records:read"
    assert asked["/forgotten"] is None


def test_a_scope_nobody_knows_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="records:destroy"):
        Guard(authenticate).scope("records:destroy")


def test_scopes_show_in_the_description_of_the_api(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["paths"]["/read"]["get"]["security"] == [{"OAuth2": ["records:read"]}]
    flows = described["components"]["securitySchemes"]["OAuth2"]["flows"]
    assert set(flows["clientCredentials"]["scopes"]) == set(SCOPES)
    assert set(flows["authorizationCode"]["scopes"]) == {*SCOPES, *PERSONAL_SCOPES}
    assert flows["authorizationCode"]["authorizationUrl"] == AUTHORIZE_PATH
