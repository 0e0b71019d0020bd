from datetime import datetime

import pytest

from app.platform.db import Database
from tests.simulator.node import Node


@pytest.fixture
def node(database: Database, now: datetime) -> Node:
    """A node with one society that issues."""
    made = Node(database, now)
    made.add_society("cse", name="Society of Civil Engineers")
    return made
