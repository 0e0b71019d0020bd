"""Runs that stopped: resumed, taken over, refused, cancelled."""

import pytest
from sqlalchemy import select

from app.harvest import Counters, Failure, Mode, Run, RunState, service
from app.harvest.runs.begin import SILENCE
from app.harvest.tables import RunRow
from app.platform.lease import THIS_PROCESS, Process
from connectors.contract import (
    CursorExpired,
    Deletions,
    SourceMisconfigured,
    SourceUnavailable,
)
from tests.simulator.harvests import course, courses
from tests.simulator.house import House

pytestmark = pytest.mark.slow


def test_a_run_that_could_not_go_on_continues_from_its_cursor(house: House) -> None:
    house.feed.items = courses(45)
    house.feed.trouble = {2: SourceUnavailable("503")}
    failed = house.run()
    assert (failed.state, failed.failure) == (RunState.FAILED, Failure.UNAVAILABLE)
    assert failed.counters == Counters(seen=20, new=20, pages=2)
    house.feed.trouble = {}
    run = house.run()
    assert (run.id, run.state) == (failed.id, RunState.DONE)
    assert run.counters == Counters(seen=45, new=45, pages=5)
    assert house.feed.asked == [None, "2"]


def test_a_snapshot_resumed_in_the_middle_still_knows_what_it_saw(house: House) -> None:
    house.feed.items = courses(40)
    house.run()
    house.feed.items = courses(38)
    house.feed.trouble = {1: SourceUnavailable("cut")}
    assert house.run().state is RunState.FAILED
    assert len(house.titles()) == 40
    house.feed.trouble = {}
    run = house.run()
    assert (run.state, run.counters.withdrawn) == (RunState.DONE, 2)


@pytest.mark.parametrize(
    ("error", "failure"),
    [(SourceMisconfigured("404"), Failure.MISCONFIGURED), (KeyError("shape"), Failure.FAULT)],
)
def test_trouble_is_classed_and_keeps_the_cursor(
    house: House, error: Exception, failure: Failure
) -> None:
    house.feed.items = courses(20)
    house.feed.trouble = {1: error}
    run = house.run()
    assert (run.state, run.failure, run.counters.seen) == (RunState.FAILED, failure, 10)
    assert str(error) in str(run.message)
    house.feed.trouble = {}
    assert house.run().counters == Counters(seen=20, new=20, pages=2)


def test_an_expired_cursor_costs_one_new_start_in_the_same_run(house: House) -> None:
    house.feed.items = courses(30)
    house.feed.trouble = {2: CursorExpired("token unknown")}

    def mended(number: int) -> None:
        if number == 0 and len(house.feed.asked) == 2:
            house.feed.trouble = {}
            house.feed.items = [course(1, title="Changed meanwhile"), *courses(30)[1:]]

    house.feed.before_page = mended
    run = house.run()
    assert (run.state, run.counters) == (RunState.DONE, Counters(seen=30, new=30, pages=5))
    assert "Changed meanwhile" in house.titles()
    assert house.codes() == ["W-CURSOR-EXPIRED"]


def test_a_cursor_that_expires_twice_fails_the_run_and_the_next_begins_anew(house: House) -> None:
    house.feed.items = courses(30)
    house.feed.trouble = {1: CursorExpired("token unknown")}
    assert house.run().failure is Failure.CURSOR_EXPIRED
    house.feed.trouble = {}
    assert house.run().state is RunState.DONE
    assert house.feed.asked == [None, None, None]


def test_the_next_harvest_of_an_incremental_source_asks_for_changes_only(house: House) -> None:
    house.feed.deletions, house.feed.last_cursor = Deletions.TOMBSTONES, "since yesterday"
    house.feed.items = courses(3)
    house.run()
    house.run()
    house.run(mode=Mode.FULL)
    assert house.feed.asked == [None, "since yesterday", None]


def test_a_snapshot_always_begins_at_the_beginning(house: House) -> None:
    house.feed.last_cursor = "end"
    house.feed.items = courses(3)
    house.run()
    house.run()
    assert house.feed.asked == [None, None]


def test_a_run_killed_between_its_last_page_and_its_end_is_only_ended(house: House) -> None:
    house.feed.items = courses(20)
    house.run()
    house.feed.items = courses(18)
    stopped = False

    def stop(run: Run) -> None:
        nonlocal stopped
        if run.complete:
            stopped = True
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.run(on_page=stop, process=Process("elsewhere", 1, "first"))
    assert stopped
    house.at += SILENCE
    run = house.run()
    assert (run.state, run.counters.withdrawn) == (RunState.DONE, 2)
    assert house.feed.asked == [None, None]


def test_two_runs_of_one_source_at_once_are_refused(house: House) -> None:
    house.feed.items = courses(20)
    refused: list[str] = []

    def second(number: int) -> None:
        if number == 1 and not refused:
            for other in (THIS_PROCESS, Process("elsewhere", 1, "x")):
                with pytest.raises(service.AlreadyRunning) as caught:
                    house.run(process=other)
                refused.append(str(caught.value))

    house.feed.before_page = second
    assert house.run().state is RunState.DONE
    assert len(refused) == 2
    assert str(THIS_PROCESS.pid) in refused[0]


@pytest.mark.parametrize("how", ["silent", "dead", "same number"])
def test_the_run_of_a_dead_process_is_taken_over(house: House, how: str) -> None:
    here = THIS_PROCESS.host
    holder = {
        "silent": Process("elsewhere", 1, "old"),
        "dead": Process(here, 2**22 + 1, "old"),  # above the largest number Linux gives out
        "same number": Process(here, THIS_PROCESS.pid, "old"),
    }[how]
    house.feed.items = courses(30)

    def stop(run: Run) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.run(on_page=stop, process=holder)
    if how == "silent":
        with pytest.raises(service.AlreadyRunning):
            house.run()
        house.at += SILENCE
    run = house.run()
    assert run.counters == Counters(seen=30, new=30, pages=3)
    assert house.feed.asked == [None, "1"]


def test_a_run_that_lost_its_lease_stops_without_writing(house: House) -> None:
    house.feed.items = courses(30)

    def taken(number: int) -> None:
        if number == 1:
            with house.database.write() as session:
                row = session.scalars(select(RunRow)).one()
                row.lease = "another"

    house.feed.before_page = taken
    with pytest.raises(service.RunLost):
        house.run()
    assert len(house.titles()) == 10


def test_a_running_run_can_be_cancelled(house: House) -> None:
    house.feed.items = courses(30)

    def cancel(run: Run) -> None:
        with house.database.write() as session:
            service.cancel(session, run.id, who="person:p", at=house.now())

    with pytest.raises(service.RunLost):
        house.run(on_page=cancel)
    (run,) = house.read(lambda session: service.list_runs(session, "s"))
    assert (run.state, run.counters.seen) == (RunState.CANCELLED, 10)


def test_a_cursor_beyond_the_contract_is_a_fault(house: House) -> None:
    house.feed.items, house.feed.last_cursor = courses(1), "x" * 5000
    assert house.run().failure is Failure.FAULT
