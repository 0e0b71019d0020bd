"""Workers that write the same courses at once, are paused, or die: the newest state stays."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.catalogue import COURSE_CHANGED, service
from app.catalogue.model import NewSociety
from app.platform import outbox
from app.platform.db import Database
from app.platform.ids import new_id
from app.search import SearchIndex, SearchUnavailable, state
from app.search.checking import check
from app.search.embedded import EmbeddedIndex
from app.search.indexer import drain, reindex
from app.search.meili import MeilisearchIndex
from app.search.tables import IndexWriteRow
from tests.conftest import NOW, STACK, skip_or_fail
from tests.simulator.indexing import Interrupted, Killed, LockLost
from tests.simulator.search import ask, embedded, on_server


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = LockLost(Database.open(database_url).engine)
    with opened.write() as session:
        service.add_society(session, NewSociety({"en": "A society"}, id="soc"), at=NOW)
    yield opened
    opened.close()


def take(database: Database, remote: str, title: str) -> str:
    with database.write() as session:
        taken = service.take(
            session, {"title": {"en": title}, "url": f"https://soc.example/{remote}"},
            society_id="soc", source_id="feed", remote_id=remote, digest=title, at=NOW,
        )  # fmt: skip
    assert taken.course_id
    return taken.course_id


def withdraw(database: Database, remote: str) -> None:
    with database.write() as session:
        assert service.withdraw(session, source_id="feed", remote_id=remote, at=NOW)


def waiting(database: Database) -> int:
    with database.read() as session:
        return outbox.backlog(session, COURSE_CHANGED).waiting


def drained(database: Database, index: SearchIndex, *, left: int = 0) -> None:
    """Bring the index up to date; ``left`` writes of other processes are under way."""
    for _ in range(100):
        if not waiting(database):
            break
        drain(database, index, at=NOW)
    assert waiting(database) == 0
    with database.read() as session:
        assert len(session.scalars(select(IndexWriteRow.id)).all()) == left


def agrees(database: Database, index: SearchIndex) -> bool:
    return check(database, index, at=NOW).ids == []


def newer(database: Database, index: SearchIndex, change: Callable[[], Any]) -> Callable[[], None]:
    """Another worker: it changes something and brings it to the index, to the end."""

    def work() -> None:
        change()
        assert drain(database, index, at=NOW) >= 1
        assert waiting(database) == 0

    return work


CHANGES: dict[str, Callable[[Database], Any]] = {
    "changed": lambda database: take(database, "1", "Newer pumps"),
    "withdrawn": lambda database: withdraw(database, "1"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_older_state_written_after_a_newer_one_does_not_stay(
    database: Database, empty_index: SearchIndex, change: str
) -> None:
    take(database, "1", "Older pumps")
    other = newer(database, empty_index, lambda: CHANGES[change](database))
    drain(database, Interrupted(empty_index, before=other), at=NOW, limit=1)
    assert len(ask(empty_index, "older")) == 1
    drained(database, empty_index)
    assert ask(empty_index, "older") == []
    assert agrees(database, empty_index)


def test_an_older_withdrawal_written_after_a_return_does_not_stay(
    database: Database, empty_index: SearchIndex
) -> None:
    take(database, "1", "Pumps")
    drain(database, empty_index, at=NOW)
    withdraw(database, "1")
    other = newer(database, empty_index, lambda: take(database, "1", "Pumps again"))
    drain(database, Interrupted(empty_index, before=other), at=NOW, limit=1)
    assert ask(empty_index, "pumps") == []
    drained(database, empty_index)
    assert len(ask(empty_index, "again")) == 1


def test_an_older_name_of_a_society_does_not_stay(
    database: Database, empty_index: SearchIndex
) -> None:
    take(database, "1", "Pumps")

    def rename() -> None:
        with database.write() as session:
            service.rename_society(session, "soc", "Hydraulics Guild", at=NOW)

    other = newer(database, empty_index, rename)
    drain(database, Interrupted(empty_index, before=other), at=NOW, limit=1)
    assert ask(empty_index, "hydraulics") == []
    drained(database, empty_index)
    assert len(ask(empty_index, "hydraulics")) == 1


def test_what_a_worker_wrote_before_it_died_is_written_again(
    database: Database, empty_index: SearchIndex
) -> None:
    take(database, "1", "Older pumps")

    def die() -> None:
        raise Killed

    other = newer(database, empty_index, lambda: take(database, "1", "Newer pumps"))
    with pytest.raises(Killed):
        drain(database, Interrupted(empty_index, before=other, after=die), at=NOW, limit=1)
    assert waiting(database) == 0
    assert len(ask(empty_index, "older")) == 1
    drain(database, empty_index, at=NOW)
    drained(database, empty_index)
    assert len(ask(empty_index, "newer")) == 1
    assert agrees(database, empty_index)


def test_what_a_failing_write_may_yet_do_is_done_again(
    database: Database, empty_index: SearchIndex
) -> None:
    take(database, "1", "Older pumps")

    class Late(Interrupted):
        def apply(self, *given: Any) -> None:
            super().apply(*given)
            raise SearchUnavailable("Nobody waited so long.")

    other = newer(database, empty_index, lambda: take(database, "1", "Newer pumps"))
    with pytest.raises(SearchUnavailable):
        drain(database, Late(empty_index, before=other), at=NOW, limit=1)
    assert waiting(database) == 1
    drained(database, empty_index)
    assert len(ask(empty_index, "newer")) == 1


def test_what_changes_while_the_index_is_built_anew_reaches_the_new_one(
    database: Database, empty_index: SearchIndex
) -> None:
    take(database, "1", "Older pumps")
    take(database, "2", "Valves")

    def happen() -> None:
        take(database, "1", "Newer pumps")
        take(database, "3", "Pipes")
        withdraw(database, "2")
        drain(database, empty_index, at=NOW)

    reindex(database, Interrupted(empty_index, before=happen), at=NOW)
    drained(database, empty_index)
    assert agrees(database, empty_index)
    assert (len(ask(empty_index, "newer")), ask(empty_index, "valves")) == (1, [])


def test_after_a_rebuild_that_died_index_and_catalogue_are_compared(
    database: Database, empty_index: SearchIndex
) -> None:
    take(database, "1", "Older pumps")

    def die() -> None:
        raise Killed

    other = newer(database, empty_index, lambda: take(database, "1", "Newer pumps"))
    with pytest.raises(Killed):
        reindex(database, Interrupted(empty_index, before=other, after=die), at=NOW)
    with database.write() as session:
        state.checked(session, missing=0, surplus=0, stale=0, at=NOW)
    drain(database, empty_index, at=NOW)
    with database.read() as session:
        assert state.get(session).checked_at is None
    found = check(database, empty_index, at=NOW, mend=True)
    assert len(found.stale) == 1
    drained(database, empty_index)
    assert agrees(database, empty_index)


@pytest.mark.slow
def test_workers_rebuilds_and_changes_all_at_once_end_with_the_newest_state(
    database: Database, empty_index: SearchIndex
) -> None:
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            with suppress(SearchUnavailable):
                drain(database, empty_index, at=NOW, limit=7)

    def build() -> None:
        while not ended.is_set():
            with suppress(SearchUnavailable):
                reindex(database, empty_index, at=NOW)

    threads = [threading.Thread(target=each) for each in (work, work, build)]
    for number in range(30):
        take(database, f"{number}", f"Course {number} as it was first")
    for each in threads:
        each.start()
    for turn in range(6):
        for number in range(turn, 30, 2):
            take(database, f"{number}", f"Course {number} at turn {turn}")
            if number % 5 == turn:
                withdraw(database, f"{number}")
    ended.set()
    for each in threads:
        each.join()
    drained(database, empty_index)
    assert agrees(database, empty_index)


DYING = """
import os, signal, sys
from app.platform.db import Database
from app.search.indexer import drain
from tests.conftest import NOW
from tests.functional.search.test_writes_that_cross import opened
from tests.simulator.indexing import Interrupted

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def wait():
    print("read", flush=True)
    sys.stdin.readline()

