"""The embedded engine when processes are killed, disks are full and files are damaged."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from app.platform.settings import Settings
from app.search import Document, SearchUnavailable
from app.search.embedded import EmbeddedIndex
from app.wiring import open_node
from app.worker import Worker
from tests.simulator import site
from tests.simulator.search import DOCUMENTS, ask, query

ONE = DOCUMENTS[0]
PRELUDE = """
import json, sys
from pathlib import Path
from app.search.embedded import EmbeddedIndex
from app.search.index import Query, SearchUnavailable
index = EmbeddedIndex(Path(sys.argv[1]))
one = json.loads(sys.argv[2])

def say(word):
    print(word, flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    index = EmbeddedIndex(tmp_path / "index")
    index.ensure()
    index.rebuild(DOCUMENTS)
    index.close()
    return tmp_path / "index"


@contextmanager
def another_process(folder: Path, script: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that has ``index`` in the same folder; killed at the end, if it still runs."""
    command = [sys.executable, "-c", PRELUDE + script, str(folder), json.dumps(ONE)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def _heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def _generation(folder: Path) -> Path:
    return folder / json.loads((folder / "current.json").read_bytes())["generation"]


def _change_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x10
    path.write_bytes(content)


def _folders(folder: Path) -> int:
    return sum(place.is_dir() for place in folder.iterdir())


@pytest.mark.slow
def test_a_process_killed_while_it_writes_loses_nothing_it_was_told_is_in(folder: Path) -> None:
    writing = """
for number in range(10_000):
    index.apply([{**one, "id": f"new-{number}"}], [])
    say(number)
"""
    for _ in range(3):
        with another_process(folder, writing) as process:
            last = [_heard(process) for _ in range(4)][-1]
            process.kill()
            process.wait()
        index = EmbeddedIndex(folder)
        found = set(ask(index, per_page=1000))
        assert found >= {f"new-{number}" for number in range(int(last) + 1)}
        assert found >= {document["id"] for document in DOCUMENTS}
        assert index.health().ok
        index.apply([], [f"new-{number}" for number in range(10_000)])
        assert index.search(query()).total == len(DOCUMENTS)


@pytest.mark.slow
def test_a_process_killed_while_it_rebuilds_leaves_the_index_as_it_was(folder: Path) -> None:
    rebuilding = """
def documents():
    for number in range(10_000):
        yield {**one, "id": f"new-{number}"}
        if number == 2_000:
            say("half")
            sys.stdin.read()

index.rebuild(documents())
"""
    with another_process(folder, rebuilding) as process:
        assert _heard(process) == "half"
        index = EmbeddedIndex(folder)
        assert index.search(query()).total == len(DOCUMENTS)
        index.apply([], [ONE["id"]])
        assert index.search(query()).total == len(DOCUMENTS) - 1
        process.kill()
        process.wait()
    assert index.search(query()).total == len(DOCUMENTS) - 1
    assert _folders(folder) == 3
    assert index.rebuild(DOCUMENTS) == len(DOCUMENTS)
    assert _folders(folder) == 2
    assert index.search(query()).total == len(DOCUMENTS)


@pytest.mark.slow
def test_what_another_process_writes_is_seen_at_once(folder: Path) -> None:
    index = EmbeddedIndex(folder)
    assert index.search(query()).total == len(DOCUMENTS)
    writing = """
for line in sys.stdin:
    index.apply([{**one, "id": line.strip()}], [])
    say("done")
"""
    with another_process(folder, writing) as process:
        assert process.stdin
        for number in range(1, 4):
            process.stdin.write(f"new-{number}\n")
            process.stdin.flush()
            assert _heard(process) == "done"
            assert index.search(query()).total == len(DOCUMENTS) + number


@pytest.mark.slow
def test_a_second_writer_waits_for_the_first(folder: Path) -> None:
    index = EmbeddedIndex(folder, patience=60)
    holding = """
import tantivy
writer = tantivy.Index.open(sys.argv[3]).writer(15_000_000, 1)
say("held")
sys.stdin.read()
"""
    command = holding.replace("sys.argv[3]", repr(str(_generation(folder))))
    with another_process(folder, command) as process:
        assert _heard(process) == "held"
        waiting = threading.Thread(target=index.apply, args=([], [ONE["id"]]))
        waiting.start()
        assert index.search(query()).total == len(DOCUMENTS)
        process.communicate()
        waiting.join()
    assert index.search(query()).total == len(DOCUMENTS) - 1


@pytest.mark.slow
def test_a_full_disk_is_said_and_loses_nothing(folder: Path) -> None:
    """No file of the child may grow beyond 20 kB, as if the disk had no more room."""
    writing = """
import resource
many = [{**one, "id": f"new-{n}", "title": {"en": f"Bridge {n * 7919} " * 20}} for n in range(500)]
allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, allowed[1]))
for write in (lambda: index.apply(many, []), lambda: index.rebuild(many)):
    try:
        write()
    except SearchUnavailable as error:
        say(f"{error.code} {index.search(Query()).total}")
