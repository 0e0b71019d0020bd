from datetime import datetime

import pytest

from app.platform.db import Database
from tests.simulator.node import Node


@pytest.fixture
def cse(database: Database, now: datetime) -> Node:
    """A node with one society."""
    made = Node(database, now)
    made.add_society("cse")
    return made
