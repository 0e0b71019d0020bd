from collections.abc import Iterator

import pytest

from tests.simulator.members import House


@pytest.fixture
def made(lasting_node: House) -> Iterator[House]:
    """The shared node, where nobody has an address yet, no mail is out and nothing was counted."""
    with lasting_node.node.database.engine.begin() as connection:
        for table in ("mail_link", "person_email"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    lasting_node.node.limits.limiter.storage.reset()
    lasting_node.mailbox.sent.clear()
    at = lasting_node.now
    yield lasting_node
    lasting_node.now = at
