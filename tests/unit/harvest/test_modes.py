"""Runs that look, and runs that read again what is kept."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.catalogue import rules as catalogue_rules
from app.harvest import Counters, Mode, RunState, service
from app.harvest.tables import IssueRow, RawItemRow, RunRow
from app.platform.db import Base
from app.platform.problems import NotFound
from connectors.contract import Deletions, Rejected, SourceUnavailable
from tests.simulator.harvests import course, courses, no_network, registry
from tests.simulator.house import House

pytestmark = pytest.mark.slow


def everything(house: House, *, but: str = "run") -> dict[str, int]:
    with house.database.read() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name != but
        }


def test_a_validation_reads_all_and_stores_nothing_but_its_report(house: House) -> None:
    house.feed.items = [*courses(24), course(25, bad=True), course(3)]
    before = everything(house)
    run = house.run(mode=Mode.VALIDATE)
    assert (run.state, run.complete) == (RunState.DONE_WITH_ERRORS, True)
    assert run.counters == Counters(seen=25, new=24, rejected=1, repeated=1, pages=3)
    assert everything(house) == before
    report = house.read(lambda session: service.get_report(session, run.id))
    assert report.codes == {"E-BAD": 1}
    assert [one.remote_id for one in report.issues] == ["25"]
    assert len(report.titles) == 10
    assert house.read(lambda s: service.get_source(s, "s")).cursor is None


def test_a_validation_says_what_a_harvest_would_withdraw(house: House) -> None:
    house.feed.items = courses(50)
    house.run()
    issues = house.codes()
    house.feed.items = [*courses(4), course(60, bad=True)]
    run = house.run(mode=Mode.VALIDATE)
    assert (run.state, run.vanishing) == (RunState.DONE_WITH_ERRORS, 46)
    assert "46 of 50" in str(run.message)
    assert run.counters == Counters(seen=5, unchanged=4, rejected=1, pages=1)
    assert (len(house.titles()), house.codes()) == (50, issues)


def test_a_validation_leaves_a_held_run_waiting(house: House) -> None:
    house.feed.items = courses(50)
    house.run()
    house.feed.items = courses(4)
    held = house.run()
    house.run(mode=Mode.VALIDATE)
    assert house.read(lambda s: service.get_run(s, held.id)).state is RunState.HELD


def test_a_dry_run_looks_at_the_first_items_and_leaves_nothing_at_all(house: House) -> None:
    house.feed.items = courses(35)
    before = everything(house, but="")
    run, report = service.dry_run(
        house.database, "s", registry=registry(house.feed), make_fetch=no_network, now=house.now,
        most=15,
    )  # fmt: skip
    assert run.counters == Counters(seen=15, new=15, pages=2)
    assert (run.state, run.vanishing) == (RunState.DONE, 0)
    assert report is not None
    assert len(report.titles) == 10
    assert everything(house, but="") == before


def test_a_dry_run_that_was_asked_for_keeps_its_report(house: House) -> None:
    house.feed.items = courses(35)
    run = house.run(mode=Mode.DRY_RUN, most=5)
    assert run.counters.seen == 5
    report = house.read(lambda session: service.get_report(session, run.id))
    assert len(report.titles) == 5


def test_a_look_that_stopped_begins_anew_and_counts_once(house: House) -> None:
    house.feed.items = courses(30)
    house.feed.trouble = {2: SourceUnavailable("503")}
    assert house.run(mode=Mode.VALIDATE).state is RunState.FAILED
    house.feed.trouble = {}
    assert house.run(mode=Mode.VALIDATE).counters == Counters(seen=30, new=30, pages=3)


def test_a_replay_maps_what_is_kept_and_fetches_nothing(house: House) -> None:
    house.feed.items = courses(30)
    house.run()
    asked = list(house.feed.asked)
    assert house.run(mode=Mode.REPLAY).counters == Counters(seen=30, unchanged=30, pages=1)
    with house.database.write() as session:  # as if the connector had been mended since
        row = session.scalars(select(RawItemRow).where(RawItemRow.remote_id == "7")).one()
        raw = json.loads(str(row.raw)) | {"title": "Mapped better"}
        session.execute(
            update(RawItemRow).where(RawItemRow.remote_id == "7").values(raw=json.dumps(raw))
        )
    run = house.run(mode=Mode.REPLAY)
    assert (run.state, run.counters.changed, run.counters.unchanged) == (RunState.DONE, 1, 29)
    assert "Mapped better" in house.titles()
    assert house.feed.asked == asked


def test_a_replay_after_a_new_normaliser_takes_every_item(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.feed.items = [*courses(3), course(4, bad=True)]
    house.run()
    checked: list[object] = []
    check = catalogue_rules.check

    def counting(draft: Mapping[str, Any]) -> object:
        checked.append(draft)
        return check(draft)

    monkeypatch.setattr(catalogue_rules, "NORMALISER", catalogue_rules.NORMALISER + 1)
    monkeypatch.setattr(catalogue_rules, "check", counting)
    run = house.run(mode=Mode.REPLAY)
    assert run.counters == Counters(seen=4, unchanged=3, rejected=1, pages=1)
    assert len(checked) == 3


def test_a_replay_brings_back_nothing_and_withdraws_nothing(house: House) -> None:
    house.feed.items = [
        *courses(20), Rejected("broken", {"row": "x"}, "E-ROW", "not a row"),
    ]  # fmt: skip
    house.run()
    house.feed.items = house.feed.items[2:]
    assert house.run().counters.withdrawn == 2
    run = house.run(mode=Mode.REPLAY)
    assert run.counters == Counters(seen=18, unchanged=18, pages=1)
    assert len(house.titles()) == 18
    with house.database.read() as session:
        kept = session.scalars(select(IssueRow.code)).all()
    assert kept == ["E-ROW"], "what could not be read is as it was"
    assert house.run().counters == Counters(seen=19, unchanged=18, rejected=1, pages=2)


def test_a_replay_keeps_the_place_of_an_incremental_source(house: House) -> None:
    house.feed.deletions, house.feed.last_cursor = Deletions.TOMBSTONES, "yesterday"
    house.feed.items = courses(3)
    house.run()
    house.run(mode=Mode.REPLAY)
    assert house.read(lambda s: service.get_source(s, "s")).cursor == "yesterday"


def test_a_replay_of_much_goes_on_where_it_stopped(house: House) -> None:
    house.feed.items, house.feed.page_size = courses(450), 450
    house.run()

    def stop(run: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.run(mode=Mode.REPLAY, on_page=stop)
    with house.database.write() as session:
        left = service.leave(session, "s", at=house.now())
    assert left is not None
    assert (left.state, left.counters.seen) == (RunState.FAILED, 200)
    run = house.run(mode=Mode.REPLAY)
    assert (run.id, run.counters.seen, run.counters.pages) == (left.id, 450, 3)


def test_neither_a_look_nor_a_replay_moves_the_schedule(house: House) -> None:
    house.feed.items = courses(3)
    house.run()
    due = house.read(lambda s: service.get_source(s, "s")).next_due_at
    for mode in (Mode.VALIDATE, Mode.DRY_RUN, Mode.REPLAY):
        house.run(mode=mode)
    assert house.read(lambda s: service.get_source(s, "s")).next_due_at == due


def test_only_runs_that_look_have_a_report(house: House) -> None:
    house.feed.items = courses(1)
    run = house.run()
    assert house.read(lambda s: service.get_report(s, run.id)) is None
    with pytest.raises(NotFound):
        house.read(lambda s: service.get_report(s, "none"))
    assert house.read(lambda s: s.scalar(select(func.count()).select_from(RunRow))) == 1
