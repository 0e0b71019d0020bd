"""The embedded engine: tantivy over one folder, no server.

A rebuild fills a generation of its own (``folder``) and then makes it the one in use in one step.
A search sees one commit of one generation from beginning to end (``snapshot``), whichever process
made it.

One writer at a time, over all processes: the engine's own lock says so. The second one waits for
some seconds and is then told that the index is busy. What this engine cannot do: typing errors in
the first letter of a word; Urdu is folded, not stemmed.

An attacker who can write the folder can change what searches find; nothing else is decided by it.
"""

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tantivy

from app.platform.ids import new_id
from app.search.analyse import query_terms
from app.search.embedded import snapshot
from app.search.embedded.damage import damage
from app.search.embedded.fields import SCHEMA, stored
from app.search.embedded.finding import first_stage
from app.search.embedded.folder import Current, Folder
from app.search.embedded.snapshot import Snapshot
from app.search.embedded.trouble import MEND, Busy, engine_trouble
from app.search.highlight import Highlighter
from app.search.index import (
    Document,
    Health,
    Hit,
    Query,
    Results,
    SearchUnavailable,
)
from app.search.searchable import VERSION

LAYOUT = 1
"""Raised when ``fields`` puts other values into the same columns; other columns are noticed."""

FORMAT = f"{VERSION}-{LAYOUT}-tantivy-{version('tantivy')}"
"""An index of another format is not opened: the engine may change its files between versions."""

HEAP = 32_000_000
"""Bytes of documents that are held before they are written; a rebuild holds twice as many."""

PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.05


