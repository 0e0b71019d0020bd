"""Every guarded route, asked by everybody who must be refused and by one who must be let in.

The refusals leave the database as it was. The last test prints how many there were.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select

from app.identity import service as identity
from app.identity.access import routes
from app.identity.model import SCOPES
from app.identity.oauth.tokens import AccessTokens
from migrations import metadata
from tests.functional.access.asking import ASKS, OTHER, OWN, Ask, Scene
from tests.simulator.members import House, house
from tests.simulator.programs import MemoryKeys

pytestmark = pytest.mark.slow
NOT_STATE = {"login_session", "rate_limit"}
"""What may change although nothing was done: last uses and counts of requests."""
OF_NO_SOCIETY = {("POST", "/api/v1/verifications")}
"""What belongs to nobody: any organisation's client with the scope may ask it."""


@dataclass(frozen=True)
class Guarded:
    """One guarded route and how its rightful caller asks it."""

    method: str
    path: str
    mark: str
    ask: Ask

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def send(self, http: TestClient, headers: Mapping[str, str]) -> Response:
        filled = self.path.format(
            **{"society_id": OWN, "organisation_id": OWN} | dict(self.ask.path)
        )
        return http.request(
            self.method,
            filled,
            json=self.ask.json,
            content=self.ask.content,
            data=self.ask.form,
            params=self.ask.params,
            headers={**self.ask.headers, **headers},
        )


def guarded_routes(made: House) -> list[tuple[str, str, str]]:
    return [
        (method, path, mark)
        for path, methods, mark in routes(made.app)
        for method in sorted(methods - {"HEAD"})
        if mark not in {None, "public"}
    ]


def state(made: House) -> dict[str, list[Any]]:
    """Everything that the database holds."""
    with made.node.database.read() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table)).all()))
            for table in metadata().sorted_tables
            if table.name not in NOT_STATE
        }


class Callers:
    """Headers of tokens that must not open a route, by why."""

    def __init__(self, made: House) -> None:
        self.made = made
        self.token = made.token(OWN)
        self.other = made.token(OTHER)
        self.refused = {
            "nobody": {},
            "a made-up token": bearer(secrets.token_urlsafe(40)),
            "an expired token": bearer(self.issued(made.node.tokens, minutes=-20)),
            "a token of another node": bearer(self.issued(self.strangers())),
            "a token of a revoked client": self.revoked_client(),
        }

    def strangers(self) -> AccessTokens:
        return replace(self.made.node.tokens, keys=MemoryKeys())

    def issued(self, tokens: AccessTokens, *, minutes: int = 0) -> str:
        at = self.made.now + timedelta(minutes=minutes)
        return tokens.issue(
            self.made.credentials[OWN].client_id,
            organisation_id=OWN,
            scope=" ".join(SCOPES),
            at=at,
        )

    def new_client(self, scopes: set[str]) -> tuple[str, dict[str, str]]:
        with self.made.node.database.write() as session:
            made = identity.new_client(
                session, organisation_id=OWN, name="other", scopes=scopes, at=self.made.now
            )
        answer = self.made.http.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, auth=(made[0], made[1])
        )
        return made.client_id, bearer(answer.json()["access_token"])

    def revoked_client(self) -> dict[str, str]:
        client_id, token = self.new_client({"records:issue", "records:read"})
        with self.made.node.database.write() as session:
            identity.revoke_client(session, client_id, at=self.made.now)
        return token

    def without(self, scope: str) -> dict[str, str]:
        """A token of the own society with every scope but one."""
        return self.new_client(set(SCOPES) - {scope, "admin:node"})[1]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def made(tmp_path: Path, database_url: str) -> Iterator[House]:
    with house(tmp_path, database_url) as opened:
        yield opened


def refusals(made: House, guarded: list[Guarded]) -> Iterator[tuple[str, str, Response, set[int]]]:
    """Each refusal: who, which route, the answer, and what it may be."""
    callers = Callers(made)
    lacking = {scope: callers.without(scope) for scope in {one.mark for one in guarded}}
    yield "", "", Response(200), {200}  # everything is set up: from here on nothing may change
    for one in guarded:
        for who, headers in callers.refused.items():
            yield who, str(one), one.send(made.http, headers), {401}
        yield "a token without the scope", str(one), one.send(made.http, lacking[one.mark]), {403}
        if (one.method, one.path) not in OF_NO_SOCIETY:
            answer = one.send(made.http, callers.other)
            yield "another society", str(one), answer, {403, 404}


def test_every_guarded_route_refuses_whom_it_must_and_answers_whom_it_may(
    made: House, record_property: Any
) -> None:
    asked = guarded_routes(made)
    assert [route[:2] for route in asked if route[:2] not in ASKS] == []
    scene = Scene(made)
    guarded = [Guarded(*route, ASKS[route[:2]](scene)) for route in asked]

    wrong, count = [], 0
    turns = refusals(made, guarded)
    next(turns)
    before = state(made)
    for who, route, answer, allowed in turns:
        count += 1
        if answer.status_code not in allowed:
            wrong.append((who, route, answer.status_code, answer.text[:200]))
    assert wrong == []
    assert state(made) == before

    rightful = made.token(OWN)
    for one in guarded:
        answer = one.send(made.http, rightful)
        if answer.status_code >= 300 and answer.status_code not in one.ask.also:
            wrong.append(("the rightful caller", str(one), answer.status_code, answer.text[:300]))
    assert wrong == []
    record_property("refusals", count)
    print(f"\n{len(guarded)} guarded routes, {count} refusals")
