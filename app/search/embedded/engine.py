"""The embedded engine: tantivy over one folder, no server.

The folder holds generations of the index and ``current.json``, which names the one in use. A
rebuild writes a generation of its own and then replaces that file in one step, so a reader in any
process sees one whole index or the other. Whoever finds the file changed opens the new generation.

One writer at a time, over all processes: the engine's own lock says so, and the second one is told
that the index is busy. What this engine cannot do: typing errors in the
first letter of a word; Urdu is folded, not stemmed.

An attacker who can write the folder can change what searches find; nothing else is decided by it.
"""

import json
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tantivy

from app.platform.ids import new_id
from app.search.analyse import QueryTerms, query_terms
from app.search.embedded import asking
from app.search.embedded.asking import SCHEMA
from app.search.embedded.credits import most_credit_first
from app.search.highlight import Highlighter
from app.search.index import (
    Document,
    FacetCount,
    Health,
    Hit,
    Query,
    Results,
    SearchUnavailable,
    Sort,
)
from app.search.searchable import VERSION, searchable

FORMAT = f"{VERSION}-tantivy-{version('tantivy')}"
"""An index of another format is not opened: the engine may change its files between versions."""

HEAP = 32_000_000
MEND = "rebuild it with `opencpd reindex`"


@dataclass(frozen=True, slots=True)
class Current:
    """What ``current.json`` says. ``whole`` once the generation was filled by a rebuild."""

    generation: str
    format: str
    whole: bool
    previous: str | None = None


class EmbeddedIndex:
    """A ``SearchIndex`` in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pointer = folder / "current.json"
        self._writing = threading.RLock()
        self._opening = threading.Lock()
        self._opened: tuple[bytes, Current, tantivy.Index] | None = None

    def ensure(self) -> None:
        with self._writing, _engine_trouble():
            try:
                with _engine_trouble():
                    _, index = self._open()
                    index.searcher().search(tantivy.Query.all_query(), 1)
            except SearchUnavailable:
                self._start_empty()

    def _start_empty(self) -> None:
        name = new_id()
        (self._folder / name).mkdir(parents=True)
        tantivy.Index(SCHEMA, path=str(self._folder / name))
        self._point_at(Current(name, FORMAT, whole=False))

    def apply(self, upserts: Sequence[Document], deletes: Sequence[str]) -> None:
        latest = {document["id"]: document for document in upserts}
        if not latest and not deletes:
            return
        with self._writing, _engine_trouble():
            _, index = self._open()
            writer = index.writer(HEAP, 1)
            for key in {*latest, *deletes}:
                writer.delete_documents_by_term("id", key)
            for document in latest.values():
                writer.add_document(_stored(document))
            writer.commit()
            writer.wait_merging_threads()
            index.reload()

    def rebuild(self, documents: Iterable[Document]) -> int:
        name = new_id()
        place = self._folder / name
        with _engine_trouble():
            place.mkdir(parents=True)
            index = tantivy.Index(SCHEMA, path=str(place))
            writer = index.writer(2 * HEAP, 1)
        try:
            count = 0
            for document in documents:
                writer.delete_documents_by_term("id", document["id"])
                writer.add_document(_stored(document))
                count += 1
            with self._writing, _engine_trouble():
                writer.commit()
                self._point_at(Current(name, FORMAT, whole=True, previous=self._name()))
                writer.wait_merging_threads()
        except BaseException:
            del writer
            if self._name() != name:
                shutil.rmtree(place, ignore_errors=True)
            raise
        self._clean_up()
        return count

    def search(self, query: Query) -> Results:
        terms = query_terms(query.text, locale=query.locale)
        with _engine_trouble():
            _, index = self._open()
            searcher = index.searcher()
            matching, total, found, loose = _first_stage(searcher, terms, query)
            documents = [_document(searcher, address) for address in found]
            facets = _facets(searcher, matching, query)
        highlighter = Highlighter(terms, locale=query.locale)
        hits = tuple(Hit(d["id"], d, highlighter.all(d)) for d in documents)
        return Results(hits, total, query.page, query.per_page, facets, loose)

    def health(self) -> Health:
        try:
            with _engine_trouble():
                current, index = self._open()
                count = index.searcher().num_docs
        except SearchUnavailable as error:
            return Health(ok=False, detail=error.detail, documents=0, needs_rebuild=True)
        if not current.whole:
            detail = f"The search index is new and not yet filled; {MEND}."
            return Health(ok=False, detail=detail, documents=count, needs_rebuild=True)
        return Health(ok=True, detail="The embedded search index answers.", documents=count)

    def close(self) -> None:
        with self._opening:
            self._opened = None

    def _name(self) -> str | None:
        try:
            return Current(**json.loads(self._pointer.read_bytes())).generation
        except (OSError, ValueError, TypeError):
            return None

    def _open(self) -> tuple[Current, tantivy.Index]:
        """The generation in use; raises ``SearchUnavailable`` when there is none to be used."""
        try:
            pointer = self._pointer.read_bytes()
            opened = self._opened
            if opened is None or opened[0] != pointer:
                current = Current(**json.loads(pointer))
                if current.format != FORMAT:
                    raise SearchUnavailable(f"The search index is of another version; {MEND}.")
                with self._opening:
                    index = tantivy.Index.open(str(self._folder / Path(current.generation).name))
                    opened = self._opened = (pointer, current, index)
        except FileNotFoundError as error:
            raise SearchUnavailable(f"There is no search index yet; {MEND}.") from error
        except (OSError, ValueError, TypeError) as error:
            raise SearchUnavailable(f"The search index cannot be read; {MEND}.") from error
        return opened[1], opened[2]

    def _point_at(self, current: Current) -> None:
        """Replace ``current.json`` in one step, once it is on the disk."""
        draft = self._folder / f"current-{current.generation}.json"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(asdict(current), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._pointer)

    def _clean_up(self) -> None:
        """Remove generations nobody uses: not this one, the one before, nor one being built."""
        try:
            current = Current(**json.loads(self._pointer.read_bytes()))
        except (OSError, ValueError, TypeError):
            return
        for place in self._folder.iterdir():
            if not place.is_dir() or place.name in {current.generation, current.previous}:
                continue
            try:
                with _engine_trouble():
                    writer = tantivy.Index.open(str(place)).writer(HEAP, 1)
                    del writer
            except _Busy:
                continue
            except SearchUnavailable:
                pass  # it cannot even be opened: nobody is building there
            shutil.rmtree(place, ignore_errors=True)


class _Busy(SearchUnavailable):
    """Another writer, of this process or another, has the index."""


@contextmanager
def _engine_trouble() -> Iterator[None]:
    """Turn whatever the engine raises into ``SearchUnavailable``."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        if "LockBusy" in str(error):
            busy = "Another process is writing the search index; try again when it is done."
            raise _Busy(busy) from error
        raise SearchUnavailable(f"The search index cannot be used: {error}; {MEND}.") from error
    except BaseException as error:
        # A fault inside the engine, on damaged files for one, arrives as a panic, which pyo3
        # derives from BaseException and does not export.
        if type(error).__name__ != "PanicException":
            raise
        raise SearchUnavailable(f"The search index is damaged; {MEND}.") from error


