"""One commit of one generation, as searches see it, with what is remembered of it."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path

import tantivy

from app.search.embedded.facets import FacetCounts
from app.search.embedded.fields import SCHEMA
from app.search.embedded.folder import Current, Folder, read_pointer
from app.search.embedded.trouble import MEND, engine_trouble
from app.search.embedded.vocabulary import Vocabulary
from app.search.index import SearchUnavailable

_TRIES = 3


@dataclass(slots=True)
class Snapshot:
    """``checked`` once the files of its generation were read from end to end.

    ``suspected`` once they were read again, because something went wrong with this commit.
    """

    pointer: bytes
    commit: Hashable
    current: Current
    index: tantivy.Index
    searcher: tantivy.Searcher
    counts: FacetCounts = field(init=False)
    vocabulary: Vocabulary = field(init=False)
    checked: bool = False
    suspected: bool = False

    def __post_init__(self) -> None:
        self.counts = FacetCounts(self.searcher)
        self.vocabulary = Vocabulary(self.searcher)


def is_latest(folder: Folder, snapshot: Snapshot) -> bool:
    """Whether ``snapshot`` is what searches are to see. Raises ``OSError``."""
    return (
        folder.pointer() == snapshot.pointer
        and _commit(folder.place(snapshot.current.generation)) == snapshot.commit
    )


def take(folder: Folder, before: Snapshot | None, *, format_: str) -> Snapshot:
    """The latest commit of the generation in use, made of ``before`` where that is of it.

    A generation may be replaced and removed between reading its name and opening it, so this
    looks again. Raises ``SearchUnavailable`` when there is none to be used.
    """
    for _ in range(_TRIES):
        try:
            pointer = folder.pointer()
        except FileNotFoundError as error:
            raise SearchUnavailable(f"There is no search index yet; {MEND}.") from error
        except OSError as error:
            raise SearchUnavailable(f"The search index cannot be read; {MEND}.") from error
        try:
            with engine_trouble():
                return _taken(folder, pointer, before, format_)
        except SearchUnavailable as error:
            trouble = error
        if _pointer_or_nothing(folder) == pointer:
            break
    raise trouble


def _taken(folder: Folder, pointer: bytes, before: Snapshot | None, format_: str) -> Snapshot:
    try:
        current = read_pointer(pointer)
    except (ValueError, TypeError) as error:
        raise SearchUnavailable(f"The search index cannot be read; {MEND}.") from error
    place = folder.place(current.generation)
    commit = _commit(place)
    if before is not None and before.pointer == pointer:
        before.index.reload()
        index, checked = before.index, before.checked
    else:
        index, checked = _opened(place, current, format_), False
    return Snapshot(pointer, commit, current, index, index.searcher(), checked=checked)


def _opened(place: Path, current: Current, format_: str) -> tantivy.Index:
    other = f"The search index is of another version; {MEND}."
    if current.format != format_:
        raise SearchUnavailable(other)
    index = tantivy.Index.open(str(place))
    if index.schema != SCHEMA:
        raise SearchUnavailable(other)
    index.config_reader("Manual")
    return index


def _commit(place: Path) -> Hashable:
    """Differs after every commit, by whichever process: the engine replaces this file then."""
    found = (place / "meta.json").stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _pointer_or_nothing(folder: Folder) -> bytes | None:
    try:
        return folder.pointer()
    except OSError:
        return None
