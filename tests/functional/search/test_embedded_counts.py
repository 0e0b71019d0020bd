"""The embedded engine's counts of facets, against counting by hand."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.search import Document, Query
from app.search.embedded import EmbeddedIndex, facets
from app.search.index import FACETS
from tests.simulator.search import DOCUMENTS, embedded, query

LISTS = {"delivery": "abcd", "country": "XYZ", "field": ("07", "073", "0732", "0731", "0611")}
SINGLE = {"kind": "ce", "level": "lm"}
SOME = st.fixed_dictionaries(
    {
        **{name: st.lists(st.sampled_from(values)) for name, values in LISTS.items()},
        **{name: st.none() | st.sampled_from(values) for name, values in SINGLE.items()},
    }
)
CHOSEN = st.dictionaries(
    st.sampled_from(["delivery", "kind", "field"]),
    st.sets(st.sampled_from(["a", "b", "c", "e", "0732", "07"]), min_size=1, max_size=2),
    max_size=2,
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    with embedded(tmp_path) as found:
        yield found


def _documents(some: Sequence[dict[str, object]]) -> list[Document]:
    return [{**DOCUMENTS[0], "id": f"d{n}", **one} for n, one in enumerate(some)]


def _values(document: Document, name: str) -> set[str]:
    if name == "society":
        return set(document["societies"])
    found = document[name]
    return set(found) if isinstance(found, list) else {found} - {None}


def _by_hand(documents: Sequence[Document], asked: Query, name: str) -> list[tuple[str, int]]:
    counted: Counter[str] = Counter()
    for document in documents:
        others = ((key, chosen) for key, chosen in asked.filters.items() if key != name)
        if all(_values(document, key) & set(chosen) for key, chosen in others):
            counted.update(_values(document, name))
    return sorted(counted.items(), key=lambda each: (-each[1], each[0]))


def _counts(index: EmbeddedIndex, asked: Query) -> dict[str, list[tuple[str, int]]]:
    found = index.search(asked).facets
    return {name: [(each.value, each.count) for each in values] for name, values in found.items()}


@pytest.mark.slow
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some=st.lists(SOME, min_size=1, max_size=12), chosen=CHOSEN, parts=st.integers(1, 4))
def test_counts_are_what_counting_by_hand_gives(
    index: EmbeddedIndex, some: list[dict[str, object]], chosen: dict[str, set[str]], parts: int
) -> None:
    documents = _documents(some)
    index.apply([], [f"d{n}" for n in range(12)])
    for part in range(parts):
        index.apply(documents[part::parts], [])
    filters = {name: tuple(values) for name, values in chosen.items()}
    for asked in (Query(filters=filters), Query(), Query(filters=filters, per_page=1)):
        assert _counts(index, asked) == {name: _by_hand(documents, asked, name) for name in FACETS}


def test_counts_follow_every_change(index: EmbeddedIndex) -> None:
    documents = _documents([{"level": "l"}, {"level": "l"}, {"level": "m"}])
    index.apply(documents, [])
    asked = query(facets=("level",))
    assert _counts(index, asked) == {"level": [("l", 2), ("m", 1)]}
    index.apply([{**documents[0], "level": "m"}], ["d1"])
    assert _counts(index, asked) == {"level": [("m", 2)]}
    index.rebuild(documents[1:])
    assert _counts(index, asked) == {"level": [("l", 1), ("m", 1)]}


@pytest.mark.parametrize("shape", [0.2, 0.6, 1.2])
def test_a_facet_of_very_many_values_is_counted_exactly(
    index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch, shape: float
) -> None:
    """Over four segments, each with frequent values, and many that are met once or twice."""
    monkeypatch.setattr(facets, "MOST_SETS", 20)
    drawn = Random(int(shape * 10))
    numbers = iter(range(1000))
    for _ in range(4):
        some = [
            {"standard": [f"ISO {int(drawn.paretovariate(shape)) % 97}", "EN 1990", "A\x1fB"]}
            for _ in range(60)
        ]
        documents = _documents([{**one, "level": None} for one in some])
        index.apply([{**one, "id": f"{next(numbers)}"} for one in documents], [])
    everything = [hit.document for page in (1, 2, 3) for hit in _page(index, page)]
    expected = [(v.replace("\x1f", " "), n) for v, n in _by_hand(everything, Query(), "standard")]
    for most in (200, 1, 3, 4, 5, 8, 20, 50, 98, 99):
        asked = query(facets=("standard",), most_values=most)
        found = _counts(index, asked)["standard"]
        assert [n for _, n in found] == [n for _, n in expected[:most]]
        assert set(found) <= set(expected)
        assert found == sorted(found, key=lambda each: (-each[1], each[0]))
        index.close()
    assert _counts(index, query(facets=("level",))) == {"level": []}


def _page(index: EmbeddedIndex, page: int) -> Sequence[object]:
    return index.search(Query(per_page=100, page=page)).hits


def test_more_values_than_one_set_holds_are_counted_once_each(index: EmbeddedIndex) -> None:
    many = [f"C{n:02}" for n in range(50)]
    index.apply(_documents([{"country": many}, {"country": [*many[:20], *many[:5]]}]), [])
    found = _counts(index, query(facets=("country",)))["country"]
    assert found == [(one, 2) for one in many[:20]] + [(one, 1) for one in many[20:]]


def test_what_is_remembered_is_bounded(
    index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "MOST_KEPT", 40)
    index.apply(_documents([{"level": "l"}, {"level": "m"}]), [])
    for _ in range(2):
        for level in ("l", "m"):
            found = _counts(index, query(level=level, facets=("level", "kind")))
            assert found["level"] == [("l", 1), ("m", 1)]
            assert [n for _, n in found["kind"]] == [1]
