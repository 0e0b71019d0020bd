"""Publishing without HTTP: the quota, and what a batch does when the database is in its way."""

import io
import json
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.catalogue.model import NewSociety
from app.identity.audit.tables import AuditRow
from app.platform.db import Database
from app.publishing import batch as batches
from app.publishing import items, service
from app.publishing.batch import CHUNK, Batch
from app.publishing.model import Outcome, Place
from app.publishing.rules import CourseRejected, QuotaReached
from app.publishing.service import Allowance, Push
from tests.conftest import NOW

CSE = Place("cse")


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as session:
        catalogue.add_society(session, NewSociety({"en": "CSE"}, id="cse"), at=NOW)
    return database


def document(number: int, **more: Any) -> dict[str, Any]:
    return {"title": {"en": f"Bridges, part {number}"}, **more}


def push(most: int = 2, place: Place = CSE) -> Push:
    return Push(place, "client:test", NOW, Allowance(most))


def batch(database: Database, count: int, *, quota: int = 10_000, **more: Any) -> Batch:
    lines = (
        json.dumps({"remote_id": f"C-{n}", "course": document(n, **more)}) for n in range(count)
    )
    body = io.BytesIO("\n".join(lines).encode())
    found = items.split(body, array=False, spare=io.BytesIO())
    return Batch(database, CSE, "client:test", lambda: NOW, quota, found, "batch-1")


def outcomes(one: Batch) -> list[Outcome]:
    return [result.outcome for start in one.chunks() for result in one.work(start)]


@pytest.mark.parametrize("place", [CSE, Place("cse", sandbox=True)])
def test_the_quota_counts_live_courses_alone(filled: Database, place: Place) -> None:
    with filled.write() as session:
        for number in (1, 2):
            service.put(session, push(place=place), str(number), document(number))
        with pytest.raises(QuotaReached) as caught:
            service.put(session, push(place=place), "3", document(3))
        assert (caught.value.status, caught.value.code) == (403, "course-quota-reached")
        assert "2 live pushed courses" in caught.value.detail
        assert "OPENCPD_PUBLISHED_COURSES" in caught.value.detail
        changed = service.put(session, push(place=place), "1", document(1, level="x"))
        assert changed.outcome is Outcome.CHANGED
        service.withdraw(session, push(place=place), "1")
        service.put(session, push(place=place), "3", document(3))
        with pytest.raises(QuotaReached):
            service.put(session, push(place=place), "1", document(1))


def test_a_batch_fills_the_quota_and_tells_the_rest(filled: Database) -> None:
    told = outcomes(batch(filled, CHUNK + 30, quota=CHUNK + 10))
    assert told == [Outcome.NEW] * (CHUNK + 10) + [Outcome.REJECTED] * 20


def test_a_rejected_course_takes_nothing_of_the_quota(filled: Database) -> None:
    allowance = Allowance(1)
    with filled.write() as session:
        with pytest.raises(CourseRejected):
            service.put(session, Push(CSE, "client:test", NOW, allowance), "1", {})
        done = service.put(session, Push(CSE, "client:test", NOW, allowance), "1", document(1))
    assert done.outcome is Outcome.NEW


class Troubled(Batch):
    """A batch that meets trouble in the database, item by item or chunk by chunk."""

    trouble: dict[str, Exception] = {}  # noqa: RUF012 - set anew by each test

    def _change(self, session: Session, push: Push, item: Any, standing: Any) -> Any:
        done = super()._change(session, push, item, standing)
        if item.remote_id in self.trouble:
            raise self.trouble[item.remote_id]
        return done


def troubled(database: Database, count: int, trouble: dict[str, Exception]) -> Batch:
    plain = batch(database, count)
    made = Troubled(database, CSE, plain.who, plain.now, plain.quota, plain.items, plain.batch_id)
    made.trouble = trouble
    return made


def test_a_value_that_no_database_takes_costs_its_own_item_alone(filled: Database) -> None:
    trouble: dict[str, Exception] = {"C-3": DataError("", {}, ValueError())}
    told = outcomes(troubled(filled, 6, trouble))
    assert told == [Outcome.NEW] * 3 + [Outcome.REJECTED] + [Outcome.NEW] * 2
    with filled.read() as session:
        assert catalogue.count_courses(session) == 5


def test_a_database_that_is_gone_fails_the_rest_and_keeps_what_was_done(
    filled: Database,
) -> None:
    trouble: dict[str, Exception] = {f"C-{CHUNK + 5}": OperationalError("", {}, OSError("gone"))}
    one = troubled(filled, 2 * CHUNK + 5, trouble)
    told = outcomes(one)
    assert told == [Outcome.NEW] * CHUNK + [Outcome.FAILED] * (CHUNK + 5)
    assert one.failure is not None
    with filled.read() as session:
        assert catalogue.count_courses(session) == CHUNK
        (noted,) = session.scalars(select(AuditRow).where(AuditRow.action == "courses.publish"))
    assert noted.after == {"batch": "batch-1", "items": [0, CHUNK - 1], "counts": {"new": CHUNK}}


class Deadlock(Exception):
    sqlstate = "40P01"


def test_a_chunk_that_stood_in_anothers_way_is_done_again(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches.time, "sleep", lambda _seconds: None)
    trouble: dict[str, Exception] = {"C-1": OperationalError("", {}, Deadlock())}
    one = troubled(filled, 3, trouble)

    def relent(reads: Any) -> Any:
        try:
            return Batch._together(one, reads)
        finally:
            trouble.clear()

    monkeypatch.setattr(one, "_together", relent)
    assert outcomes(one) == [Outcome.NEW] * 3