def _stored(document: Document) -> tantivy.Document:
    found = searchable(document)
    made = tantivy.Document()
    made.add_text("id", document["id"])
    for name, terms in (("title", found.title), ("body", found.body)):
        made.add_text(name, " ".join((*terms.words, *terms.han)))
        made.add_text(f"{name}_stems", " ".join(terms.stems))
    for code in dict.fromkeys((*found.title.codes, *found.body.codes)):
        made.add_text("codes", code)
    for name, values in {**found.facets, "squares": found.squares}.items():
        for value in values:
            made.add_text(name, value)
    spans = {"starts": found.starts, "worth": found.worth, "walk": (found.walk,)}
    spans["most"] = tuple(found.most.values())
    for name, numbers in spans.items():
        for number in numbers:
            made.add_integer(name, number)
    made.add_text("next_run", found.next_run)
    made.add_text("added", found.added)
    made.add_text("modified", found.modified)
    made.add_text("title_key", found.title_key)
    changed = date.fromisoformat(found.modified[:10]).toordinal()
    made.add_integer("rank", found.quality * 10_000_000 + changed)
    made.add_bytes("document", json.dumps(document, ensure_ascii=False).encode())
    return made


def _document(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Document:
    stored: Any = searcher.doc(address).get_first("document")
    found: Document = json.loads(bytes(stored))
    return found


def _first_stage(
    searcher: tantivy.Searcher, terms: QueryTerms, query: Query
) -> tuple[tantivy.Query, int, list[tantivy.DocAddress], bool]:
    """The first stage that finds anything: its query without filters, its total, its page.

    And whether that stage is the one that any word is enough for.
    """
    chosen = asking.filters(query)
    order = asking.order(query, browsing=terms.empty)
    wanted = tantivy.Query.all_query()
    matching, loose, total, found = tantivy.Query.all_query(), False, 0, []
    for stage in asking.stages(terms, searcher):
        matching, loose = stage
        if query.walk and not _finds(searcher, matching, replace(query, walk=None)):
            continue  # the walk is over what an earlier page's stage found, to its end
        wanted = asking.all_of([matching, *chosen])
        result = searcher.search(
            wanted,
            query.per_page,
            offset=(query.page - 1) * query.per_page,
            order_by_field=order[0] if order else None,
            order=order[1] if order else tantivy.Order.Desc,
        )
        total = result.count  # type: ignore[attr-defined]  # the stubs leave it out
        found = [address for _, address in result.hits]
        if total or query.walk:
            break
    if query.sort is Sort.CREDITS and query.credits and total:
        found = most_credit_first(searcher, wanted, query)
    return matching, total, found, loose and bool(total)


def _finds(searcher: tantivy.Searcher, matching: tantivy.Query, query: Query) -> bool:
    wanted = asking.all_of([matching, *asking.filters(query)])
    return bool(searcher.search(wanted, 1, count=False).hits)


def _facets(
    searcher: tantivy.Searcher, matching: tantivy.Query, query: Query
) -> dict[str, tuple[FacetCount, ...]]:
    """Counts of every facet; those of a filter in use are taken without that filter."""
    used = [name for name in query.facets if query.filters.get(name)]
    asked = [(name, [name]) for name in used] + [("", [n for n in query.facets if n not in used])]
    counts: dict[str, tuple[FacetCount, ...]] = {}
    for without, names in asked:
        chosen = asking.filters(query, without=without)
        wanted = {
            name: {"terms": {"field": name, "size": query.most_values, "segment_size": 10_000}}
            for name in names
        }
        if not wanted:
            continue
        answer = searcher.aggregate(asking.all_of([matching, *chosen]), wanted)
        for name in names:
            buckets = [FacetCount(b["key"], b["doc_count"]) for b in answer[name]["buckets"]]
            counts[name] = tuple(sorted(buckets, key=lambda b: (-b.count, b.value)))
    return {name: counts[name] for name in query.facets}
