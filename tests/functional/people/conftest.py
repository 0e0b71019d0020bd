from collections.abc import Iterator
from datetime import datetime

import pytest

from app.platform.db import Database
from app.records.certificate.press import Press
from tests.simulator.node import Node
from tests.simulator.people import People


@pytest.fixture(scope="session")
def press() -> Iterator[Press]:
    made = Press()
    yield made
    made.close()


@pytest.fixture
def people(database: Database, now: datetime, press: Press) -> People:
    return People(Node(database, now), press)
