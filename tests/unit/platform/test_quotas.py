"""How much anybody may ask for at all."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform import quotas
from app.platform.limits import TooManyRequests
from app.platform.quotas import Quota, Quotas


@dataclass
class Watch:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(frozen=True)
class Caller:
    client_id: str


def test_a_quota_ends_and_comes_back() -> None:
    watch = Watch(seconds=60 * 1000)
    quota = Quota("address", "10/minute", seconds=watch)
    assert [quota.take("a").left for _ in range(10)] == list(range(9, -1, -1))
    refused = quota.take("a")
    assert (refused.over, refused.left) == (True, 0)
    assert not quota.take("b").over
    watch.seconds += refused.resets
    assert not quota.take("a").over


@given(st.lists(st.floats(0, 40), max_size=80), st.integers(1, 12))
def test_no_window_ever_holds_twice_the_amount(steps: list[float], amount: int) -> None:
    """What a sliding counter promises, whatever the rhythm: it takes hits as spread evenly."""
    watch = Watch(seconds=6000.0)
    quota, taken = Quota("q", f"{amount}/minute", seconds=watch), []
    for step in steps:
        watch.seconds += step
        if not quota.take("a").over:
            taken.append(watch.seconds)
    for first in taken:
        assert sum(first <= one < first + 60 for one in taken) <= 2 * amount
    for window in range(100, 200):
        assert sum(window * 60 <= one < (window + 1) * 60 for one in taken) <= amount


@given(st.integers(0, 30), st.integers(0, 30), st.floats(0, 59), st.integers(1, 20))
def test_who_waits_as_long_as_told_is_let_in(
    first: int, second: int, later: float, amount: int
) -> None:
    watch = Watch(seconds=6000.0)
    quota = Quota("q", f"{amount}/minute", seconds=watch)
    for _ in range(first):
        quota.take("a")
    watch.seconds += 60 + later
    for _ in range(second):
        quota.take("a")
    found = quota.take("a")
    while not found.over:
        found = quota.take("a")
    assert 1 <= found.resets <= 120
    watch.seconds += found.resets
    assert not quota.take("a").over


def test_however_many_ask_little_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "MOST_KEPT", 100)
    quota = Quota("q", "2/minute", seconds=Watch())
    for number in range(1000):
        quota.take(str(number))
        quota.take("busy")
    assert len(quota._counts) == 100
    assert quota.take("busy").over


def test_a_client_over_its_quota_is_refused_after_its_token_was_read() -> None:
    authenticate = Quotas(client=Quota("client", "2/minute")).counted(Caller)
    authenticate("one")
    authenticate("one")
    with pytest.raises(TooManyRequests):
        authenticate("one")
    assert authenticate("two") == Caller("two")


def test_without_a_quota_nothing_is_counted() -> None:
    assert Quotas().counted(Caller) is Caller
