"""A whole node with a society, an operator and somebody who owns both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.identity.model import Kind
from tests.simulator.members import House, house


@pytest.fixture
def made(tmp_path: Path, database_url: str) -> Iterator[House]:
    with house(tmp_path, database_url) as opened:
        opened.add("cse")
        opened.add("operator", Kind.OPERATOR)
        yield opened
