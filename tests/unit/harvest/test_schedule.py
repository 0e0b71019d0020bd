"""When a source is run next: pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.harvest import Counters, Failure, Mode, Run, RunState, Source, Window
from app.harvest.runs.schedule import LONGEST, RETRY, chance, fit, is_open, next_due
from tests.conftest import NOW

SOURCE = Source("s", "cse", "", "memory", {}, 24, None, NOW)
RUN = Run(
    id="r", source_id="s", mode=Mode.HARVEST, state=RunState.DONE, counters=Counters(),
    expected=None, complete=True, failure=None, message=None, vanishing=0, started_at=NOW,
    heartbeat_at=NOW, finished_at=NOW + timedelta(minutes=5), asked_by="system:schedule",
    asked_at=NOW, most=None,
)  # fmt: skip
NIGHT = Window("22:00", "04:00", "Asia/Shanghai")
DAYS = timedelta(days=1)


def failed(times: int, failure: Failure = Failure.UNAVAILABLE) -> timedelta:
    run = replace(RUN, state=RunState.FAILED, failure=failure)
    due = next_due(replace(SOURCE, failures=times), run)
    assert due is not None
    assert run.finished_at is not None
    return due - run.finished_at


def test_a_source_keeps_its_rhythm_and_is_a_little_late_by_its_own_chance() -> None:
    found = {next_due(replace(SOURCE, id=f"s{n}"), RUN) for n in range(1000)}
    assert len(found) == 1000
    assert min(filter(None, found)) >= NOW + DAYS
    assert max(filter(None, found)) <= NOW + DAYS * 1.1
    assert next_due(SOURCE, RUN) == next_due(SOURCE, RUN)


@pytest.mark.parametrize("changes", [{"every_hours": None}, {"paused": True}])
def test_a_source_that_rests_is_never_due(changes: dict[str, object]) -> None:
    assert next_due(replace(SOURCE, **changes), RUN) is None


def test_the_pause_after_failures_grows_and_ends_growing() -> None:
    pauses = [failed(n) for n in range(1, 40)]
    assert RETRY <= pauses[0] <= RETRY * 1.1
    assert pauses[:8] == sorted(pauses[:8])
    assert pauses[3] >= RETRY * 8
    assert LONGEST <= pauses[-1] <= LONGEST * 1.1


def test_what_a_person_must_mend_is_not_asked_for_more_often_than_in_its_rhythm() -> None:
    assert failed(1, Failure.MISCONFIGURED) >= DAYS
    assert failed(2, Failure.MISCONFIGURED) >= 2 * DAYS


def test_a_run_that_a_person_stopped_changes_no_rhythm() -> None:
    run = replace(RUN, state=RunState.FAILED, failure=Failure.STOPPED)
    assert next_due(SOURCE, run) == next_due(SOURCE, RUN)


def test_a_run_that_took_longer_than_the_rhythm_is_followed_by_the_next() -> None:
    run = replace(RUN, finished_at=NOW + 3 * DAYS)
    assert next_due(SOURCE, run) == NOW + 3 * DAYS


@pytest.mark.parametrize(
    ("hour", "is_it"), [(13, False), (14, True), (19, True), (20, False), (21, False)]
)
def test_hours_are_those_of_the_zone_and_may_go_past_midnight(hour: int, is_it: bool) -> None:
    assert is_open(NIGHT, datetime(2026, 11, 23, hour, tzinfo=UTC)) is is_it


def test_a_source_waits_for_its_hours() -> None:
    noon = datetime(2026, 11, 23, 4, tzinfo=UTC)  # in Shanghai
    assert fit(noon, NIGHT) == datetime(2026, 11, 23, 14, tzinfo=UTC)
    assert fit(noon, NIGHT, share=0.5) == datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    assert fit(datetime(2026, 11, 23, 15, tzinfo=UTC), NIGHT).hour == 15
    day = Window("09:00", "17:00")
    assert fit(datetime(2026, 11, 23, 18, tzinfo=UTC), day).day == 24


@given(
    seconds=st.integers(0, 15 * 365 * 86400),
    opens=st.integers(0, 1439),
    length=st.integers(1, 1439),
    zone=st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Vienna", "America/St_Johns"]),
    share=st.floats(0, 0.999),
)
def test_the_next_time_is_always_inside_and_within_two_days(
    seconds: int, opens: int, length: int, zone: str, share: float
) -> None:
    closes = (opens + length) % 1440
    first, last = (f"{minute // 60:02}:{minute % 60:02}" for minute in (opens, closes))
    window, at = Window(first, last, zone), datetime(2020, 1, 1, tzinfo=UTC)
    at += timedelta(seconds=seconds)
    found = fit(at, window, share=share)
    assert at <= found <= at + timedelta(hours=50)
    # On the night when a clock is set forward, an hour of the window may not be there.
    assert is_open(window, found) or zone in {"Europe/Vienna", "America/St_Johns"}


def test_chance_is_the_same_for_everybody() -> None:
    assert chance("x") == chance("x") != chance("y")
    assert all(0 <= chance(str(n)) < 1 for n in range(100))
