"""When mails of saved searches are due, and what such a search may be called."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform.problems import Invalid
from app.search.parameters import LASTING, lasting, written
from app.search.query import OTHERS
from app.search.saved import rules
from app.search.saved.model import Digest

MOMENTS = st.integers(1_500_000_000_000, 2_500_000_000_000).map(
    lambda milliseconds: datetime.fromtimestamp(milliseconds / 1000, UTC)
)


@given(MOMENTS)
def test_daily_is_the_next_morning(after: datetime) -> None:
    due = rules.next_due(Digest.DAILY, after)
    assert due is not None
    assert (due.hour, due.minute, due.second, due.microsecond) == (rules.HOUR, 0, 0, 0)
    assert timedelta() < due - after <= timedelta(days=1)


@given(MOMENTS)
def test_weekly_is_the_next_monday_morning_so_both_come_together(after: datetime) -> None:
    due = rules.next_due(Digest.WEEKLY, after)
    assert due is not None
    assert (due.weekday(), due.hour) == (0, rules.HOUR)
    assert timedelta() < due - after <= timedelta(days=7)


def test_never_is_never() -> None:
    assert rules.next_due(Digest.NONE, datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_pauses_grow_and_end_growing() -> None:
    pauses = [rules.pause(attempts) for attempts in range(1, 100)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (rules.FIRST_PAUSE, rules.LONGEST_PAUSE)


@given(st.text(max_size=200))
def test_a_name_is_one_line_that_can_be_seen(untrusted: str) -> None:
    try:
        made = rules.name(untrusted)
    except Invalid:
        return
    assert 0 < len(made) <= rules.LONGEST_NAME
    assert made == " ".join(made.split())
    assert all(one.isprintable() or one in "\u200c\u200d" for one in made)


def test_a_name_keeps_the_joiners_that_persian_needs() -> None:
    assert rules.name(" می\u200cخواهم\u202e \n") == "می\u200cخواهم"


@pytest.mark.parametrize("untrusted", ["", "x", "en_US", "../etc", "a" * 40])
def test_what_is_no_language_is_english(untrusted: str) -> None:
    assert rules.language(untrusted) == "en"


def test_what_lasts_of_a_search_is_what_it_looks_for() -> None:
    assert set(OTHERS) - set(LASTING) == {"page", "per_page", "sort"}
    asked = {"sort": "title", "page": "3", "language": ["fr", "", "fr"], "q": " bridge "}
    assert lasting(asked | {"hl": "ar"}) == {"q": ["bridge"], "language": ["fr"]}
    assert written(lasting(asked)) == "q=bridge&language=fr"


def test_a_search_is_written_in_one_order_whatever_a_database_made_of_it() -> None:
    kept = {"colour": ["red"], "from": ["2027-01-01"], "field": ["07"], "q": ["bridge"]}
    assert written(kept) == "q=bridge&field=07&from=2027-01-01&colour=red"


def test_what_is_not_understood_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        rules.parameters({"delivery": "nowhere", "near": "here"})
    assert {one.pointer for one in caught.value.fields} == {"delivery", "near"}
    assert [one.pointer for one in rules.not_understood({"colour": ["red"]})] == ["colour"]
    assert rules.not_understood({"q": ["bridge"]}) == ()