resource.setrlimit(resource.RLIMIT_FSIZE, allowed)
index.apply(many, [])
say(index.search(Query()).total)
"""
    with another_process(folder, writing) as process:
        told = f"search-unavailable {len(DOCUMENTS)}"
        assert [_heard(process) for _ in range(3)] == [told, told, str(len(DOCUMENTS) + 500)]
        process.communicate()
    assert _folders(folder) == 2
    assert EmbeddedIndex(folder).health().ok


def test_a_rebuild_holds_up_neither_writers_nor_readers(folder: Path) -> None:
    index, other = EmbeddedIndex(folder), EmbeddedIndex(folder, patience=0)

    def documents() -> Iterator[Document]:
        yield from DOCUMENTS[:-1]
        for number, writer in enumerate((index, other)):
            writer.apply([{**ONE, "id": f"beside-{number}"}], [])
            assert other.search(query()).total == len(DOCUMENTS) + number + 1
        yield DOCUMENTS[-1]

    assert index.rebuild(documents()) == len(DOCUMENTS)
    for reader in (index, other):
        assert reader.search(query()).total == len(DOCUMENTS)


@pytest.mark.parametrize("file", ["store", "fast", "term", "idx"])
def test_a_changed_byte_is_noticed_when_a_process_first_looks(folder: Path, file: str) -> None:
    _change_a_byte(next(_generation(folder).glob(f"*.{file}")))
    index = EmbeddedIndex(folder)
    health = index.health()
    assert (health.ok, health.needs_rebuild) == (False, True)
    assert EmbeddedIndex(folder).health().needs_rebuild
    index.rebuild(DOCUMENTS)
    assert index.health().ok
    assert index.search(query()).total == len(DOCUMENTS)


def test_damage_that_a_search_meets_is_told_to_every_process(folder: Path) -> None:
    index, other = EmbeddedIndex(folder), EmbeddedIndex(folder)
    assert index.health().ok
    assert other.health().ok
    path = next(_generation(folder).glob("*.store"))
    whole = path.read_bytes()
    with path.open("r+b") as file:  # in place, as a failing disk would: the engine has it mapped
        file.write(b"\xff" * (len(whole) * 3 // 4))
    with pytest.raises(SearchUnavailable, match="opencpd reindex"):
        index.search(query("bridge"))
    assert other.health().needs_rebuild
    other.rebuild(DOCUMENTS)
    assert other.health().ok
    assert index.search(query()).total == len(DOCUMENTS)


def test_an_index_whose_folder_is_removed_is_asked_for_anew(folder: Path) -> None:
    index = EmbeddedIndex(folder)
    assert index.search(query()).total == len(DOCUMENTS)
    shutil.rmtree(folder)
    for attempt in (lambda: index.search(query()), lambda: index.apply([ONE], [])):
        with pytest.raises(SearchUnavailable, match="no search index yet"):
            attempt()
    assert index.health().needs_rebuild
    index.ensure()
    with pytest.raises(SearchUnavailable, match="built anew"):
        index.search(query())
    index.rebuild(DOCUMENTS)
    assert index.search(query()).total == len(DOCUMENTS)


def test_a_generation_removed_under_our_feet_is_asked_for_anew(folder: Path) -> None:
    index = EmbeddedIndex(folder)
    assert index.health().ok
    shutil.rmtree(_generation(folder))
    with pytest.raises(SearchUnavailable):
        index.search(query())
    assert index.health().needs_rebuild
    index.rebuild(DOCUMENTS)
    assert index.health().ok


def test_a_folder_gone_during_a_rebuild_is_said(folder: Path) -> None:
    index = EmbeddedIndex(folder)

    def documents() -> Iterator[Document]:
        yield from DOCUMENTS[:5]
        folder.rename(folder.with_name("away"))
        yield from DOCUMENTS[5:]

    with pytest.raises(SearchUnavailable):
        index.rebuild(documents())
    index.ensure()
    index.rebuild(DOCUMENTS)
    assert index.search(query()).total == len(DOCUMENTS)


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["another version", "a changed byte", "no folder"])
def test_the_worker_builds_a_spoilt_index_anew_by_itself(
    tmp_path: Path, database_url: str, now: datetime, harm: str
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=database_url, _env_file=None)
    folder = tmp_path / "index"
    with closing(open_node(settings)) as node:
        site.fill(node.database, node.index)
        Worker(node, now=lambda: now).turn()
        count = node.index.search(query()).total
        assert count > 1
    if harm == "another version":
        pointer = folder / "current.json"
        pointer.write_text(json.dumps({**json.loads(pointer.read_bytes()), "format": "0"}))
    elif harm == "a changed byte":
        _change_a_byte(next(_generation(folder).glob("*.fast")))
    else:
        shutil.rmtree(folder)
    with closing(open_node(settings)) as node:
        Worker(node, now=lambda: now).turn()
        assert node.index.health().ok
        assert node.index.search(query()).total == count
