from collections.abc import Iterator

import pytest

from tests.simulator.members import House
from tests.simulator.place import Place


@pytest.fixture
def place(lasting_node: House) -> Iterator[Place]:
    """Two organisations and people of this test's own."""
    at = lasting_node.now
    yield Place(lasting_node)
    lasting_node.now = at
