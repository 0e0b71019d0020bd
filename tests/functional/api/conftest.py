"""A whole node as ``opencpd serve`` runs it, with one society and one client."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.catalogue.model import NewSociety
from app.identity import service as identity
from app.main import create_app
from app.platform import clock
from app.platform.settings import Settings
from app.records.enrolment import enrol
from app.search import indexer
from app.wiring import Node, open_node
from tests.simulator.node import COMPLETION, OWN_SCOPES

PUBLIC_URL = "https://cpd.example"


@dataclass
class Served:
    """A node, its application, and what a client needs to ask for a token."""

    node: Node
    app: FastAPI
    http: TestClient
    credentials: identity.Credentials

    def token(self) -> dict[str, str]:
        """The header of a token that may do everything."""
        form = {"grant_type": "client_credentials"}
        name, secret = self.credentials
        answer = self.http.post("/oauth/token", data=form, auth=(name, secret))
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def issue(self) -> str:
        """Report a completion that keeps every rule; gives the record's id."""
        headers = {**self.token(), "Idempotency-Key": "of-the-fixture"}
        answer = self.http.post(
            "/api/v1/societies/cse/completions", json=COMPLETION, headers=headers
        )
        return str(answer.json()["id"])


@contextmanager
def serving(database_url: str, folder: Path) -> Iterator[Served]:
    settings = Settings(
        data_dir=folder / "node",
        database_url=database_url,
        public_url=PUBLIC_URL,
        key_passphrase="a passphrase of the tests",
        _env_file=None,
    )
    node = open_node(settings)
    at = clock.now()
    indexer.reindex(node.database, node.index, at=at)
    with node.database.write() as session:
        enrol(
            session, NewSociety(names={"en": "A society"}, id="cse"),
            signer=node.signer, public_url=PUBLIC_URL, at=at,
        )  # fmt: skip
        credentials = identity.new_client(
            session, organisation_id="cse", name="LMS", scopes=OWN_SCOPES, at=at
        )
    app = create_app(node)
    http = TestClient(app, base_url=PUBLIC_URL, raise_server_exceptions=False)
    yield Served(node, app, http, credentials)
    node.close()


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[Served]:
    with serving(database_url, tmp_path) as made:
        yield made
