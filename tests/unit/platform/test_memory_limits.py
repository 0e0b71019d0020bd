"""Limits counted in memory: as the library's own storage does, and forgotten in time."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from app.platform import clock
from app.platform.memory_limits import MemoryWindows

HITS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 4)), max_size=15)


@given(HITS, st.integers(1, 5))
@settings(max_examples=50)
def test_both_let_the_same_hits_through(hits: list[tuple[str, int]], amount: int) -> None:
    item = parse(f"{amount}/hour")
    for strategy in (MovingWindowRateLimiter, FixedWindowRateLimiter):
        ours, theirs = strategy(MemoryWindows()), strategy(MemoryStorage())
        for who, cost in hits:
            assert ours.test(item, who) == theirs.test(item, who)
            assert ours.hit(item, who, cost=cost) == theirs.hit(item, who, cost=cost)
            told, expected = (one.get_window_stats(item, who) for one in (ours, theirs))
            assert told.remaining == expected.remaining
            assert told.reset_time == pytest.approx(expected.reset_time, abs=2)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, turned by setting it."""
    time = [1_800_000_000.0]
    monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(time[0], UTC))
    return time


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(1, 8))
@settings(max_examples=50)
def test_no_minute_holds_more_than_the_limit(steps: list[int], amount: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        time, taken = [1_800_000_000.0], []
        patch.setattr(clock, "now", lambda: datetime.fromtimestamp(time[0], UTC))
        limiter, item = MovingWindowRateLimiter(MemoryWindows()), parse(f"{amount}/minute")
        for step in steps:
            time[0] += step
            if limiter.hit(item, "who"):
                taken.append(time[0])
        for first in taken:
            assert sum(first <= one <= first + 60 for one in taken) <= amount


def test_what_has_ended_is_forgotten_a_few_keys_at_a_time(at: list[float]) -> None:
    storage = MemoryWindows()
    limiter, item = MovingWindowRateLimiter(storage), parse("5/minute")
    for number in range(1000):
        limiter.hit(item, str(number))
    assert len(storage) == 1000
    at[0] += 120
    for _ in range(600):
        limiter.hit(item, "busy")
        at[0] += 1
    assert len(storage) == 1


def test_keys_can_be_forgotten_at_once(at: list[float]) -> None:
    storage = MemoryWindows()
    assert storage.check()
    storage.incr("a", 60)
    storage.acquire_entry("a", 5, 60)
    storage.clear("a")
    assert (storage.get("a"), len(storage)) == (0, 0)
    storage.incr("a", 60)
    at[0] += 61
    assert storage.get("a") == 0
    assert storage.incr("a", 60) == 1
    assert storage.reset() == 1