class EmbeddedIndex:
    """A ``SearchIndex`` in one folder. ``patience`` is how long a writer waits for another."""

    def __init__(self, folder: Path, *, patience: float = PATIENCE_SECONDS) -> None:
        self._folder = Folder(folder)
        self._patience = patience
        self._writing = threading.RLock()
        self._opening = threading.Lock()
        self._never = threading.Event()
        self._latest: Snapshot | None = None

    def ensure(self) -> None:
        with self._writing, engine_trouble():
            try:
                found = self._snapshot()
                self._check(found)
                if not self._folder.is_damaged(found.current.generation):
                    return
            except SearchUnavailable:
                pass
            self._start_empty(instead=self._latest is not None or self._folder.has_pointer())

    def _start_empty(self, *, instead: bool) -> None:
        name = new_id()
        self._folder.place(name).mkdir(parents=True)
        tantivy.Index(SCHEMA, path=str(self._folder.place(name)))
        self._folder.point_at(Current(name, FORMAT, whole=False, instead=instead))

    def apply(self, upserts: Sequence[Document], deletes: Sequence[str]) -> None:
        latest = {document["id"]: document for document in upserts}
        if not latest and not deletes:
            return
        with self._writing, self._suspicion():
            found = self._snapshot()
            with self._writer(found.index, HEAP) as writer:
                for key in {*latest, *deletes}:
                    writer.delete_documents_by_term("id", key)
                for document in latest.values():
                    writer.add_document(stored(document))
                writer.commit()
            self._snapshot()

    def rebuild(self, documents: Iterable[Document]) -> int:
        name = new_id()
        place = self._folder.place(name)
        with engine_trouble():
            self._folder.clean_up(before=name)
            place.mkdir(parents=True)
        try:
            with engine_trouble():
                index = tantivy.Index(SCHEMA, path=str(place))
            with self._writer(index, 2 * HEAP) as writer:
                count = _fill(writer, documents)
            with self._writing, engine_trouble(), self._writer(index, HEAP):
                # The lock of the new generation is held, so that nobody takes it for a ruin.
                before = self._folder.current()
                previous = before.generation if before else None
                self._folder.point_at(Current(name, FORMAT, whole=True, previous=previous))
        finally:
            found = self._folder.current()
            if found is None or found.generation != name:
                self._folder.remove(name)
        with engine_trouble():
            self._folder.clean_up(before=name)
        return count

    def search(self, query: Query) -> Results:
        terms = query_terms(query.text, locale=query.locale)
        with self._suspicion():
            found = self._snapshot()
            if found.current.instead and not found.current.whole:
                raise SearchUnavailable(f"The search index waits to be built anew; {MEND}.")
            stage = first_stage(found, terms, query)
            documents = [_document(found.searcher, address) for address in stage.page]
            # The text instead of its terms: these are hashed anew for each facet, and are many.
            key = (stage.number, query.text, query.locale) if query.text else None
            facets = found.counts.of(stage.matching, query, key=key)
        highlighter = Highlighter(terms, locale=query.locale)
        hits = tuple(Hit(d["id"], d, highlighter.all(d)) for d in documents)
        return Results(hits, stage.total, query.page, query.per_page, facets, stage.loose)

    def health(self) -> Health:
        try:
            with engine_trouble():
                found = self._snapshot()
                self._check(found)
                count = found.searcher.num_docs
                damaged = self._folder.is_damaged(found.current.generation)
        except SearchUnavailable as error:
            return Health(ok=False, detail=error.detail, documents=0, needs_rebuild=True)
        if damaged:
            detail = f"The search index is damaged; {MEND}."
            return Health(ok=False, detail=detail, documents=count, needs_rebuild=True)
        if not found.current.whole:
            detail = f"The search index is new and not yet filled; {MEND}."
            return Health(ok=False, detail=detail, documents=count, needs_rebuild=True)
        return Health(ok=True, detail="The embedded search index answers.", documents=count)

    def close(self) -> None:
        with self._opening:
            self._latest = None

    def _snapshot(self) -> Snapshot:
        """What is to be seen now; raises ``SearchUnavailable`` when there is none to be used."""
        found = self._latest
        if found is not None and self._is_latest(found):
            return found
        with self._opening:
            found = self._latest
            if found is None or not self._is_latest(found):
                found = self._latest = snapshot.take(self._folder, found, format_=FORMAT)
            return found

    def _is_latest(self, found: Snapshot) -> bool:
        try:
            return snapshot.is_latest(self._folder, found)
        except OSError:
            return False

    @contextmanager
    def _suspicion(self) -> Iterator[None]:
        """Turn the engine's errors into ours, and look at its files when there was one.

        Only damage that can be seen in the files leads to a rebuild, and each commit is looked at
        once: else a query that the engine stumbles over would keep the node busy.
        """
        try:
            with engine_trouble():
                yield
        except Busy:
            raise
        except SearchUnavailable:
            found = self._latest
            if found is not None and not found.suspected:
                found.suspected, found.checked = True, False
                self._check(found)
            raise

    def _check(self, found: Snapshot) -> None:
        """Read the files of a generation from end to end, when this process first meets it."""
        if found.checked:
            return
        found.checked = True
        if damage(self._folder.place(found.current.generation)):
            self._folder.say_damaged(found.current.generation)

    @contextmanager
    def _writer(self, index: tantivy.Index, heap: int) -> Iterator[tantivy.IndexWriter]:
        """The engine's writer: one at a time, waited for, and let go of whatever happens."""
        writer, used = self._wait_for_writer(index, heap), False
        try:
            yield writer
            used = True
        finally:
            # This is what lets go of the engine's lock; an error before it says more than its own.
            with nullcontext() if used else suppress(SearchUnavailable), engine_trouble():
                writer.wait_merging_threads()

    def _wait_for_writer(self, index: tantivy.Index, heap: int) -> tantivy.IndexWriter:
        for _ in range(int(self._patience / _PAUSE_SECONDS)):
            try:
                with engine_trouble():
                    return index.writer(heap, 1)
            except Busy:
                self._never.wait(_PAUSE_SECONDS)
        with engine_trouble():
            return index.writer(heap, 1)


def _fill(writer: tantivy.IndexWriter, documents: Iterable[Document]) -> int:
    """Put ``documents`` in; an error of theirs goes through as it is."""
    count = 0
    for document in documents:
        with engine_trouble():
            writer.delete_documents_by_term("id", document["id"])
            writer.add_document(stored(document))
        count += 1
    with engine_trouble():
        writer.commit()
    return count


def _document(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Document:
    kept: Any = searcher.doc(address).get_first("document")
    found: Document = json.loads(kept)
    return found
