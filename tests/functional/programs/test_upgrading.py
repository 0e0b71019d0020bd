"""A program that was made before programs had methods goes on as it was."""

from datetime import datetime

import pytest
from alembic import command

from app.identity.clients import service as clients
from app.identity.model import AuthMethod, ClientKind
from app.platform.db import Database
from migrations import config, upgrade
from tests.simulator.node import Node


@pytest.mark.slow
def test_a_program_of_before_still_gets_its_tokens(
    database_url: str, database: Database, now: datetime
) -> None:
    node = Node(database, now)
    node.add_society("cse")
    client_id = node._credentials["cse"].client_id
    database.close()
    command.downgrade(config(database_url), "0007")
    upgrade(database_url)
    with database.read() as session:
        found = clients.find(session, client_id)
    assert (found.kind, found.method) == (ClientKind.SERVICE, AuthMethod.SECRET_BASIC)
    assert (found.redirect_uris, found.jwks, found.sandbox) == ((), None, False)
    assert (
        node.http.get("/api/v1/societies/cse/records", headers=node.token("cse")).status_code == 200
    )
