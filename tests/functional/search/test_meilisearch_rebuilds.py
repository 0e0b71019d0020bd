"""A rebuild that is killed, has company, or loses its server; and how documents travel."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import meilisearch
import pytest

from app.platform.ids import new_id
from app.search import Document, DocumentsRefused
from app.search.meili import MeilisearchIndex, feeding, rebuilding
from tests.conftest import skip_or_fail
from tests.simulator.search import DOCUMENTS, query

pytestmark = pytest.mark.stack

ROOT = Path(__file__).resolve().parents[3]
HALF = """
import sys
from app.search.meili import MeilisearchIndex, feeding
from tests.simulator.search import DOCUMENTS
feeding.MOST_DOCUMENTS = 3
def some():
    yield from DOCUMENTS[:12]
    print("half", flush=True)
    sys.stdin.read()
MeilisearchIndex(*sys.argv[1:4], indexes=int(sys.argv[4])).rebuild(some())
"""


@pytest.fixture
def server(meilisearch_server: tuple[str, str] | None) -> tuple[str, str]:
    if meilisearch_server is None:
        skip_or_fail("no Meilisearch: install npm or set MEILI_URL")
    return meilisearch_server


@pytest.fixture
def client(server: tuple[str, str]) -> meilisearch.Client:
    return meilisearch.Client(*server)


@pytest.fixture
def uid(client: meilisearch.Client) -> Iterator[str]:
    name = f"test-{new_id()}"
    yield name
    for each in _beginning(client, name):
        client.delete_index(each)


def _beginning(client: meilisearch.Client, uid: str) -> list[str]:
    found = client.get_indexes({"limit": 1000})["results"]
    return [each.uid for each in found if each.uid.startswith(uid)]


def _opened(server: tuple[str, str], uid: str, *, indexes: int) -> MeilisearchIndex:
    index = MeilisearchIndex(*server, uid, indexes=indexes, look_seconds=0.05)
    index.ensure()
    return index


def _settled(client: meilisearch.Client) -> None:
    """Until the server has nothing to do."""
    waiting = client.get_tasks({"limit": 1}).results
    if waiting:
        client.wait_for_task(waiting[0].uid, 20_000)


@pytest.mark.slow
@pytest.mark.parametrize("indexes", [1, 3])
def test_killed_mid_way_it_leaves_the_index_whole_and_the_rest_to_the_next(
    server: tuple[str, str], client: meilisearch.Client, uid: str, indexes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    index = _opened(server, uid, indexes=indexes)
    index.rebuild(DOCUMENTS[:7])
    _settled(client)
    before = set(_beginning(client, uid))
    killed = subprocess.Popen(
        [sys.executable, "-c", HALF, *server, uid, str(indexes)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"half\n"
        killed.send_signal(signal.SIGKILL)
    _settled(client)
    assert len(set(_beginning(client, uid)) - before) == indexes
    assert index.search(query()).total == 7
    assert index.health().ok
    index.rebuild(DOCUMENTS)  # too soon: somebody may still be working at it
    _settled(client)
    assert len(_beginning(client, uid)) == len(before) + indexes
    monkeypatch.setattr(rebuilding, "ABANDONED", timedelta(seconds=-1))
    index.rebuild(DOCUMENTS)
    _settled(client)
    assert len(_beginning(client, uid)) == len(before)
    assert index.search(query()).total == len(DOCUMENTS)
    index.close()


@pytest.mark.slow
@pytest.mark.parametrize("indexes", [1, 2])
def test_two_at_once_leave_one_whole_index_and_nothing_else(
    server: tuple[str, str], client: meilisearch.Client, uid: str, indexes: int
) -> None:
    both = [_opened(server, uid, indexes=indexes) for _ in range(2)]
    both[0].rebuild(DOCUMENTS[:7])
    _settled(client)
    before = len(_beginning(client, uid))
    together = threading.Barrier(2, timeout=20)

    def some() -> Iterator[Document]:
        yield from DOCUMENTS[:12]
        together.wait()
        yield from DOCUMENTS[12:]

    threads = [threading.Thread(target=index.rebuild, args=(some(),)) for index in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _settled(client)
    for index in both:
        assert index.search(query()).total == len(DOCUMENTS)
        assert index.health().ok
        index.close()
    assert len(_beginning(client, uid)) <= before + indexes  # of the one that was overtaken


def test_what_is_applied_while_a_rebuild_swaps_is_not_lost(
    server: tuple[str, str], uid: str
) -> None:
    index, other = _opened(server, uid, indexes=1), _opened(server, uid, indexes=1)
    index.rebuild(DOCUMENTS[:7])
    ended = threading.Event()
    added = {**DOCUMENTS[8], "id": "added-meanwhile"}

    def rebuild() -> None:
        try:
            other.rebuild(DOCUMENTS[:7])
        finally:
            ended.set()

    thread = threading.Thread(target=rebuild)
    thread.start()
    while not ended.is_set():
        index.apply([added], [])
    index.apply([added], [])
    thread.join()
    assert index.search(query()).total == 8
    for each in (index, other):
        each.close()


@pytest.mark.parametrize("indexes", [1, 3])
def test_bad_documents_among_many_batches_are_all_named(
    server: tuple[str, str], uid: str, indexes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "MOST_DOCUMENTS", 5)
    index = _opened(server, uid, indexes=indexes)
    bad = [{**DOCUMENTS[0], "id": f"not an id {n}!"} for n in range(3)]
    mixed = [bad[0], *DOCUMENTS[:11], bad[1], *DOCUMENTS[11:], bad[2]]
    with pytest.raises(DocumentsRefused) as caught:
        index.apply(mixed, [])
    assert set(caught.value.refused) == {each["id"] for each in bad}
    assert "identifier" in next(iter(caught.value.refused.values()))
    assert index.search(query()).total == len(DOCUMENTS)
    index.close()


def test_batches_are_bounded_by_documents_and_by_bytes(
    server: tuple[str, str], uid: str, client: meilisearch.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "MOST_DOCUMENTS", 10)
    monkeypatch.setattr(feeding, "MOST_BYTES", 30_000)
    index = _opened(server, uid, indexes=1)
    long = {**DOCUMENTS[0], "id": "long", "provider": "x" * 20_000}
    index.apply([*DOCUMENTS[:20], long, {**long, "id": "longer", "provider": "y" * 40_000}], [])
    assert index.search(query()).total == 22
    sent = [
        task.details["receivedDocuments"]
        for task in client.get_tasks({"indexUids": uid, "limit": 100}).results
        if task.type == "documentAdditionOrUpdate"
    ][:-1]  # but for the one that every new index is given and rid of again
    assert sum(sent) == 22
    assert max(sent) <= 10
    assert sent[:1] == [1]  # the one that is larger than a batch travels alone
    index.close()


def test_no_more_batches_are_under_way_than_allowed(
    server: tuple[str, str], uid: str, client: meilisearch.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "MOST_DOCUMENTS", 1)
    monkeypatch.setattr(feeding, "IN_FLIGHT", 3)
    most = 0

    def watched() -> Iterator[Document]:
        nonlocal most
        for document in DOCUMENTS:
            waiting = client.get_tasks({"statuses": "enqueued,processing", "limit": 100}).results
            building = [each for each in waiting if str(each.index_uid).startswith(f"{uid}-")]
            most = max(most, len(building))
            yield document

    index = _opened(server, uid, indexes=1)
    index.rebuild(watched())
    assert most <= 3
    assert index.search(query()).total == len(DOCUMENTS)
    index.close()


def test_the_last_document_of_an_id_wins_even_past_a_bad_batch(
    server: tuple[str, str], uid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "MOST_DOCUMENTS", 2)
    newer = {**DOCUMENTS[1], "title": {"en": "Zebra crossings"}}
    bad = {**DOCUMENTS[0], "id": "not an id!"}
    index = _opened(server, uid, indexes=1)
    with pytest.raises(DocumentsRefused):
        index.rebuild([DOCUMENTS[1], bad, newer, *DOCUMENTS[2:5]])
    found = index.search(query("zebra"))
    assert [hit.id for hit in found.hits] == [newer["id"]]
    assert index.search(query()).total == 4
    index.close()


def _types(client: meilisearch.Client, uid: str) -> Sequence[str]:
    return [str(each.type) for each in client.get_tasks({"indexUids": uid, "limit": 100}).results]


def test_a_deletion_and_what_is_put_after_it_keep_their_order(
    server: tuple[str, str], uid: str, client: meilisearch.Client
) -> None:
    index = _opened(server, uid, indexes=1)
    index.apply(DOCUMENTS[:4], [])
    index.apply(DOCUMENTS[:2], [DOCUMENTS[0]["id"], DOCUMENTS[3]["id"]])
    assert {hit.id for hit in index.search(query()).hits} == {d["id"] for d in DOCUMENTS[:3]}
    assert _types(client, uid)[:2] == ["documentAdditionOrUpdate", "documentDeletion"]
    index.close()
