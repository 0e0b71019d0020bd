"""Courses of real feeds are recognised as one: what merges by itself keeps its floor.

The whole measurement, with the queue and the languages: ``tests/bench/harvest/matching.py``.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bench.harvest import matching
from tests.bench.harvest.matching import FLOOR, LabelledSet
from tests.conftest import skip_or_fail
from tests.functional.harvest.test_real_feeds import FEEDS

pytestmark = [pytest.mark.feeds, pytest.mark.slow]


@pytest.mark.parametrize("make", [matching.terms, matching.aggregator])
def test_what_merges_by_itself_is_right(make: Callable[[Path], LabelledSet]) -> None:
    if not FEEDS.is_dir():
        skip_or_fail(f"the real feeds are not at {FEEDS}")
    with ExitStack() as stack:
        found = matching.measure(matching.fresh(stack), make(FEEDS))
    wrong = [(found.titles[a], found.titles[b]) for a, b in found.merged - found.true]
    assert len(found.merged) > 300, "nothing was merged, so nothing was measured"
    assert found.precision() >= FLOOR, wrong
    assert found.recall() > 0.5
    both = (found.merged | found.suggested) & found.true
    assert len(both) / len(found.true) > 0.9, "the queue does not offer what was not merged"
