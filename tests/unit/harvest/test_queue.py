"""Runs that wait: who is begun when, by whom, and who is not."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import update

from app.harvest import Failure, Mode, NewSource, Run, RunState, Window, pruning, service
from app.harvest.registry import hosts_in
from app.harvest.runs import queue
from app.harvest.runs import store as runs
from app.harvest.runs.begin import SILENCE
from app.harvest.runs.crew import Bounds, Crew
from app.harvest.runs.heart import Heart
from app.harvest.runs.loop import make_run
from app.harvest.runs.work import RunLost, Tools
from app.harvest.tables import RunRow
from app.identity import audit
from app.platform.lease import THIS_PROCESS, Process
from app.platform.problems import Conflict, Invalid
from connectors.contract import SourceUnavailable
from tests.conftest import NOW
from tests.simulator.harvests import course, courses, no_network, registry
from tests.simulator.house import House

ELSEWHERE = Process("elsewhere", 1, "other")
WHO = "person:p"


def still(house: House) -> datetime:
    """The house's time, which moves here only when a test moves it."""
    moment: datetime = house.at
    return moment


def add(house: House, source_id: str, host: str = "c.example", **options: Any) -> None:
    new = NewSource("cse", "memory", {"url": f"https://{host}/f"}, id=source_id, **options)
    with house.database.write() as session:
        service.add_source(session, new, registry=registry(house.feed), at=still(house))


def ask(house: House, source_id: str = "s", **options: Any) -> Run:
    with house.database.write() as session:
        return service.enqueue(
            session, source_id, asked_by=WHO, at=still(house), **{"mode": Mode.HARVEST, **options}
        )


def claim(house: House, process: Process = THIS_PROCESS, *, per_host: int = 9) -> Any:
    known = registry(house.feed)
    with house.database.write() as session:
        queue.enqueue_due(session, at=still(house))
        return queue.claim(
            session, process, at=still(house), per_host=per_host,
            hosts_of=lambda source: hosts_in(known.build(source.connector, source.config)[1]),
        )  # fmt: skip


def tools(house: House, ending: Event | None = None) -> Tools:
    known = registry(house.feed)
    return Tools(house.database, known, no_network, lambda: still(house), ending or Event())


def state(house: House, source_id: str = "s") -> list[str]:
    found = house.read(lambda session: service.list_runs(session, source_id))
    return [one.state.value for one in found]


@contextmanager
def crew(house: House, **bounds: int) -> Iterator[Crew]:
    made = Crew(tools(house), Bounds(**{"at_once": 2, "per_host": 9, **bounds}))
    try:
        yield made
    finally:
        made.close()


def test_what_has_been_due_for_longest_is_begun_first(house: House) -> None:
    house.now()
    add(house, "late")
    house.now()
    add(house, "later")
    asked = ask(house, "later")
    assert [claim(house).source.id for _ in range(3)] == ["s", "late", "later"]
    assert claim(house) is None
    assert asked.asked_by == WHO


def test_a_source_is_asked_for_once_however_often_somebody_asks(house: House) -> None:
    first = ask(house)
    again = ask(house, mode=Mode.FULL)
    assert (again.id, again.mode) == (first.id, Mode.FULL)
    claim(house)
    with pytest.raises(service.AlreadyRunning):
        ask(house)
    assert state(house) == ["running"]


def test_a_run_that_was_asked_for_is_noted_with_who_asked(house: House) -> None:
    run = ask(house)
    trail = house.read(lambda session: audit.trail(session, f"run:{run.id}"))
    assert [(one.who, one.action) for one in trail] == [(WHO, "run.asked")]


def test_no_host_is_asked_by_more_runs_than_it_may_be_whoever_makes_them(house: House) -> None:
    house.now()
    add(house, "same")
    house.now()
    add(house, "other", "d.example")
    assert claim(house, per_host=1).source.id == "s"
    assert claim(house, ELSEWHERE, per_host=1).source.id == "other"
    assert claim(house, per_host=1) is None
    assert claim(house, per_host=2).source.id == "same"


def test_a_dead_workers_run_is_claimed_before_others_and_its_host_is_free(house: House) -> None:
    dead = claim(house, Process(THIS_PROCESS.host, 2**22 + 1, "dead"), per_host=1)
    add(house, "new")
    again = claim(house, per_host=1)
    assert (again.run_id, again.lease != dead.lease) == (dead.run_id, True)
    assert claim(house, per_host=1) is None


