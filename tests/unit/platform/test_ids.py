"""Identifiers keep the order in which they were made, whatever the clock does meanwhile."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.platform.ids import new_id


def test_an_identifier_is_a_uuid_of_version_7_and_tells_the_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(new_id())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_what_is_made_in_one_millisecond_sorts_as_it_was_made() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_a_clock_that_stands_or_goes_back_gives_no_identifier_twice_nor_out_of_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ahead = time.time_ns() + 10**9
    times = iter([ahead, ahead, ahead - 10**8, ahead - 10**8, ahead + 1])
    monkeypatch.setattr(time, "time_ns", lambda: next(times))
    made = [new_id() for _ in range(5)]
    assert made == sorted(set(made))


def test_threads_never_share_one() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [one for many in pool.map(_hundred, range(40)) for one in many]
    assert len(set(made)) == 4000


def _hundred(_: int) -> list[str]:
    return [new_id() for _ in range(100)]
