from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED, NewSociety
from app.catalogue import service as catalogue
from app.harvest import Counters, Failure, Mode, NewSource, Run, RunState, service
from app.harvest.lease import SILENCE, THIS_PROCESS, Process
from app.harvest.tables import RawItemRow, RunRow
from app.platform.db import Base, Database
from app.platform.outbox import backlog
from app.platform.problems import Conflict, Invalid, NotFound, Unavailable
from connectors.contract import (
    CursorExpired,
    Deletions,
    Rejected,
    SourceMisconfigured,
    SourceUnavailable,
    Tombstone,
    Upsert,
)
from tests.conftest import NOW
from tests.simulator.harvests import Feed, course, courses, no_network, registry


class House:
    """One node with one source, and a clock that moves a minute at every look."""

    def __init__(self, database: Database) -> None:
        self.database, self.feed, self.at = database, Feed(), NOW
        with database.write() as session:
            catalogue.add_society(session, NewSociety({"en": "CSE"}, id="cse"), at=NOW)
            service.add_source(
                session,
                NewSource("cse", "memory", {}, id="s"),
                registry=registry(self.feed),
                at=NOW,
            )

    def now(self) -> Any:
        self.at += timedelta(minutes=1)
        return self.at

    def run(self, **options: Any) -> Run:
        run = service.run_source(
            self.database, "s", registry=registry(self.feed), make_fetch=no_network, now=self.now,
            **options,
        )  # fmt: skip
        c = run.counters
        assert c.seen == c.new + c.changed + c.unchanged + c.rejected + c.tombstone
        return run

    def read(self, what: Any) -> Any:
        with self.database.read() as session:
            return what(session)

    def titles(self) -> set[str]:
        def read(session: Session) -> set[str]:
            ids = catalogue.iter_course_ids(session)
            return {one.data.title["en"] for one in catalogue.get_courses(session, ids)}

        found: set[str] = self.read(read)
        return found

    def told(self) -> int:
        return int(self.read(lambda session: backlog(session, COURSE_CHANGED)).waiting)

    def codes(self) -> list[str]:
        return [one.code for one in self.read(lambda session: service.list_issues(session, "s"))]


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_a_run_takes_every_item_and_counts_it_once(house: House) -> None:
    house.feed.items = courses(25)
    run = house.run()
    assert (run.state, run.failure, run.complete) == (RunState.DONE, None, True)
    assert run.counters == Counters(seen=25, new=25, pages=3)
    assert len(house.titles()) == house.told() == 25


def test_the_same_feed_again_changes_nothing(house: House) -> None:
    house.feed.items = [
        *courses(25),
        Rejected("r", {"a": 1}, "E-ROW", "row 7 is cut"),
        course(9, x=1),
    ]
    house.run()

    def state(session: Session) -> dict[str, list[Any]]:
        left_out = {"run": None, "source": None}
        marks = {"seen_run_id", "outcome"}  # of the last run that saw the item
        return {
            table.name: sorted(
                map(tuple, session.execute(select(*[c for c in table.c if c.name not in marks]))),
                key=repr,
            )
            for table in Base.metadata.sorted_tables
            if table.name not in left_out
        }

    before = house.read(state)
    run = house.run()
    assert run.counters == Counters(seen=26, unchanged=25, rejected=1, repeated=1, pages=3)
    assert house.read(state) == before


def test_a_changed_item_changes_one_course(house: House) -> None:
    house.feed.items = courses(3)
    house.run()
    house.feed.items = [course(1), course(2, title="Another title"), course(3)]
    run = house.run()
    assert run.counters == Counters(seen=3, changed=1, unchanged=2, pages=1)
    assert house.told() == 4
    assert "Another title" in house.titles()


def test_items_that_cannot_be_taken_are_kept_with_their_reason(house: House) -> None:
    house.feed.items = [
        course(1),
        course(2, bad=True),
        course(3, fault=True),
        course(4, title=""),
        Rejected("row 9", {"cells": ["a"]}, "E-ROW", "row 9 has too many cells"),
        Upsert("", {"title": "no id"}),
        Upsert("x\x00y", {"title": "bad id"}),
        Upsert("z", {"when": object()}),
        Upsert("w", {"title": "x" * 2_000_000}),
    ]
    run = house.run()
    assert run.state is RunState.DONE_WITH_ERRORS
    assert run.counters == Counters(seen=9, new=1, rejected=8, pages=1)
    assert sorted(house.codes()) == sorted(
        ["E-BAD", "E-CONNECTOR-FAULT", "E-TITLE-MISSING", "E-ROW", "E-ID-INVALID", "E-ID-INVALID",
         "E-RAW-INVALID", "E-RAW-TOO-LARGE"]
    )  # fmt: skip
    assert house.read(lambda s: s.scalar(select(func.count()).select_from(RawItemRow))) == 9


