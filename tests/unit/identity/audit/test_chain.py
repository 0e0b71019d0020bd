"""The chain over the audit trail says what was done to it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.audit import chain
from app.identity.audit.chain import FIRST, Link
from app.platform.db import Database

_SLIPPED_IN = (
    "INSERT INTO audit (id, at, who, action, subject)"
    " VALUES (99, '2020-01-01 00:00:00', 'client:9', 'thing.do', 'thing:9')"
)


def note(database: Database, now: datetime, *subjects: str, **more: Any) -> None:
    with database.write() as session:
        for subject in subjects:
            audit.record(
                session, who="client:1", action="thing.do", subject=subject, at=now,
                after={"value": 1.5, "text": "桥"}, **more,
            )  # fmt: skip


def seal(database: Database, **options: int) -> int:
    with database.write() as session:
        return chain.seal(session, **options)


def verify(database: Database, noted: Link | None = None) -> chain.Verified:
    with database.read() as session:
        return chain.verify(session, noted=noted)


def tamper(database: Database, *statements: str) -> None:
    """As somebody does who owns the database: takes the triggers off first."""
    with database.write() as session:
        if database.is_sqlite:
            triggers = session.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).all()
            for name in triggers:
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("audit", "audit_seal"):
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            session.execute(text(statement))


@pytest.fixture
def sealed(database: Database, now: datetime) -> Database:
    note(database, now, *(f"thing:{number}" for number in range(1, 8)))
    assert seal(database, limit=3) == 3
    assert seal(database) == 4
    assert seal(database) == 0
    return database


def test_a_sealed_trail_holds(sealed: Database) -> None:
    found = verify(sealed)
    assert (found.rows, found.waiting, found.fault) == (7, 0, None)
    assert found.head is not None
    assert found.head.position == 7
    assert verify(sealed, found.head) == found
    assert verify(sealed, Link(7, FIRST)).fault is not None


def test_the_first_hash_follows_from_the_row_alone(sealed: Database) -> None:
    with sealed.read() as session:
        row = session.execute(text("SELECT hash FROM audit_seal WHERE position = 1")).one()
    said = {
        "id": 1, "at": "2026-11-23T12:00:00.000000Z", "who": "client:1", "action": "thing.do",
        "subject": "thing:1", "organisation_id": None, "before": None,
        "after": {"value": 1.5, "text": "桥"},
    }  # fmt: skip
    assert row.hash == chain.link_hash(FIRST, said)


def test_a_row_noted_since_waits_for_its_seal(sealed: Database, now: datetime) -> None:
    note(sealed, now, "thing:8")
    found = verify(sealed)
    assert (found.rows, found.waiting, found.fault) == (7, 1, None)


@pytest.mark.parametrize(
    ("statement", "code", "row"),
    [
        ("UPDATE audit SET who = 'client:2' WHERE id = 4", "changed", 4),
        ("UPDATE audit SET organisation_id = 'cse' WHERE id = 4", "changed", 4),
        ("UPDATE audit SET at = '2020-01-01 00:00:00' WHERE id = 1", "changed", 1),
        ("UPDATE audit SET after = NULL WHERE id = 7", "changed", 7),
        ("UPDATE audit_seal SET hash = 'no hash' WHERE position = 5", "changed", 5),
        ("DELETE FROM audit WHERE id = 4", "removed", 4),
        ("DELETE FROM audit_seal WHERE position = 1", "removed", None),
        ("DELETE FROM audit_seal WHERE position = 7", "inserted", 7),
        (_SLIPPED_IN, "inserted", 99),
    ],
)
def test_the_first_row_that_is_wrong_is_named(
    sealed: Database, statement: str, code: str, row: int | None
) -> None:
    tamper(sealed, statement)
    fault = verify(sealed).fault
    assert fault is not None
    assert (fault.code, fault.audit_id) == (code, row)


def test_a_row_removed_before_it_was_sealed_is_missed(sealed: Database, now: datetime) -> None:
    note(sealed, now, "thing:8")
    tamper(sealed, "DELETE FROM audit WHERE id = 8")
    assert seal(sealed) == 0
    fault = verify(sealed).fault
    assert fault is not None
    assert (fault.code, fault.audit_id) == ("removed", 8)


def test_a_chain_computed_anew_ends_at_another_head(sealed: Database) -> None:
    noted = verify(sealed).head
    assert noted is not None
    tamper(
        sealed,
        "UPDATE audit SET who = 'client:2' WHERE id = 4",
        "DELETE FROM audit_seal",
        "INSERT INTO audit_waiting (audit_id) SELECT id FROM audit",
    )
    seal(sealed)
    assert verify(sealed).fault is None
    fault = verify(sealed, noted).fault
    assert fault is not None
    assert (fault.code, fault.position) == ("head", 7)


def test_the_end_of_a_chain_cannot_be_cut_off_unnoticed(sealed: Database) -> None:
    noted = verify(sealed).head
    tamper(sealed, "DELETE FROM audit WHERE id > 5", "DELETE FROM audit_seal WHERE position > 5")
    assert verify(sealed).fault is None
    fault = verify(sealed, noted).fault
    assert fault is not None
    assert (fault.code, fault.position) == ("head", 5)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'client:2' WHERE id = 4",
        "DELETE FROM audit WHERE id = 4",
        "UPDATE audit_seal SET hash = 'x' WHERE position = 4",
        "DELETE FROM audit_seal",
    ],
)
def test_the_database_itself_refuses_to_change_the_trail(sealed: Database, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), sealed.write() as session:
        session.execute(text(statement))
    assert verify(sealed).fault is None


@pytest.mark.parametrize("value", [2**53, -(2**60), 1e300, 10**400, 0.1, -0.0, True, None, [1, {}]])
def test_whatever_was_noted_can_be_sealed(database: Database, now: datetime, value: Any) -> None:
    with database.write() as session:
        audit.record(
            session, who="client:1", action="a.b", subject="thing:1", at=now, after={"v": value}
        )
    assert seal(database) == 1
    assert verify(database).fault is None


def test_whose_affair_a_change_is_follows_from_its_subject(
    database: Database, now: datetime
) -> None:
    note(database, now, "organisation:cse", "thing:1")
    note(database, now, "thing:2", organisation_id="indus")
    with database.write() as session:
        found = audit.trail(session, "organisation:cse")[0]
        audit.record_many(session, [found, replace(found, subject="thing:3")])

    def whose(session: Session) -> list[tuple[str, str | None]]:
        rows = session.execute(text("SELECT subject, organisation_id FROM audit ORDER BY id"))
        return [(row.subject, row.organisation_id) for row in rows]

    with database.read() as session:
        assert whose(session) == [
            ("organisation:cse", "cse"),
            ("thing:1", None),
            ("thing:2", "indus"),
            ("organisation:cse", "cse"),
            ("thing:3", "cse"),
        ]
