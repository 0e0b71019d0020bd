"""A whole node fetches a program's keys from where they are published, and from nowhere inside."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from app.identity.clients import service as clients
from app.identity.clients.rules import NewClient
from app.identity.model import AuthMethod, Client
from tests.simulator.feeds import FeedServer
from tests.simulator.members import House, house
from tests.simulator.programs import assertion, public_set

KEY, NEXT = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")


def publish(*keys: ECKey) -> bytes:
    named = [public_set(key, kid=key.thumbprint())["keys"][0] for key in keys]
    return json.dumps({"keys": named}).encode()


@pytest.fixture
def site() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def client(made: House, uri: str) -> Client:
    made.add("cse")
    new = NewClient(
        "cse", "LMS", frozenset({"records:read"}), method=AuthMethod.PRIVATE_KEY_JWT, jwks_uri=uri
    )
    with made.node.database.write() as session:
        return clients.add(session, new, at=made.now).client


def ask(made: House, one: Client, key: ECKey) -> int:
    proof = assertion(
        key, one.id, aud=made.node.settings.public_url, at=made.now,
        header={"kid": key.thumbprint()},
    )  # fmt: skip
    form = {"grant_type": "client_credentials", **proof}
    return made.http.post("/oauth/token", data=form).status_code


def test_a_program_changes_its_keys_without_asking_anybody(
    tmp_path: Path, database_url: str, site: FeedServer
) -> None:
    with house(tmp_path, database_url, fetch_allow="127.0.0.0/8") as made:
        one = client(made, site.url("/keys"))
        site.routes["/keys"] = publish(KEY)
        assert [ask(made, one, KEY) for _ in range(3)] == [200] * 3
        assert len(site.requests) == 1
        assert ask(made, one, NEXT) == 401
        site.routes["/keys"] = publish(NEXT)
        assert ask(made, one, NEXT) == 401  # asked a moment ago
        assert len(site.requests) == 1


def test_no_address_inside_is_asked_and_no_id_is_too_strange(
    tmp_path: Path, database_url: str, site: FeedServer
) -> None:
    with house(tmp_path, database_url) as made:
        one = client(made, site.url("/keys"))
        site.routes["/keys"] = publish(KEY)
        assert ask(made, one, KEY) == 401
        assert site.requests == []
        for client_id in ("a:b", "a\x00", "\u202e", "x" * 9000):  # whatever limits are kept in
            form = {"grant_type": "client_credentials", "client_id": client_id}
            assert made.http.post("/oauth/token", data=form).status_code == 401