def test_a_silent_worker_elsewhere_loses_its_run_after_a_while(house: House) -> None:
    held = claim(house, ELSEWHERE)
    assert claim(house) is None
    house.at += SILENCE + timedelta(seconds=1)
    assert claim(house).run_id == held.run_id


def test_a_run_that_this_process_has_forgotten_is_taken_up_again(house: House) -> None:
    lost = claim(house)
    assert claim(house) is None
    house.at += SILENCE + timedelta(seconds=1)
    assert claim(house).run_id == lost.run_id


def test_a_heart_beats_for_its_own_run_alone(house: House) -> None:
    mine = claim(house)
    heart = Heart(house.database, mine.run_id, mine.lease, now=house.now, ending=Event())
    heart.beat()
    assert not heart.must_stop
    assert house.read(lambda s: service.get_run(s, mine.run_id)).heartbeat_at == house.at
    with house.database.write() as session:
        service.cancel(session, mine.run_id, who=WHO, at=house.now())
    stopped: list[bool] = []

    class Fetch:
        def stop(self) -> None:
            stopped.append(True)

    heart.watch(Fetch())
    assert stopped == []
    heart.beat()
    assert (heart.lost, stopped) == (True, [True])


def test_a_run_that_waits_is_cancelled_at_once_and_not_made(house: House) -> None:
    run = ask(house)
    with house.database.write() as session:
        service.cancel(session, run.id, who=WHO, at=house.now())
        with pytest.raises(Conflict):
            service.cancel(session, run.id, who=WHO, at=house.now())
    with crew(house) as made:
        assert made.finish() == 0
    assert state(house) == ["cancelled"]


def test_a_run_is_cancelled_while_it_waits_for_its_source(house: House) -> None:
    house.feed.items = courses(30)
    claimed = claim(house)
    stopped: list[str] = []

    class Waiting:
        """A fetch that waits until it is told to stop."""

        def __enter__(self) -> "Waiting":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def __call__(self, *_: object, **__: object) -> Any:
            raise AssertionError("nothing is fetched")

        def stop(self) -> None:
            stopped.append("told")

    def cancelled(number: int) -> None:
        if number == 1:
            with house.database.write() as session:
                service.cancel(session, claimed.run_id, who=WHO, at=house.now())
            assert hearts[0]
            hearts[0].beat()
            raise SourceUnavailable("told to stop")

    hearts: list[Heart] = []
    beat = Heart.__enter__

    def entered(heart: Heart) -> Heart:
        hearts.append(heart)
        return beat(heart)

    house.feed.before_page = cancelled
    made = Tools(house.database, registry(house.feed), lambda _: Waiting(), house.now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Heart, "__enter__", entered)
        with pytest.raises(RunLost):
            make_run(made, claimed)
    assert stopped
    assert state(house) == ["cancelled"]
    assert len(house.titles()) == 10


def test_a_process_that_ends_leaves_its_run_for_others(house: House) -> None:
    house.feed.items = courses(30)
    ending = Event()
    claimed = claim(house)
    house.feed.before_page = lambda number: ending.set() if number == 1 else None
    run = make_run(tools(house, ending), claimed)
    assert (run.state, run.counters.seen) == (RunState.QUEUED, 20)
    following = claim(house, ELSEWHERE)
    house.feed.before_page = lambda _: None
    done = make_run(tools(house), following)
    assert (done.id, done.state, done.counters.seen) == (run.id, RunState.DONE, 30)
    assert house.feed.asked == [None, "2"]


@pytest.mark.slow
def test_a_slow_source_holds_up_no_other(house: House) -> None:
    house.feed.items = courses(3)
    names = ("s", "a", "b", "c", "d")
    for name in names[1:]:
        add(house, name)
    go_on = Event()
    first: list[int] = []

    def slow(number: int) -> None:
        if not first:
            first.append(number)
            assert go_on.wait(60)

    house.feed.before_page = slow
    with crew(house) as made:
        states = [["queued"]]
        while sum(one == ["done"] for one in states) < 4:
            made.turn()
            made.rest(0.01)
            states = [state(house, name) for name in names]
        assert ["running"] in states
        go_on.set()
        made.finish()
    assert [state(house, name) for name in names] == [["done"]] * 5


@pytest.mark.slow
def test_many_threads_claim_each_run_once(house: House) -> None:
    for number in range(20):
        add(house, f"n{number}", f"h{number}.example")
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda _: claim(house), range(30)))
    found = [one.run_id for one in claimed if one]
    assert len(found) == len(set(found)) == 21


