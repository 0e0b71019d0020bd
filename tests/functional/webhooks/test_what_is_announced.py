"""Every way in which something happens is heard by who follows the outbox."""

from datetime import datetime, timedelta

import pytest

from app.harvest import RUN_FINISHED
from app.harvest import service as harvest
from app.platform import outbox
from app.platform.db import Database
from app.records import (
    RECORD_ISSUED,
    RECORD_REINSTATED,
    RECORD_REVOKED,
    RECORD_SUPERSEDED,
    RECORD_SUSPENDED,
    service,
)
from connectors.contract import SourceUnavailable
from tests.simulator.harvests import courses
from tests.simulator.house import House
from tests.simulator.node import COMPLETION, Node

TOPICS = (
    RECORD_ISSUED,
    RECORD_SUSPENDED,
    RECORD_REINSTATED,
    RECORD_REVOKED,
    RECORD_SUPERSEDED,
    RUN_FINISHED,
)


@pytest.fixture(autouse=True)
def _a_follower(database: Database) -> None:
    with database.write() as session:
        for topic in TOPICS:
            outbox.follow(session, topic, f"heard:{topic}")


def heard(database: Database, now: datetime) -> list[tuple[str, str]]:
    """What was announced, in order."""
    with database.read() as session:
        entries = [
            (entry.id, topic, entry.key)
            for topic in TOPICS
            for entry in outbox.due(session, f"heard:{topic}", at=now, limit=100)
        ]
    return [(topic, key) for _, topic, key in sorted(entries)]


def test_a_record_from_its_issue_to_its_correction(database: Database, now: datetime) -> None:
    node = Node(database, now)
    node.add_society("cse")
    record_id = node.complete("cse", COMPLETION, key="one").json()["id"]
    for action, reason in (("suspend", "under_review"), ("reinstate", "cleared")):
        node.http.post(
            f"/api/v1/records/{record_id}/{action}",
            json={"reason": reason},
            headers=node.token("cse"),
        )
    corrected = {**COMPLETION, "contact_minutes": 90, "supersedes": record_id}
    new_id = node.complete("cse", corrected, key="two").json()["id"]
    node.http.post(
        "/api/v1/societies/cse/standing:batch",
        json={"action": "revoke", "reason": "error", "ids": [new_id, record_id]},
        headers=node.token("cse"),
    )
    assert heard(database, now) == [
        (RECORD_ISSUED, record_id),
        (RECORD_SUSPENDED, record_id),
        (RECORD_REINSTATED, record_id),
        (RECORD_ISSUED, new_id),
        (RECORD_SUPERSEDED, record_id),
        (RECORD_REVOKED, new_id),
    ]


def test_a_record_that_a_crash_left_is_announced_when_it_is_finished(
    database: Database, now: datetime
) -> None:
    node = Node(database, now)
    node.add_society("cse")
    node.complete("cse", COMPLETION, key="one")
    node.signer.break_at(1)
    node.complete("cse", {**COMPLETION, "course_run": "2026-12"}, key="two")
    assert len(heard(database, now)) == 1
    later = now + timedelta(hours=1)
    finished = service.recover(database, node.signer, at=later).finished
    assert heard(database, later)[1:] == [(RECORD_ISSUED, finished[0])]


def test_a_run_is_announced_when_it_ends_and_when_it_is_held(
    database: Database, now: datetime
) -> None:
    house = House(database)
    house.feed.items = courses(50)
    done = house.run()
    house.feed.items = courses(5)
    held = house.run()
    with database.write() as session:
        harvest.release(session, held.id, who="person:p", at=house.now())
    house.feed.trouble = {0: SourceUnavailable("gone")}
    failed = house.run()
    at = house.now()
    assert heard(database, at) == [
        (RUN_FINISHED, key) for key in (done.id, held.id, held.id, failed.id)
    ]
