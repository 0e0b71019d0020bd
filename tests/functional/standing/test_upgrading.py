"""A node of before keeps its lists: places stay taken, revocations stay said, all purposes come."""

from datetime import datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from app.platform.db import Database
from app.proof import status_list
from app.records import status
from app.records.standing import service as standing
from app.records.standing.model import Reason
from app.records.status import Purpose
from app.records.status import store as lists
from migrations import config, upgrade
from tests.simulator.node import Node
from tests.simulator.standing import stored

LIST = "/societies/cse/status/1"


@pytest.mark.slow
def test_lists_of_the_first_version_go_on(
    database_url: str, database: Database, now: datetime
) -> None:
    node = Node(database, now)
    node.add_society("cse")
    ids = stored(node, 3)
    standing.revoke(database, node.signer, ids[1], reason=Reason.ERROR, at=now)
    served = node.http.get(LIST).content
    with database.read() as session:
        before = lists.find(session, society_id="cse", number=1)
    database.close()
    command.downgrade(config(database_url), "0001")
    engine = create_engine(database_url)
    with engine.begin() as connection:
        # The first version counted what it gave away, and no more.
        connection.execute(text("UPDATE record_status_list SET allocated = 3"))
    engine.dispose()
    upgrade(database_url)
    with database.read() as session:
        after = lists.find(session, society_id="cse", number=1)
        kept = lists.published(session, society_id="cse", number=1)
        missing = status.differing(session)
    assert after == before
    assert set(kept) == {Purpose.REVOCATION}
    assert sum(byte.bit_count() for byte in kept[Purpose.REVOCATION].bits) == 1
    assert [url.rpartition("/")[2] for url in missing] == ["suspension", "refresh"]
    assert node.http.get(LIST).content == served
    assert status.publish_due(database, node.signer, at=now + timedelta(minutes=5)) == 1
    with database.read() as session:
        assert status.differing(session) == []
    subject = node.http.get(f"{LIST}/suspension").json()["credentialSubject"]
    assert not any(status_list.decode(subject["encodedList"]))
