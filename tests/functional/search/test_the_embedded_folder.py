"""The embedded engine's folder: several processes, damage, old versions."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.search import SearchUnavailable
from app.search.embedded import EmbeddedIndex
from tests.simulator.search import DOCUMENTS, ask, query


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    index = EmbeddedIndex(tmp_path)
    index.ensure()
    index.rebuild(DOCUMENTS)
    index.close()
    return tmp_path


def _generation(folder: Path) -> Path:
    return folder / json.loads((folder / "current.json").read_bytes())["generation"]


def test_without_ensure_there_is_no_index(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "none")
    with pytest.raises(SearchUnavailable, match="opencpd reindex"):
        index.search(query("bridge"))
    assert index.health().needs_rebuild


def test_another_reader_sees_a_rebuild(folder: Path) -> None:
    reader, writer = EmbeddedIndex(folder), EmbeddedIndex(folder)
    assert reader.search(query()).total == len(DOCUMENTS)
    writer.rebuild(DOCUMENTS[:2])
    assert reader.search(query()).total == 2
    writer.rebuild(DOCUMENTS[:3])
    writer.rebuild(DOCUMENTS[:4])
    assert reader.search(query()).total == 4
    assert len([place for place in folder.iterdir() if place.is_dir()]) == 2


def test_a_second_writer_is_told_that_the_index_is_busy(folder: Path) -> None:
    held = (
        "import sys, tantivy\n"
        "writer = tantivy.Index.open(sys.argv[1]).writer(15_000_000, 1)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", held, str(_generation(folder))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as other:  # type: ignore[call-overload]
        assert other.stdout.readline() == "held\n"
        index = EmbeddedIndex(folder, patience=0.1)
        with pytest.raises(SearchUnavailable, match="Another process is writing"):
            index.apply(DOCUMENTS[:1], [])
        assert index.search(query()).total == len(DOCUMENTS)
        other.communicate()
    index.apply([], [DOCUMENTS[0]["id"]])
    assert index.search(query()).total == len(DOCUMENTS) - 1


def test_a_generation_being_built_elsewhere_is_left_alone(folder: Path) -> None:
    building, other = EmbeddedIndex(folder), EmbeddedIndex(folder)

    def documents() -> object:
        yield from DOCUMENTS[:3]
        assert other.rebuild(DOCUMENTS[:9]) == 9
        yield from DOCUMENTS[3:6]

    assert building.rebuild(documents()) == 6  # type: ignore[arg-type]
    assert building.search(query()).total == other.search(query()).total == 6


@pytest.mark.parametrize("damage", ["pointer", "meta", "segments", "vanished", "version"])
def test_a_broken_or_old_index_is_replaced_by_one_that_asks_for_a_rebuild(
    folder: Path, damage: str
) -> None:
    generation = _generation(folder)
    pointer = folder / "current.json"
    if damage == "pointer":
        pointer.write_text("{not json")
    elif damage == "meta":
        (generation / "meta.json").write_text("[]")
    elif damage == "segments":
        for file in generation.glob("*.*"):
            if file.suffix in {".term", ".store", ".idx", ".fast", ".fieldnorm"}:
                file.write_bytes(b"\x00" * 7)
    elif damage == "vanished":
        generation.rename(folder / "elsewhere")
    else:
        pointer.write_text(json.dumps({**json.loads(pointer.read_bytes()), "format": "0"}))
    index = EmbeddedIndex(folder)
    with pytest.raises(SearchUnavailable, match="opencpd reindex"):
        index.search(query("bridge"))
    assert not index.health().ok
    index.ensure()
    assert index.health().needs_rebuild
    with pytest.raises(SearchUnavailable, match="built anew"):
        index.search(query("bridge"))
    index.apply(DOCUMENTS[:1], [])
    with pytest.raises(SearchUnavailable, match="built anew"):
        index.search(query("bridge"))
    index.rebuild(DOCUMENTS)
    assert index.health().ok
    assert "en-bridge-design" in ask(index, "bridge")


def test_a_pointer_cannot_lead_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    pointer = folder / "current.json"
    evil = {**json.loads(pointer.read_bytes()), "generation": "../../etc"}
    pointer.write_text(json.dumps(evil))
    with pytest.raises(SearchUnavailable):
        EmbeddedIndex(folder).search(query())


def test_a_writer_that_was_killed_leaves_every_commit_and_no_lock(folder: Path) -> None:
    script = (
        "import os, sys, tantivy\n"
        "writer = tantivy.Index.open(sys.argv[1]).writer(15_000_000, 1)\n"
        "writer.delete_all_documents()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(_generation(folder))], check=False)
    index = EmbeddedIndex(folder)
    assert index.search(query()).total == len(DOCUMENTS)
    index.apply([], [DOCUMENTS[0]["id"]])
    assert index.search(query()).total == len(DOCUMENTS) - 1
