"""One node for many tests of a process: making one takes longer than most tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.identity.model import Kind
from tests.conftest import STACK, administer, skip_or_fail
from tests.simulator.members import House, house


@pytest.fixture(scope="session")
def lasting_database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if STACK == "small":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path_factory.mktemp("lasting") / "opencpd.sqlite3"
        path.write_bytes(template.read_bytes())
        yield f"sqlite:///{path}"
        return
    server: str | None = request.getfixturevalue("postgres_template")
    if server is None:
        skip_or_fail("no PostgreSQL: install Debian's postgresql or set OPENCPD_TEST_PG")
    name = f"lasting_{os.getpid()}"
    administer(str(server), f"CREATE DATABASE {name} TEMPLATE opencpd_template")
    yield f"{server}/{name}"
    administer(str(server), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def lasting_node(
    lasting_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("node"), lasting_database_url) as made:
        made.add("operator", Kind.OPERATOR)
        made.add("cse")
        yield made