def test_a_raw_item_is_kept_as_it_came_whatever_is_in_it(house: House) -> None:
    house.feed.items = [course(1, odd="\x00\ud800", number=1e400)]
    house.run()
    raw = house.read(lambda session: session.scalar(select(RawItemRow.raw)))
    assert '"odd":"\\u0000\\ud800"' in raw


def test_a_mended_item_closes_its_issues(house: House) -> None:
    house.feed.items = [course(1, bad=True)]
    house.run()
    house.feed.items = [course(1)]
    assert house.run().counters == Counters(seen=1, new=1, pages=1)
    assert house.codes() == []


def test_an_item_that_breaks_leaves_its_last_good_course(house: House) -> None:
    house.feed.items = courses(20)
    house.run()
    house.feed.items = [course(1, bad=True), *courses(20)[1:]]
    run = house.run()
    assert (run.state, run.counters.rejected) == (RunState.DONE_WITH_ERRORS, 1)
    assert len(house.titles()) == 20


def test_a_tombstone_withdraws_and_the_item_can_come_back(house: House) -> None:
    house.feed.deletions = Deletions.TOMBSTONES
    house.feed.items = courses(3)
    house.run()
    house.feed.items = [Tombstone("2"), Tombstone("never seen")]
    run = house.run()
    assert run.counters == Counters(seen=2, tombstone=2, withdrawn=1, pages=1)
    assert house.titles() == {"Course number 1", "Course number 3"}
    assert house.run().counters == Counters(seen=2, tombstone=2, pages=1)
    house.feed.items = [course(2)]
    assert house.run().counters == Counters(seen=1, changed=1, pages=1)
    assert len(house.titles()) == 3


def test_what_is_absent_from_a_whole_snapshot_is_withdrawn(house: House) -> None:
    house.feed.items = courses(20)
    house.run()
    house.feed.items = courses(16)
    run = house.run()
    assert (run.state, run.counters.withdrawn) == (RunState.DONE, 4)
    assert len(house.titles()) == 16
    assert house.run().counters == Counters(seen=16, unchanged=16, pages=2)


@pytest.mark.parametrize("deletions", [Deletions.NEVER, Deletions.TOMBSTONES])
def test_absence_means_nothing_where_the_source_promises_nothing(
    house: House, deletions: Deletions
) -> None:
    house.feed.deletions = deletions
    house.feed.items = courses(20)
    house.run()
    house.feed.items = courses(1)
    assert house.run(mode=Mode.FULL).state is RunState.DONE
    assert len(house.titles()) == 20


def test_a_list_that_did_not_say_it_ended_withdraws_nothing(house: House) -> None:
    house.feed.items = courses(20)
    house.run()
    house.feed.items, house.feed.complete = courses(19), False
    run = house.run()
    assert (run.state, run.counters.withdrawn) == (RunState.DONE_WITH_ERRORS, 0)
    assert house.codes() == ["W-LIST-OPEN"]


def test_a_feed_that_shrinks_is_held_until_a_person_releases_it(house: House) -> None:
    house.feed.items = courses(50)
    house.run()
    house.feed.items = courses(5)
    run = house.run()
    assert (run.state, run.vanishing) == (RunState.HELD, 45)
    assert "45 of 50" in str(run.message)
    assert len(house.titles()) == 50
    with house.database.write() as session:
        released = service.release(session, run.id, at=house.now())
    assert (released.state, released.counters.withdrawn) == (RunState.DONE, 45)
    assert len(house.titles()) == 5
    with house.database.write() as session, pytest.raises(Conflict, match="held"):
        service.release(session, run.id, at=house.now())


def test_a_held_run_can_be_refused_and_a_later_whole_list_settles_it(house: House) -> None:
    house.feed.items = courses(50)
    house.run()
    house.feed.items = courses(5)
    held = house.run()
    again = house.run()
    assert (again.state, again.id != held.id) == (RunState.HELD, True)
    assert house.read(lambda s: service.get_run(s, held.id)).state is RunState.CANCELLED
    with house.database.write() as session:
        refused = service.refuse(session, again.id, at=house.now())
    assert refused.state is RunState.CANCELLED
    house.feed.items = courses(50)
    assert house.run().counters == Counters(seen=50, unchanged=50, pages=5)
    assert len(house.titles()) == 50


@pytest.mark.parametrize("fault", ["invalid", "mismatch"])
def test_a_list_that_is_broken_or_does_not_add_up_is_held(house: House, fault: str) -> None:
    house.feed.items = courses(30)
    house.run()
    items = courses(28)
    if fault == "invalid":
        items[:5] = [course(number, bad=True) for number in range(1, 6)]
    else:
        house.feed.expected = 30
    house.feed.items = items
    assert house.run().state is RunState.HELD
    assert len(house.titles()) == 30


