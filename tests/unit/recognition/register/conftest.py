"""One database for all tests of a module; each makes a registry of its own in it."""

from collections.abc import Iterator
from itertools import count

import pytest
from sqlalchemy.orm import Session

from app.platform.db import Database
from tests.conftest import NOW, own_database
from tests.simulator.registries import add_registry

_numbers = count(1)


@pytest.fixture(scope="module")
def module_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with own_database(request, tmp_path_factory.mktemp("register")) as url:
        opened = Database.open(url)
        yield opened
        opened.close()


@pytest.fixture
def session(module_database: Database) -> Iterator[Session]:
    with module_database.write() as opened:
        yield opened


@pytest.fixture
def pec(session: Session) -> str:
    """A registry."""
    registry_id = f"pec-{next(_numbers)}"
    add_registry(session, registry_id, at=NOW)
    return registry_id


@pytest.fixture
def ebk(session: Session) -> str:
    """Another one."""
    registry_id = f"ebk-{next(_numbers)}"
    add_registry(session, registry_id, at=NOW)
    return registry_id
