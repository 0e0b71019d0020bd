"""A fetch that is told to stop, and hosts that several fetches ask."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from connectors.contract import SourceUnavailable
from connectors.http import HttpFetch
from connectors.turns import Turns
from tests.simulator.feeds import FeedServer, Request
from tests.simulator.fetching import LOOPBACK, FakeTime, loopback_fetch


def test_a_fetch_that_waits_for_an_answer_waits_no_longer() -> None:
    asked, answered = Event(), Event()

    def slow(request: Request) -> bytes:
        asked.set()
        answered.wait(60)
        return b"late"

    with FeedServer({"/": slow}) as feeds, ThreadPoolExecutor(1) as pool, loopback_fetch() as fetch:
        waiting = pool.submit(fetch, feeds.url("/"))
        assert asked.wait(30)
        fetch.stop()
        with pytest.raises(SourceUnavailable):
            waiting.result(timeout=30)
        answered.set()
        with pytest.raises(SourceUnavailable, match="told to stop"):
            fetch(feeds.url("/"))
    assert len(feeds.requests) == 1


def test_a_fetch_that_waits_for_its_turn_waits_no_longer() -> None:
    turns = Turns()
    turns.take("127.0.0.1", interval=3600, now=0)
    with (
        FeedServer({"/": b"ok"}) as feeds,
        ThreadPoolExecutor(1) as pool,
        HttpFetch(hosts=None, allow=LOOPBACK, turns=turns, clock=lambda: 0.0) as fetch,
    ):
        waiting = pool.submit(fetch, feeds.url("/"))
        fetch.stop()
        with pytest.raises(SourceUnavailable, match="told to stop"):
            waiting.result(timeout=30)
    assert feeds.requests == []


def test_two_fetches_ask_one_host_no_faster_than_one() -> None:
    time, turns = FakeTime(), Turns()
    with (
        FeedServer({"/": b"ok"}) as feeds,
        loopback_fetch(time, turns=turns, interval=2.0) as one,
        loopback_fetch(time, turns=turns, interval=2.0) as other,
    ):
        for fetch in (one, other, one):
            fetch(feeds.url("/"))
    assert time.slept == [2.0, 2.0]


def test_turns_at_other_hosts_are_not_waited_for_and_not_kept_for_ever() -> None:
    turns = Turns()
    assert [turns.take(f"h{n}.example", interval=1, now=0) for n in range(3000)] == [0] * 3000
    assert turns.take("h2999.example", interval=1, now=0.25) == 0.75
    assert turns.take("new.example", interval=1, now=50) == 0
    assert len(turns._next) == 1