def test_a_wrong_count_alone_is_noted(house: House) -> None:
    house.feed.items, house.feed.expected = courses(3), 300
    assert house.run().state is RunState.DONE_WITH_ERRORS
    assert house.codes() == ["W-COUNT-MISMATCH"]


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
    other = replace(THIS_PROCESS, name="another")

    def taken(number: int) -> None:
        if number == 1:
            with house.database.write() as session:
                row = session.scalars(select(RunRow)).one()
                row.process = other.name

    house.feed.before_page = taken
    with pytest.raises(service.RunLost):
        house.run()
    assert len(house.titles()) == 10


def test_a_running_run_can_be_cancelled(house: House) -> None:
    house.feed.items = courses(30)

    def cancel(run: Run) -> None:
        with house.database.write() as session:
            service.cancel(session, run.id, at=house.now())

    with pytest.raises(service.RunLost):
        house.run(on_page=cancel)
    (run,) = house.read(lambda session: service.list_runs(session, "s"))
    assert (run.state, run.counters.seen) == (RunState.CANCELLED, 10)


def test_a_cursor_beyond_the_contract_is_a_fault(house: House) -> None:
    house.feed.items, house.feed.last_cursor = courses(1), "x" * 5000
    assert house.run().failure is Failure.FAULT


def test_a_check_reads_one_page_on_the_same_path_and_stores_nothing(house: House) -> None:
    house.feed.items, house.feed.expected = [*courses(9), course(10, bad=True), *courses(30)], 31
    rows = house.read(lambda s: s.scalar(select(func.count()).select_from(RunRow)))
    preview = service.check_source(
        house.database, "s", registry=registry(house.feed), make_fetch=no_network, now=house.now
    )
    assert preview.counters == Counters(seen=10, new=9, rejected=1, pages=1)
    assert preview.expected == 31
    assert [issue.code for issue in preview.issues] == ["E-BAD"]
    assert "Course number 1" in preview.titles
    assert house.titles() == set()
    assert house.told() == 0
    assert house.read(lambda s: s.scalar(select(func.count()).select_from(RunRow))) == rows
    for error, kind in ((SourceUnavailable("x"), Unavailable), (SourceMisconfigured("x"), Invalid)):
        house.feed.trouble = {0: error}
        with pytest.raises(kind):
            service.check_source(
                house.database, "s", registry=registry(house.feed), make_fetch=no_network,
                now=house.now,
            )  # fmt: skip


def test_a_page_may_hold_more_than_a_query_can_name(house: House) -> None:
    house.feed.page_size = 2_000
    house.feed.items = [*courses(1_200), *courses(3)]
    run = house.run()
    assert run.counters == Counters(seen=1_200, new=1_200, repeated=3, pages=1)
    assert house.run().counters == Counters(seen=1_200, unchanged=1_200, repeated=3, pages=1)


def test_warnings_about_a_page_are_kept_once(house: House) -> None:
    house.feed.items = courses(30)
    house.feed.warnings = (("W-XML-MENDED", "a control character was taken out"),)
    house.run()
    assert house.codes() == ["W-XML-MENDED"]


def test_sources_are_due_by_their_interval_and_sooner_after_trouble(house: House) -> None:
    def due(**later: float) -> bool:
        return bool(house.read(lambda s: service.due_sources(s, at=house.at + timedelta(**later))))

    assert due()
    house.feed.items = courses(1)
    house.run()
    assert not due(hours=23)
    assert due(hours=24)
    house.at += timedelta(hours=24)
    house.feed.trouble = {0: SourceUnavailable("x")}
    house.run()
    assert not due(minutes=59)
    assert due(hours=1)


def test_a_source_is_checked_when_it_is_entered(house: House) -> None:
    def add(**changes: Any) -> None:
        new = NewSource(**{"society_id": "cse", "connector": "memory", "config": {}, **changes})
        with house.database.write() as session:
            service.add_source(session, new, registry=registry(house.feed), at=NOW)

    for error, changes in (
        (NotFound, {"society_id": "none"}),
        (NotFound, {"connector": "none"}),
        (Conflict, {"id": "s"}),
        (Invalid, {"id": "../s"}),
        (Invalid, {"every_hours": 0}),
        (Invalid, {"config": {"url": 7}}),
    ):
        with pytest.raises(error):
            add(**changes)
    add()
    assert len(house.read(service.list_sources)) == 2
    with pytest.raises(NotFound):
        house.read(lambda session: service.list_runs(session, "none"))


def test_a_source_whose_connector_went_missing_fails_for_a_person_to_see(house: House) -> None:
    with house.database.write() as session:
        service.add_source(
            session, NewSource("cse", "memory", {}, id="t"), registry=registry(house.feed), at=NOW
        )
    empty = replace(registry(house.feed), connectors={})
    run = service.run_source(
        house.database, "t", registry=empty, make_fetch=no_network, now=house.now
    )
    assert (run.state, run.failure) == (RunState.FAILED, Failure.MISCONFIGURED)
    assert "memory" in str(run.message)
