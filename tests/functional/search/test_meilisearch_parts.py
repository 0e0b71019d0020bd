"""Courses spread over several indexes answer as from one, and their number changes unnoticed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import meilisearch
import pytest

from app.platform.ids import new_id
from app.search import Query, Sort
from app.search.meili import MeilisearchIndex
from app.search.meili.parts import part_of
from tests.conftest import skip_or_fail
from tests.simulator.search import DOCUMENTS, query

pytestmark = pytest.mark.stack

Open = Any


@pytest.fixture
def opened(meilisearch_server: tuple[str, str] | None) -> Iterator[Open]:
    """Opens the same catalogue with one setting or another, as several processes do."""
    if meilisearch_server is None:
        skip_or_fail("no Meilisearch: install npm or set MEILI_URL")
    url, key = meilisearch_server
    uid = f"test-{new_id()}"
    made: list[MeilisearchIndex] = []

    def open_index(indexes: int, **more: Any) -> MeilisearchIndex:
        index = MeilisearchIndex(url, key, uid, indexes=indexes, **more)
        made.append(index)
        return index

    yield open_index
    for index in made:
        index.close()
    client = meilisearch.Client(url, key)
    for each in client.get_indexes({"limit": 1000})["results"]:
        if each.uid.startswith(uid):
            client.delete_index(each.uid)


def test_courses_are_spread_evenly_and_always_alike() -> None:
    places = [part_of(f"course-{n}", parts=4) for n in range(4000)]
    assert all(900 < places.count(part) < 1100 for part in range(4))
    assert [part_of("course-1", parts=n) for n in (1, 2, 3, 4)] == [0, 1, 1, 3]


QUESTIONS = (
    query(""),
    query("bridge"),
    query("concrete design"),
    query("bridges concrete water", facets=("language", "country")),
    query("", language=("en", "zh"), price="paid"),
    query("", per_page=5, page=3),
    *(query("", sort=sort) for sort in (Sort.SOONEST, Sort.NEWEST, Sort.CHANGED, Sort.TITLE)),
)


def test_totals_counts_and_orders_are_those_of_one_index(opened: Open) -> None:
    one, three = opened(1), opened(3)
    one.ensure()
    one.rebuild(DOCUMENTS)
    before = [one.search(question) for question in QUESTIONS]
    three.rebuild(DOCUMENTS)
    for question, expected in zip(QUESTIONS, before, strict=True):
        found = three.search(question)
        assert (found.total, found.facets, found.loose) == (
            expected.total,
            expected.facets,
            expected.loose,
        )
        whole = replace(question, per_page=50, page=1)
        assert {hit.id for hit in found.hits} <= {hit.id for hit in three.search(whole).hits}
        if question.sort is not Sort.RELEVANCE or not question.text:
            assert [hit.id for hit in found.hits] == [hit.id for hit in expected.hits]


def test_another_number_asks_for_a_rebuild_and_answers_until_then(opened: Open) -> None:
    one, three = opened(1), opened(3)
    one.ensure()
    one.rebuild(DOCUMENTS)
    three.ensure()
    health = three.health()
    assert (health.ok, health.needs_rebuild) == (False, True)
    assert "over 1 instead of 3 indexes" in health.detail
    assert three.search(query()).total == len(DOCUMENTS)
    three.apply([], [DOCUMENTS[0]["id"]])
    assert one.search(query()).total == len(DOCUMENTS) - 1
    three.rebuild(DOCUMENTS)
    assert three.health().ok
    assert one.health().needs_rebuild


def test_a_process_of_another_setting_follows_without_being_started_anew(opened: Open) -> None:
    one, three = opened(1), opened(3)
    one.ensure()
    one.rebuild(DOCUMENTS[:9])
    assert one.search(query()).total == 9
    three.rebuild(DOCUMENTS)
    assert one.search(query()).total == len(DOCUMENTS)
    one.apply([], [DOCUMENTS[0]["id"]])
    assert three.search(query()).total == len(DOCUMENTS) - 1
    one.rebuild(DOCUMENTS[:9])
    assert three.search(query()).total == 9


@pytest.mark.slow
def test_no_search_sees_a_part_while_the_number_changes(opened: Open) -> None:
    index = {n: opened(n) for n in (1, 2, 3)}
    index[1].ensure()
    index[1].rebuild(DOCUMENTS)
    readers = [opened(1), opened(3)]
    with _reading(readers) as seen:
        for n in (3, 2, 1, 2, 3):
            index[n].rebuild(DOCUMENTS)
    assert set(seen) == {len(DOCUMENTS)}
    assert len(seen) > 20


@contextmanager
def _reading(indexes: list[MeilisearchIndex]) -> Iterator[list[int]]:
    """Totals and hits that others see meanwhile, again and again."""
    seen: list[int] = []
    ended = threading.Event()

    def read(index: MeilisearchIndex) -> None:
        while not ended.is_set():
            found = index.search(Query(per_page=100, facets=("language",)))
            seen.extend((found.total, len(found.hits)))

    threads = [threading.Thread(target=read, args=(index,)) for index in indexes]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_an_index_that_is_gone_is_told_so(opened: Open) -> None:
    index = opened(2)
    with pytest.raises(Exception, match="no search index yet"):
        index.search(query())
    index.ensure()
    assert index.search(query()).total == 0
