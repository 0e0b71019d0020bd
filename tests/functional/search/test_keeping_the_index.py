"""Writing, rebuilding and surviving trouble; runs on the engine of the chosen stack."""

import threading
from collections.abc import Iterator

import pytest

from app.search import Document, SearchIndex
from tests.simulator.search import DOCUMENTS, ask, query

ONE = DOCUMENTS[0]


def _with(document: Document, **changes: object) -> Document:
    return {**document, **changes}


def test_a_new_index_answers_with_nothing_and_asks_to_be_rebuilt(empty_index: SearchIndex) -> None:
    found = empty_index.search(query("bridge"))
    assert (found.total, found.hits) == (0, ())
    health = empty_index.health()
    assert (health.ok, health.needs_rebuild, health.documents) == (False, True, 0)


def test_a_rebuild_makes_it_whole_even_of_nothing(empty_index: SearchIndex) -> None:
    assert empty_index.rebuild([]) == 0
    assert empty_index.health().ok
    assert empty_index.rebuild(DOCUMENTS) == len(DOCUMENTS)
    assert empty_index.health().documents == len(DOCUMENTS)


def test_the_same_document_twice_is_one_and_the_last_write_wins(empty_index: SearchIndex) -> None:
    newer = _with(ONE, title={"en": "Designing suspension footbridges"})
    empty_index.apply([ONE, ONE], [])
    empty_index.apply([ONE, newer], [])
    empty_index.apply([newer], [])
    assert empty_index.search(query()).total == 1
    assert ask(empty_index, "suspension") == [ONE["id"]]
    assert empty_index.search(query("concrete")).total == 0


def test_what_is_deleted_is_not_found_and_may_be_deleted_again(empty_index: SearchIndex) -> None:
    empty_index.apply(DOCUMENTS[:3], [])
    for _ in range(2):
        empty_index.apply([], [ONE["id"], "never-seen"])
    assert {hit.id for hit in empty_index.search(query()).hits} == {d["id"] for d in DOCUMENTS[1:3]}
    empty_index.apply([], [])


def test_ensuring_again_changes_nothing(empty_index: SearchIndex) -> None:
    empty_index.rebuild(DOCUMENTS)
    empty_index.ensure()
    assert empty_index.search(query()).total == len(DOCUMENTS)
    assert empty_index.health().ok


def test_a_rebuild_leaves_out_what_is_gone_and_takes_duplicates_once(
    empty_index: SearchIndex,
) -> None:
    empty_index.rebuild(DOCUMENTS)
    empty_index.rebuild([*DOCUMENTS[1:4], DOCUMENTS[1]])
    assert empty_index.search(query()).total == 3
    assert ask(empty_index, "GB 50010") == []


def test_searches_see_the_old_index_or_the_new_one_never_half(empty_index: SearchIndex) -> None:
    empty_index.rebuild(DOCUMENTS[:7])
    seen: list[int] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            seen.append(empty_index.search(query()).total)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    empty_index.rebuild(DOCUMENTS)
    empty_index.rebuild(DOCUMENTS[:7])
    empty_index.rebuild(DOCUMENTS)
    ended.set()
    for reader in readers:
        reader.join()
    assert set(seen) <= {7, len(DOCUMENTS)}
    assert empty_index.search(query()).total == len(DOCUMENTS)


def test_a_rebuild_that_breaks_off_leaves_the_index_as_it_was(empty_index: SearchIndex) -> None:
    empty_index.rebuild(DOCUMENTS[:5])

    def broken() -> Iterator[Document]:
        yield from DOCUMENTS[5:9]
        raise RuntimeError("the catalogue is gone")

    with pytest.raises(RuntimeError, match="the catalogue is gone"):
        empty_index.rebuild(broken())
    assert empty_index.search(query()).total == 5
    assert empty_index.health().ok
    empty_index.rebuild(DOCUMENTS)
    assert empty_index.search(query()).total == len(DOCUMENTS)


def test_hostile_texts_are_kept_as_they_are(empty_index: SearchIndex) -> None:
    title = "<script>alert(1)</script> \ue000{{7*7}}\ue001 \u202eevil " + "long" * 5000
    nasty = _with(ONE, id="nasty", title={"en": title}, summary={}, description={})
    empty_index.apply([nasty], [])
    (hit,) = empty_index.search(query("alert")).hits
    assert hit.highlights["title"].text == title
    assert hit.highlights["title"].ranges == ((8, 13),)
    assert "summary" not in hit.highlights
