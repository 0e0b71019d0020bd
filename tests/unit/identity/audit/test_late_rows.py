"""Rows that are committed in another order than they were numbered; PostgreSQL has such."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from app.identity import audit
from app.identity.audit import chain
from app.platform.db import Database

pytestmark = pytest.mark.stack


def seal(database: Database) -> int:
    with database.write() as session:
        return chain.seal(session)


def test_a_row_committed_late_gets_a_later_place(database: Database, now: datetime) -> None:
    with database.write() as slow:
        audit.record(slow, who="client:1", action="thing.do", subject="thing:slow", at=now)
        slow.flush()
        with database.write() as quick:
            audit.record(quick, who="client:1", action="thing.do", subject="thing:quick", at=now)
        assert seal(database) == 1
    assert seal(database) == 1
    with database.read() as session:
        found = chain.verify(session)
    assert (found.rows, found.fault) == (2, None)


def test_many_who_seal_at_once_make_one_chain(database: Database, now: datetime) -> None:
    with database.write() as session:
        for number in range(100):
            audit.record(
                session, who="client:1", action="thing.do", subject=f"thing:{number}", at=now
            )

    def some(_number: int) -> int:
        with database.write() as session:
            return chain.seal(session, limit=10)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(some, range(16))) == 100
    with database.read() as session:
        found = chain.verify(session)
    assert (found.rows, found.waiting, found.fault) == (100, 0, None)
