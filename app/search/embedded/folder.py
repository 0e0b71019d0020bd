"""The folder of the embedded engine: generations of the index, and which of them is in use.

``current.json`` names the generation in use and is replaced in one step, so a reader in any
process sees one whole index or the other. A generation that a rebuild is filling has the engine's
lock on it, which is how one that was given up is told from one that is to come.
"""

import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import tantivy

from app.search.embedded.trouble import Busy, engine_trouble
from app.search.index import SearchUnavailable

LEAST_HEAP = 15_000_000


@dataclass(frozen=True, slots=True)
class Current:
    """What ``current.json`` says. ``whole`` once the generation was filled by a rebuild.

    ``instead`` when it stands in for an index that could not be used: it has some documents or
    none, and no search may take them for all.
    """

    generation: str
    format: str
    whole: bool
    previous: str | None = None
    instead: bool = False


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._pointer = path / "current.json"

    def pointer(self) -> bytes:
        """Raises ``OSError``."""
        return self._pointer.read_bytes()

    def has_pointer(self) -> bool:
        return self._pointer.exists()

    def current(self) -> Current | None:
        """What the pointer says; ``None`` when there is none that can be read."""
        try:
            return read_pointer(self.pointer())
        except (OSError, ValueError, TypeError):
            return None

    def place(self, generation: str) -> Path:
        """Where a generation is: in this folder, whatever its name says."""
        return self.path / Path(generation).name

    def point_at(self, current: Current) -> None:
        """Replace ``current.json`` in one step, once it is on the disk."""
        draft = self.path / f"current-{current.generation}.json"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(asdict(current), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._pointer)

    def say_damaged(self, generation: str) -> None:
        """Leave word for every process that this generation must be built anew."""
        with suppress(OSError):  # the disk is full or the folder gone: the next search says so
            (self.path / f"{Path(generation).name}.damaged").touch()

    def is_damaged(self, generation: str) -> bool:
        return (self.path / f"{Path(generation).name}.damaged").exists()

    def remove(self, generation: str) -> None:
        shutil.rmtree(self.place(generation), ignore_errors=True)

    def clean_up(self, *, before: str) -> None:
        """Remove what nobody uses and was begun before the generation ``before``.

        That is not the generation in use, not the one before it, which a reader may be opening,
        and none that is being filled: names are in the order in which they were made.
        """
        current = self.current()
        if current is None or not self.path.is_dir():
            return
        kept = {current.generation, current.previous}
        for found in list(self.path.iterdir()):
            name = found.name.removeprefix("current-").partition(".")[0]
            if name in kept or name >= before or found.name == self._pointer.name:
                continue
            if _is_being_filled(self.place(name)):
                continue
            if found.is_dir():
                shutil.rmtree(found, ignore_errors=True)
            else:
                found.unlink(missing_ok=True)


def read_pointer(pointer: bytes) -> Current:
    """Raises ``ValueError`` or ``TypeError``."""
    return Current(**json.loads(pointer))


def _is_being_filled(place: Path) -> bool:
    try:
        with engine_trouble():
            writer = tantivy.Index.open(str(place)).writer(LEAST_HEAP, 1)
            del writer
    except Busy:
        return True
    except SearchUnavailable:
        pass  # it cannot even be opened
    return False
