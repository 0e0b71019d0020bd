"""What a run takes, what it keeps, and when it is due."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.harvest import Counters, Failure, NewSource, RunState, service
from app.harvest.tables import RawItemRow
from app.platform.db import Base
from app.platform.problems import Conflict, Invalid, NotFound
from connectors.contract import (
    Rejected,
    SourceUnavailable,
    Upsert,
)
from tests.conftest import NOW
from tests.simulator.harvests import course, courses, no_network, registry
from tests.simulator.house import House


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
        left_out = {"run", "source", "outbox"}
        marks = {"seen_run_id", "outcome"}  # of the last run that saw the item
        return {
            table.name: sorted(
                map(tuple, session.execute(select(*[c for c in table.c if c.name not in marks]))),
                key=repr,
            )
            for table in Base.metadata.sorted_tables
            if table.name not in left_out
        }

    before, told = house.read(state), house.told()
    run = house.run()
    assert run.counters == Counters(seen=26, unchanged=25, rejected=1, repeated=1, pages=3)
    assert house.read(state) == before
    assert house.told() == told


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


@pytest.mark.slow
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
    assert due(hours=27), "in its rhythm, and a little later, as chance will have it"
    house.at += timedelta(hours=24)
    house.feed.trouble = {0: SourceUnavailable("x")}
    house.run()
    assert not due(minutes=59)
    assert due(minutes=67)


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