index = Interrupted(opened(*sys.argv[2:]), before=wait, after=die)
drain(Database.open(sys.argv[1]), index, at=NOW, limit=1)
"""


def opened(kind: str, where: str, key: str = "", uid: str = "") -> SearchIndex:
    """The index of a test, in another process."""
    return EmbeddedIndex(Path(where)) if kind == "embedded" else MeilisearchIndex(where, key, uid)


@contextmanager
def shared(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[SearchIndex, list[str]]]:
    """An index, and what another process must know to open it."""
    if STACK == "small":
        with embedded(folder) as index:
            yield index, ["embedded", str(folder / "index")]
        return
    server = request.getfixturevalue("meilisearch_server")
    if server is None:
        skip_or_fail("no Meilisearch: install npm or set MEILI_URL")
    uid = f"test-{new_id()}"
    with on_server(server, uid=uid) as index:
        yield index, ["meilisearch", *server, uid]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_another_process_that_wakes_writes_an_old_state_and_is_killed_leaves_the_newest_one(
    database: Database, database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    take(database, "1", "Older pumps")
    with shared(request, tmp_path) as (index, words):
        command = [sys.executable, "-c", DYING, database_url, *words]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other:
            assert other.stdin
            assert other.stdout
            assert other.stdout.readline() == "read\n"
            take(database, "1", "Newer pumps")
            drained(database, index, left=1)
            other.stdin.write("go on\n")
            other.stdin.flush()
            assert other.wait(120) == -signal.SIGKILL
        assert waiting(database) == 0
        assert (len(ask(index, "older")), ask(index, "newer")) == (1, [])
        drain(database, index, at=NOW)
        drained(database, index)
        assert len(ask(index, "newer")) == 1
        assert agrees(database, index)
