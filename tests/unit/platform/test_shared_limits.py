"""Limits that are counted in PostgreSQL are those that are counted in memory."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter
from sqlalchemy import text

from app.platform.db import Database
from app.platform.limits import CannotCount, RateLimits, TooManyRequests
from app.platform.shared_limits import SharedStorage

pytestmark = pytest.mark.stack


@pytest.fixture
def storage(database_url: str) -> Iterator[SharedStorage]:
    made = SharedStorage(database_url)
    yield made
    made.close()


def rows(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(text("SELECT key FROM rate_limit")))


HITS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 4)), max_size=12)


def test_both_let_the_same_hits_through(storage: SharedStorage) -> None:
    @given(HITS, st.integers(1, 5))
    @settings(max_examples=60)
    def compare(hits: list[tuple[str, int]], amount: int) -> None:
        storage.reset()
        item = parse(f"{amount}/hour")
        for strategy in (MovingWindowRateLimiter, FixedWindowRateLimiter):
            ours, theirs = strategy(storage), strategy(MemoryStorage())
            for who, cost in hits:
                assert ours.test(item, who) == theirs.test(item, who)
                assert ours.hit(item, who, cost=cost) == theirs.hit(item, who, cost=cost)
                told, expected = (one.get_window_stats(item, who) for one in (ours, theirs))
                assert told.remaining == expected.remaining
                assert told.reset_time == pytest.approx(expected.reset_time, abs=2)

    compare()


def test_a_window_moves_on(storage: SharedStorage) -> None:
    limiter, item = MovingWindowRateLimiter(storage), parse("2/second")
    assert [limiter.hit(item, "who") for _ in range(3)] == [True, True, False]
    deadline = time.monotonic() + 5
    while not limiter.hit(item, "who"):
        assert time.monotonic() < deadline
    storage.incr("count", 1)
    while storage.get("count"):
        assert time.monotonic() < deadline
    assert storage.incr("count", 1) == 1


def test_sixteen_at_once_never_get_more_than_the_limit(
    storage: SharedStorage, database_url: str
) -> None:
    other = SharedStorage(database_url)  # as another process has it
    limits = [MovingWindowRateLimiter(one) for one in (storage, other)]
    item, start = parse("50/minute"), threading.Barrier(16)

    def ask(number: int) -> int:
        start.wait()
        return sum(limits[number % 2].hit(item, "one") for _ in range(20))

    with ThreadPoolExecutor(16) as pool:
        let_through = sum(pool.map(ask, range(16)))
    other.close()
    assert let_through == 50


def test_keys_do_not_wait_for_each_other(storage: SharedStorage, database: Database) -> None:
    limiter, item = MovingWindowRateLimiter(storage), parse("5/minute")
    limiter.hit(item, "held")
    with database.write() as session:
        session.execute(text("SELECT 1 FROM rate_limit FOR UPDATE"))
        started = time.monotonic()
        assert limiter.hit(item, "free")
        assert time.monotonic() - started < 1


def test_a_database_that_hangs_is_given_up(storage: SharedStorage, database: Database) -> None:
    limits = RateLimits.over(storage)
    limits.take("sign-in", "who", rate="5/minute")
    with database.write() as session:
        session.execute(text("SELECT 1 FROM rate_limit FOR UPDATE"))
        started = time.monotonic()
        with pytest.raises(CannotCount):
            limits.take("sign-in", "who", rate="5/minute")
        assert time.monotonic() - started < 10


def test_a_database_that_is_away_refuses_secrets_and_lets_readers_through() -> None:
    away = SharedStorage("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    limits = RateLimits.over(away)
    assert not away.check()
    with pytest.raises(CannotCount):
        limits.take("sign-in", "who", rate="5/minute")
    limits.take("search", "who", rate="5/minute", uncounted="pass")
    limits.close()


def test_who_was_counted_cannot_be_read_from_the_table(
    storage: SharedStorage, database: Database
) -> None:
    limits = RateLimits.over(storage)
    limits.take("sign-in", "wanjiru@example.org", rate="1/minute")
    (key,) = rows(database)
    assert "wanjiru" not in key
    with pytest.raises(TooManyRequests) as refused:
        limits.take("sign-in", "wanjiru@example.org", rate="1/minute")
    assert 50 <= int(refused.value.headers["Retry-After"]) <= 60


def test_what_has_ended_is_forgotten(database_url: str, database: Database) -> None:
    storage = SharedStorage(database_url, pause=0)
    limiter = MovingWindowRateLimiter(storage)
    limiter.hit(parse("5/second"), "short")
    limiter.hit(parse("5/hour"), "long")
    deadline = time.monotonic() + 5
    while len(rows(database)) > 1:
        storage.prune()
        assert time.monotonic() < deadline
    storage.clear(parse("5/hour").key_for("long"))
    assert rows(database) == []
    storage.close()
