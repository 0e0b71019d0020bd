"""Pages of the embedded engine over several segments, and what many small writes leave."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from app.search import CreditRange, Document, Query, Sort
from app.search.embedded import EmbeddedIndex
from tests.simulator.search import DOCUMENTS, embedded

COUNT = 20_000
PAGE = 997
"""Of so many hits, so that pages end where nothing else does."""


def _document(number: int) -> Document:
    """Most of them are equal in what they are ordered by."""
    unit = {"unit": "h", "framework": ["PDH", "CEU"][number % 2], "jurisdiction": None}
    return {
        **DOCUMENTS[0],
        "id": f"d{number:05}",
        "title": {"en": f"Bridges {number % 7}"},
        "summary": {},
        "description": {},
        "runs": [],
        "next_run": [None, "2027-01-31", "2027-02-01"][number % 3],
        "added": f"2026-01-0{1 + number % 4}T00:00:00+00:00",
        "modified": f"2026-02-0{1 + number % 4}T00:00:00+00:00",
        "quality": number % 5,
        "credit": [unit["framework"]],
        "credits": [{**unit, "value": str(Decimal(number % 501) / 4)}],
    }


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedIndex]:
    with embedded(tmp_path_factory.mktemp("pages")) as found:
        for start in range(0, COUNT, COUNT // 5):
            found.apply([_document(n) for n in range(start, start + COUNT // 5)], [])
        assert found._snapshot().searcher.num_segments > 1
        yield found


def _all(index: EmbeddedIndex, **more: Any) -> list[Document]:
    """Every hit, page by page to the end."""
    pages: list[list[Document]] = []
    while not pages or pages[-1]:
        asked = Query(page=len(pages) + 1, per_page=PAGE, facets=(), **more)
        pages.append([hit.document for hit in index.search(asked).hits])
    return list(chain.from_iterable(pages))


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "bridges"])
@pytest.mark.parametrize("sort", [s for s in Sort if s not in {Sort.CREDITS, Sort.NEAREST}])
def test_pages_join_without_gap_or_repetition(index: EmbeddedIndex, sort: Sort, text: str) -> None:
    found = _all(index, sort=sort, text=text)
    assert len({document["id"] for document in found}) == len(found) == COUNT
    keys = {
        Sort.SOONEST: [document["next_run"] or "9999" for document in found],
        Sort.TITLE: [document["title"]["en"] for document in found],
        Sort.NEWEST: [document["added"] for document in reversed(found)],
        Sort.CHANGED: [document["modified"] for document in reversed(found)],
    }.get(sort, [])
    assert keys == sorted(keys)


@pytest.mark.slow
def test_pages_of_most_credit_join_over_many_amounts(index: EmbeddedIndex) -> None:
    pdh = {"filters": {"credit": ("PDH",)}, "credits": CreditRange("PDH"), "sort": Sort.CREDITS}
    found = _all(index, **pdh)
    assert len({document["id"] for document in found}) == len(found) == COUNT // 2
    amounts = [Decimal(document["credits"][0]["value"]) for document in found]
    assert amounts == sorted(amounts, reverse=True)
    assert len(set(amounts)) == 501


@pytest.mark.slow
def test_the_order_stays_when_segments_are_merged_anew(index: EmbeddedIndex) -> None:
    """But for relevance: of equally good matches those of earlier segments come first."""

    def ids(sort: Sort) -> list[str]:
        asked = Query(sort=sort, per_page=300, facets=())
        return [hit.id for hit in index.search(asked).hits]

    sorts = (Sort.RELEVANCE, Sort.SOONEST, Sort.NEWEST, Sort.TITLE)
    before = {sort: ids(sort) for sort in sorts}
    index.apply([_document(n) for n in range(0, COUNT, 50)], [])
    assert {sort: ids(sort) for sort in sorts} == before


@pytest.mark.slow
def test_many_small_writes_leave_few_segments(tmp_path: Path) -> None:
    with embedded(tmp_path) as index:
        for number in range(60):
            index.apply([_document(number)], [f"d{number - 20:05}"])
        assert index.search(Query()).total == 20
        assert index._snapshot().searcher.num_segments <= 16