def test_a_source_that_rests_is_neither_queued_nor_made_by_schedule(house: House) -> None:
    with house.database.write() as session:
        queue.enqueue_due(session, at=house.now())
        paused = service.pause(session, "s", who=WHO, at=house.now())
    assert (paused.paused, paused.next_due_at, state(house)) == (True, None, ["cancelled"])
    assert claim(house) is None
    ask(house)
    assert claim(house).source.id == "s"
    with house.database.write() as session:
        resumed = service.resume(session, "s", who=WHO, at=house.now())
    assert resumed.next_due_at is not None
    trail = house.read(lambda session: audit.trail(session, "source:s"))
    assert [one.action for one in trail] == ["source.paused", "source.resumed"]


def test_what_a_schedule_asks_for_waits_for_its_hours_and_a_person_does_not(house: House) -> None:
    night = Window("01:00", "03:00")
    add(house, "night", window=night)
    assert house.read(lambda s: service.get_source(s, "night")).next_due_at.hour == 1
    with house.database.write() as session:
        runs.update_source(session, "night", next_due_at=NOW)
        runs.update_source(session, "s", paused=True)
    assert claim(house) is None
    assert state(house, "night") == ["queued"]
    ask(house, "night")
    assert claim(house).source.id == "night"


@pytest.mark.parametrize(
    ("window", "code"),
    [
        (Window("25:00", "03:00"), "time-invalid"),
        (Window("01:00", "1:5"), "time-invalid"),
        (Window("01:00", "01:00"), "window-empty"),
        (Window("01:00", "02:00", "Mars/Base"), "timezone-unknown"),
        (Window("01:00", "02:00", "../etc/passwd"), "timezone-unknown"),
        (Window("01:00", "02:00", ""), "timezone-unknown"),
        (Window("01:00", "02:00", "A" * 5000), "timezone-unknown"),
    ],
)
def test_hours_that_are_none_are_refused(house: House, window: Window, code: str) -> None:
    with house.database.write() as session, pytest.raises(Invalid) as refused:
        service.set_schedule(session, "s", every_hours=6, window=window, who=WHO, at=NOW)
    assert [one.code for one in refused.value.fields] == [code]


def test_a_run_that_failed_is_gone_on_with_when_it_is_asked_for(house: House) -> None:
    house.feed.items = courses(30)
    house.feed.trouble = {1: SourceUnavailable("503")}
    failed = house.run()
    house.feed.trouble = {}
    assert ask(house).id == failed.id
    done = make_run(tools(house), claim(house))
    assert (done.id, done.counters.seen, house.feed.asked) == (failed.id, 30, [None, "1"])


def test_failures_in_a_row_are_counted_and_forgotten_with_the_first_success(house: House) -> None:
    def failures() -> int:
        return int(house.read(lambda s: service.get_source(s, "s")).failures)

    house.feed.trouble = {0: SourceUnavailable("503")}
    house.run()
    house.run()
    assert failures() == 2
    house.feed.trouble = {}
    house.run()
    assert failures() == 0


def test_how_much_waits_is_told(house: House) -> None:
    def backlog() -> Any:
        return house.read(lambda s: service.backlog(s, at=house.at))

    assert (backlog().due, backlog().oldest) == (1, NOW)
    add(house, "b", every_hours=None)
    asked = ask(house, "b")
    house.feed.items = courses(40)
    house.run()
    house.feed.items = [course(1)]
    house.run()
    found = backlog()
    assert (found.due, found.queued, found.running, found.held) == (0, 1, 0, 1)
    assert found.oldest == asked.asked_at


def test_old_runs_are_forgotten_but_for_those_that_still_mean_something(house: House) -> None:
    house.feed.items = [course(1, bad=True), course(2)]
    ids = [house.run().id for _ in range(pruning.NEWEST + 3)]
    house.feed.items = []
    with house.database.write() as session:
        session.execute(update(RunRow).values(finished_at=NOW - timedelta(days=400)))
        assert pruning.prune(session, days=500, at=NOW) == 0
        assert pruning.prune(session, days=365, at=NOW) == 2
    left = house.read(lambda s: service.list_runs(s, "s", limit=99))
    assert {one.id for one in left} == {ids[0], *ids[3:]}, "the first found what stands wrong"


def test_a_run_that_somebody_stopped_here_is_left_where_it_is(house: House) -> None:
    claimed = claim(house)
    with house.database.write() as session:
        assert service.leave(session, "s", at=house.now(), process=ELSEWHERE) is None
        left = service.leave(session, "s", at=house.now())
    assert left is not None
    assert (left.id, left.failure) == (claimed.run_id, Failure.STOPPED)
