import pytest

from app.platform.db import Database
from tests.simulator.house import House


@pytest.fixture
def house(database: Database) -> House:
    return House(database)
