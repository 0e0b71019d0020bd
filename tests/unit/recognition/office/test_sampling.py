"""Anybody draws the same sample from the list and the seed, and nobody could choose it."""

import hashlib
import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform.problems import Invalid
from app.recognition.office.samples import rules

IDS = [f"0192-{number:04}" for number in range(1000)]
SECRET = "00" * 31 + "07"


def test_somebody_else_draws_the_same_from_what_is_published() -> None:
    """As the page tells them to, with nothing of ours."""
    value = "2026-12-01: 4 8 15 16 23 42"
    seed = hashlib.sha256(f"{SECRET}:{value}".encode()).hexdigest()
    by_rank = sorted(IDS, key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).hexdigest())
    assert rules.seed(SECRET, value) == seed
    assert rules.drawn(reversed(IDS), seed, 20) == by_rank[:20]
    assert rules.commitment(SECRET) == hashlib.sha256(bytes([0] * 31 + [7])).hexdigest()


def test_another_figure_draws_another_sample() -> None:
    seeds = [rules.seed(SECRET, str(number)) for number in range(10)]
    samples = {tuple(rules.drawn(IDS, seed, 20)) for seed in seeds}
    assert len(samples) == 10


def test_everybody_is_drawn_about_equally_often() -> None:
    counts = dict.fromkeys(IDS[:100], 0)
    for number in range(400):
        for one in rules.drawn(IDS[:100], rules.seed(SECRET, str(number)), 5):
            counts[one] += 1
    assert sum(counts.values()) == 2000
    assert min(counts.values()) >= 3
    assert max(counts.values()) <= 45  # 20 are expected; both bounds are some five deviations off


@given(st.lists(st.uuids().map(str), unique=True, max_size=50), st.integers(0, 5))
def test_who_joins_the_list_takes_no_place_but_his_own(ids: list[str], number: int) -> None:
    seed = rules.seed(SECRET, str(number))
    everybody = rules.drawn(ids, seed, len(ids))
    for gone, kept in itertools.islice(((one, [i for i in ids if i != one]) for one in ids), 5):
        assert rules.drawn(kept, seed, len(kept)) == [one for one in everybody if one != gone]


@pytest.mark.parametrize(
    ("population", "percent", "size"),
    [(0, "1", 0), (1, "1", 1), (100, "1", 1), (101, "1", 2), (1000, "2.5", 25), (40, "5", 2)],
)
def test_the_size_is_the_share_rounded_up(population: int, percent: str, size: int) -> None:
    assert rules.size(population, rules.share(percent)) == size


@pytest.mark.parametrize("text", ["", "0", "0.9", "5.1", "6", "nan", "2.55", "1/50"])
def test_a_share_that_cannot_be_drawn_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        rules.share(text)
    assert caught.value.fields[0].pointer == "/percent"


def test_a_share_may_be_written_with_a_comma() -> None:
    assert rules.share(" 2,5 ") == Fraction(1, 40)


def test_the_list_has_one_hash_in_any_order() -> None:
    assert rules.list_hash(IDS) == rules.list_hash(reversed(IDS)) != rules.list_hash(IDS[1:])
