"""One node for all tests of a module; each makes a registry of its own on it."""

from collections.abc import Iterator

import pytest

from app.platform.db import Database
from tests.conftest import own_database
from tests.simulator.ledgers import Ledgers, Registry


@pytest.fixture(scope="module")
def ledgers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledgers]:
    with own_database(request, tmp_path_factory.mktemp("ledger")) as url:
        database = Database.open(url)
        yield Ledgers(database)
        database.close()


@pytest.fixture
def registry(ledgers: Ledgers) -> Registry:
    """A registry that counts an hour of a course as one, up to ten a year."""
    made = ledgers.registry()
    made.adopt()
    return made
