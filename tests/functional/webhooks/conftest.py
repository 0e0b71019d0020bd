import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from app.platform.db import Database
from tests.conftest import STACK, administer, skip_or_fail
from tests.simulator.members import House, house
from tests.simulator.receiver import Receiver
from tests.simulator.webhooks import Hooks


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


@pytest.fixture
def hooks(database: Database, now: datetime) -> Iterator[Hooks]:
    made = Hooks(database, now)
    made.add_organisation("cse")
    yield made
    made.close()


@pytest.fixture(scope="session")
def webhooks_database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """One for all tests of a process that need a whole node: making one takes long."""
    if STACK == "small":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path_factory.mktemp("webhooks") / "opencpd.sqlite3"
        path.write_bytes(template.read_bytes())
        yield f"sqlite:///{path}"
        return
    server: str | None = request.getfixturevalue("postgres_template")
    if server is None:
        skip_or_fail("no PostgreSQL: install Debian's postgresql or set OPENCPD_TEST_PG")
    name = f"webhooks_{os.getpid()}"
    administer(str(server), f"CREATE DATABASE {name} TEMPLATE opencpd_template")
    yield f"{server}/{name}"
    administer(str(server), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def webhooks_house(
    webhooks_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("node")
    with house(folder, webhooks_database_url, fetch_allow="127.0.0.0/8") as made:
        yield made
