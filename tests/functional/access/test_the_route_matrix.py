"""Every guarded route of the API, asked by everybody who must be refused and by who may ask.

The refusals leave the database as it was, and their number is printed.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import Response

from app.identity.clients import service as clients
from app.identity.clients.rules import NEVER_LENT, NewClient
from app.identity.model import PERSONAL_SCOPES, ROLES, SCOPES, Role
from app.identity.oauth.tokens import AccessTokens
from tests.functional.access.asking import ASKS
from tests.functional.access.matrix import (
    REGISTRIES,
    Guarded,
    guarded_routes,
    is_of_a_page,
    prepared,
    state,
)
from tests.simulator.members import House, house
from tests.simulator.programs import MemoryKeys
from tests.simulator.scene import OPERATOR, OTHER, OWN, REGISTRY, Scene

pytestmark = [pytest.mark.slow, pytest.mark.once]
OF_NO_SOCIETY = {("POST", "/api/v1/verifications")}
"""What belongs to nobody: any organisation's client with the scope may ask it."""
OF_THE_SANDBOX = ("/courses", "/sandbox")
"""Parts of the paths that a client of the sandbox may ask."""
ALL = frozenset(SCOPES) - {"admin:node"}


class Callers:
    """Tokens of every kind, as headers."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.made = scene, scene.house
        self.other = self.made.token(OTHER)
        self.sandbox = self.of_client(NewClient(OWN, "sandbox", ALL, sandbox=True))
        self.refused: Mapping[str, Mapping[str, str]] = {
            "nobody": {},
            "a made-up token": bearer(secrets.token_urlsafe(40)),
            "an expired token": bearer(self.issued(self.made.node.tokens, minutes=-20)),
            "a token of another node": bearer(self.issued(self.strangers())),
            "a token that was revoked": self.revoked(),
            "a token of a revoked client": self.of_client(NewClient(OWN, "one", ALL), revoke=True),
        }
        self.demoted = self.of_who_was_demoted()
        personal = scene.token_of_person(scene.ada, frozenset(PERSONAL_SCOPES))
        self._registry = self.made.token(REGISTRY)
        self._rightful = {
            "": self.made.token(OWN),
            "admin:node": self.made.token(OPERATOR),
            **dict.fromkeys(PERSONAL_SCOPES, personal),
        }

    def rightful(self, one: Guarded) -> Mapping[str, str]:
        """The token that may ask the route."""
        if one.path.startswith(REGISTRIES):
            return self._registry
        return self._rightful.get(one.mark, self._rightful[""])

    def strangers(self) -> AccessTokens:
        return replace(self.made.node.tokens, keys=MemoryKeys())

    def issued(self, tokens: AccessTokens, *, minutes: int = 0) -> str:
        return tokens.issue(
            self.made.credentials[OWN].client_id,
            organisation_id=OWN,
            scope=" ".join(SCOPES),
            at=self.made.now + timedelta(minutes=minutes),
        )

    def of_client(self, new: NewClient, *, revoke: bool = False) -> dict[str, str]:
        """The token of a new client, which is then revoked or not."""
        with self.made.node.database.write() as session:
            client, secret = clients.add(session, new, at=self.made.now)
        answer = self.made.http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(client.id, str(secret)),
        )
        if revoke:
            with self.made.node.database.write() as session:
                clients.revoke(session, client, at=self.made.now)
        return bearer(answer.json()["access_token"])

    def without(self, scope: str) -> dict[str, str]:
        """A token of the own society with every scope but one."""
        return self.of_client(NewClient(OWN, "less", ALL - {scope}))

    def revoked(self) -> dict[str, str]:
        token = self.made.token(OWN)
        answer = self.made.http.post(
            "/oauth/revoke",
            data={"token": token["Authorization"].removeprefix("Bearer ")},
            auth=tuple(self.made.credentials[OWN]),  # type: ignore[arg-type] # two texts
        )
        assert answer.status_code == 200, answer.text
        return token

    def of_who_was_demoted(self) -> dict[str, str]:
        """A token that an owner allowed all that is lent, who then became a reader."""
        email = "demoted@example.org"
        browser = self.made.sign_in(email, cse=Role.OWNER)
        token = self.scene.token_of_person(browser, ALL - NEVER_LENT, organisation=OWN)
        self.made.sign_in(email, cse=Role.READER)
        return token


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def made(tmp_path: Path, database_url: str) -> Iterator[House]:
    with house(tmp_path, database_url) as opened:
        yield opened


def refusals(
    callers: Callers, lacking: Mapping[str, Mapping[str, str]], guarded: list[Guarded]
) -> Iterator[tuple[str, Guarded, Response, set[int]]]:
    """Each refusal: who, which route, the answer, and what it may be."""
    http = callers.made.http
    for one in guarded:
        for who, headers in callers.refused.items():
            yield who, one, one.send(http, headers), {401}
        yield "a token without the scope", one, one.send(http, lacking[one.mark]), {403}
        if not any(part in one.path for part in OF_THE_SANDBOX):
            yield "the sandbox", one, one.send(http, callers.sandbox), {403}
        if one.mark not in ROLES[Role.READER]:
            yield "a person with too small a role", one, one.send(http, callers.demoted), {403}
        if (one.method, one.path) not in OF_NO_SOCIETY:
            yield "another society", one, one.send(http, callers.other), {403, 404}


def test_every_guarded_route_refuses_whom_it_must_and_answers_whom_it_may(made: House) -> None:
    asked = [route for route in guarded_routes(made) if not is_of_a_page(route[2])]
    scene = Scene(made)
    guarded = prepared(scene, asked, ASKS)
    callers = Callers(scene)
    lacking = {scope: callers.without(scope) for scope in {one.mark for one in guarded}}
    before, wrong, count = state(made), [], 0
    for who, one, answer, allowed in refusals(callers, lacking, guarded):
        count += 1
        if answer.status_code not in allowed:
            wrong.append((who, str(one), answer.status_code, answer.text[:200]))
    assert wrong == []
    assert state(made) == before

    for one in guarded:
        answer = one.send(made.http, callers.rightful(one))
        if answer.status_code >= 300 and answer.status_code not in one.ask.also:
            wrong.append(("who may ask", str(one), answer.status_code, answer.text[:300]))
    assert wrong == []
    print(f"\n{len(guarded)} guarded routes, {count} refusals")
