"""Two workers on one database: killed, stopped, woken up."""

import os
import signal
from datetime import datetime

import pytest
from sqlalchemy.exc import InternalError

from app.harvest import Mode, RunState, service
from app.harvest.runs import begin, store
from app.platform import clock
from app.platform.db import Database
from app.platform.lease import Process
from tests.conftest import STACK
from tests.functional.harvest.killing import (
    empty,
    holder,
    killed,
    record,
    rows,
    undisturbed,
    working,
)
from tests.simulator.feeds import FeedServer, OaiRepository
from tests.simulator.harvests import courses, no_network, registry
from tests.simulator.house import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
RECORDS = 1_500
"""The bench ``tests.bench.harvest.kills`` does it with 20,000 and twenty kills."""


@pytest.mark.skipif(STACK == "small", reason="several processes share PostgreSQL alone")
def test_a_run_whose_workers_are_killed_ends_as_an_undisturbed_one(database_url: str) -> None:
    repository = OaiRepository([record(number) for number in range(1, RECORDS + 1)], page_size=25)
    with FeedServer({"/oai": repository}) as feeds:
        calm = undisturbed(database_url, feeds.url("/oai"))
        wild = killed(
            database_url, feeds.url("/oai"), times=6, over=0.6 * calm.seconds, seed=RECORDS
        )
    assert len(wild.kills) >= 3
    assert len(calm.rows["raw_item"]) == RECORDS
    for name, expected in calm.rows.items():
        assert wild.rows[name] == expected, name


@pytest.mark.skipif(STACK == "small", reason="several processes share PostgreSQL alone")
def test_a_worker_that_stood_still_and_wakes_up_writes_nothing(database_url: str) -> None:
    repository = OaiRepository([record(number) for number in range(1, RECORDS + 1)], page_size=25)
    with FeedServer({"/oai": repository}) as feeds:
        calm = undisturbed(database_url, feeds.url("/oai"))
        database = Database.open(database_url)
        empty(database, feeds.url("/oai"))
        with database.write() as session:
            run = service.enqueue(
                session, "s", mode=Mode.HARVEST, asked_by=service.SCHEDULE, at=clock.now()
            )
        with working(database_url, "impatient"):
            first = holder(database, run.id, pages=5)
            assert first is not None
            os.kill(first[0], signal.SIGSTOP)
            try:
                second = holder(database, run.id, other_than=first[1])
                assert second is not None
                assert second[0] != first[0]
                while holder(database, run.id) is not None:
                    holder(database, run.id, other_than=second[1])
            finally:
                os.kill(first[0], signal.SIGCONT)
        disturbed = rows(database)
        database.close()
    for name, expected in calm.rows.items():
        assert disturbed[name] == expected, name


@pytest.mark.skipif(STACK == "small", reason="a database with one writer lets nobody in between")
def test_a_page_that_is_being_stored_when_its_run_is_taken_leaves_nothing(house: House) -> None:
    house.feed.items = courses(30)
    armed: list[int] = []

    def now() -> datetime:
        if armed:  # asked for the first time within the second page's transaction
            armed.clear()
            with house.database.write() as session:
                begin.begin(
                    session, "s", mode=Mode.HARVEST, process=Process("elsewhere", 1, "x"),
                    at=house.at + begin.SILENCE * 2,
                )  # fmt: skip
        moment: datetime = house.now()
        return moment

    house.feed.before_page = lambda number: armed.append(number) if number == 1 else None
    with pytest.raises(service.RunLost):
        service.run_source(
            house.database, "s", registry=registry(house.feed), make_fetch=no_network, now=now
        )
    (run,) = house.read(lambda session: service.list_runs(session, "s"))
    assert (run.state, run.counters.seen) == (RunState.RUNNING, 10)
    assert len(house.titles()) == 10


@pytest.mark.skipif(STACK == "small", reason="a database with one writer has no queue to lock")
def test_a_process_that_stands_still_with_the_queue_in_hand_loses_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "STAND_STILL_SECONDS", 1)

    def stand_still() -> None:
        with house.database.write() as session:
            store.lock_queue(session)
            with house.database.write() as other:
                store.lock_queue(other)  # waits until the server has ended the first
            store.lock_queue(session)

    with pytest.raises(InternalError):
        stand_still()
