"""A node with two societies and an operator, and what they did."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.identity.audit import chain
from app.identity.model import Kind
from tests.simulator.members import House, house
from tests.simulator.node import COMPLETION


def issue(made: House, society_id: str, number: int) -> str:
    """A record of the society."""
    identifier = {"type": "ext:RegisterNumber", "value": f"REG-{number}"}
    answer = made.http.post(
        f"/api/v1/societies/{society_id}/completions",
        json={**COMPLETION, "holder": {"identifiers": [identifier]}},
        headers={**made.token(society_id), "Idempotency-Key": f"history-{number}"},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def seal(made: House) -> None:
    with made.node.database.write() as session:
        chain.seal(session)


@pytest.fixture
def made(tmp_path: Path, database_url: str) -> Iterator[House]:
    with house(tmp_path, database_url) as opened:
        opened.add("cse")
        opened.add("ebk")
        opened.add("operator", Kind.OPERATOR)
        yield opened
