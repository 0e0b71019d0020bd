"""From the catalogue to the index: the outbox drained in batches, and whole rebuilds.

The index follows the catalogue and is never asked what is true. An entry leaves the outbox only
when the engine has confirmed its effect, so an engine that is down loses nothing: the entries wait,
and what happened twice is done twice without harm. Why the last write of a course always is of its
present state, whatever happens to whom in between, is argued in ``writes``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED, Society, service
from app.platform import outbox
from app.platform.db import Database
from app.platform.outbox import Entry
from app.search import applying, reading, state, writes
from app.search.index import (
    MAX_PER_PAGE,
    Document,
    DocumentsRefused,
    Query,
    SearchIndex,
    SearchUnavailable,
    Sort,
)
from app.search.reading import Page
from app.search.writes import Write

BATCH = 1000
"""How many entries are dealt with at once: one batch of the engine, one transaction."""

MOST = 20_000
"""How many entries one call deals with, so that who works comes to its other tasks too."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """Entries to deal with, and the present state of what they are about."""

    entries: Sequence[Entry]
    held_back: dict[str, list[int]]
    """Entries of the same courses that failed before: what is done now does them too."""
    page: Page
    keys: Sequence[str]


def drain(
    database: Database,
    index: SearchIndex,
    *,
    at: datetime,
    limit: int = BATCH,
    most: int | None = None,
) -> int:
    """Bring the index up to date with the outbox; gives how many entries were dealt with.

    Up to ``most`` of them (``limit`` if not said), ``limit`` at a time; the next ones are read
    while the engine is at work. Raises ``SearchUnavailable`` when it does not answer: every entry
    is still there, and none has used up one of its attempts, since nothing was wrong with it.
    """
    with database.alone("search-index") as mine:
        if not mine:
            return 0
        _recover(database, at=at)
        done = 0
        with closing(
            reading.ahead(_taken(database, at=at, limit=limit, most=most or limit))
        ) as all_:
            for taken in all_:
                done += _write(database, index, taken, at=at)
        return done


def _taken(database: Database, *, at: datetime, limit: int, most: int) -> Iterator[_Taken]:
    """Bunch after bunch of what is due, each with its courses as they are when it is read.

    Entries are read before their courses, so that no course is older than its entry.
    """
    after, seen = 0, 0
    while seen < most:
        with database.read() as session:
            entries = outbox.due(
                session, COURSE_CHANGED, at=at, limit=min(limit, most - seen), after=after
            )
            if not entries:
                return
            held_back = outbox.held_back(session, COURSE_CHANGED, at=at)
        keys = list(dict.fromkeys(entry.key for entry in entries))
        with database.read() as session:
            yield _Taken(entries, held_back, reading.read(session, keys, at=at), keys)
        after, seen = entries[-1].id, seen + len(entries)


def _write(database: Database, index: SearchIndex, taken: _Taken, *, at: datetime) -> int:
    """Write the courses of some entries and settle these; gives how many were dealt with."""
    page = taken.page
    deletes = [key for key in taken.keys if key not in page.versions]
    with writes.begun(database, taken.keys, at=at) as write:
        try:
            refused = {**page.faulty, **applying.apply(index, page.documents, deletes)}
        except SearchUnavailable:
            with database.write() as session:
                _say_again_what_others_took(session, write, taken.entries, at=at)
            raise
        with database.write() as session:
            _settle(session, taken, refused, at=at)
            _say_again(session, _moved(session, taken.keys, page, but=refused), at=at)
            state.answered(session, at=at)
            writes.end(session, write)
    return sum(entry.key not in refused for entry in taken.entries)


def _settle(session: Session, taken: _Taken, refused: dict[str, str], *, at: datetime) -> None:
    """Take away what has had its effect; of a refused course one entry stays, the newest."""
    ids: list[int] = []
    newest: dict[str, Entry] = {}
    since: dict[str, datetime] = {}
    for entry in taken.entries:
        ids.append(entry.id)
        newest[entry.key] = entry
        since.setdefault(entry.key, entry.created_at)
    for key in newest:
        ids += taken.held_back.get(key, ())
    kept = {newest[key].id for key in refused if key in newest}
    outbox.done(session, [one for one in ids if one not in kept])
    for key, reason in refused.items():
        last = newest[key]
        outbox.failed(
            session, Entry(last.id, last.topic, key, last.attempts, since[key]), reason, at=at
        )


def _moved(session: Session, keys: Sequence[str], page: Page, *, but: dict[str, str]) -> list[str]:
    """The courses that are no longer as they were written.

    Each change of a course has a version of its own; what a society is called has none.
    """
    present = service.live_versions(session, keys)
    renamed = _renamed(session, page.societies)
    moved = {key for key in keys if present.get(key) != page.versions.get(key)}
    moved |= {each["id"] for each in page.documents if each["society"] in renamed}
    return [key for key in keys if key in moved and key not in but]


def _renamed(session: Session, known: Mapping[str, Society]) -> set[str]:
    present = {society.id: society for society in service.list_societies(session)}
    return {one for one, society in known.items() if present.get(one) != society}


def _say_again(session: Session, keys: Sequence[str], *, at: datetime) -> None:
    if keys:
        outbox.say_again(session, COURSE_CHANGED, keys, at=at)


def _say_again_what_others_took(
    session: Session, write: Write, entries: Sequence[Entry], *, at: datetime
) -> None:
    """End a write that failed: the engine may yet carry it out, after what others wrote."""
    waiting = outbox.still_waiting(session, [entry.id for entry in entries])
    _say_again(session, [key for key in write.keys or () if key not in waiting], at=at)
    writes.end(session, write)


def _recover(database: Database, *, at: datetime) -> None:
    """End the writes that their processes have left: what they may have written is said again."""
    with database.read() as session:
        left = writes.forgotten(session, at=at)
    if not left:
        return
    with database.write() as session:
        for write in left:
            if write.keys is None:  # a rebuild: what moved meanwhile is known to nobody
                state.ask_check(session)
            else:
                _say_again(session, write.keys, at=at)
            writes.end(session, write)


class _Built:
    """What a rebuild has put into the index, as it goes on."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        self.society_of: dict[str, str] = {}
        self.societies: dict[str, Society] = {}
        self.faulty: dict[str, str] = {}

    def add(self, page: Page) -> Sequence[Document]:
        self.versions.update(page.versions)
        self.society_of.update((each["id"], each["society"]) for each in page.documents)
        for name, society in page.societies.items():
            self.societies.setdefault(name, society)  # the first: what is older was not renamed
        self.faulty.update(page.faulty)
        return page.documents


def reindex(
    database: Database,
    index: SearchIndex,
    *,
    at: datetime,
    now: Callable[[], datetime] | None = None,
) -> int:
    """Build the index anew from the catalogue and swap it in; gives the number of courses.

    Meanwhile the outbox is drained into the index that is in use. After the swap, every course that
    differs from what was built is said to have changed once more, so nothing of that is lost.
    ``now`` tells when it has ended. Raises ``DocumentsRefused`` when the new index is in use, but
    for the courses it names, which are set aside.
    """
    with writes.begun(database, None, at=at) as write:
        try:
            built, refused, count = _rebuilt(database, index, at=at)
        except SearchUnavailable:
            with database.write() as session:
                state.ask_check(session)  # the engine may yet swap
                writes.end(session, write)
            raise
        moved = _moved_since(database, built)
        refused = {**built.faulty, **refused}
        with database.write() as session:
            _say_again(session, [key for key in moved if key not in refused], at=at)
            outbox.set_aside(session, COURSE_CHANGED, refused, at=at)
            state.answered(session)
            state.rebuilt(session, began=at, at=now() if now else at)
            writes.end(session, write)
    if refused:
        raise DocumentsRefused(refused)
    return count


def _rebuilt(
    database: Database, index: SearchIndex, *, at: datetime
) -> tuple[_Built, dict[str, str], int]:
    """Build anew. When the engine stumbles over a document, once more, looking at each before."""
    try:
        return _rebuilt_once(database, index, at=at, wary=False)
    except reading.FAULTS:
        return _rebuilt_once(database, index, at=at, wary=True)


def _rebuilt_once(
    database: Database, index: SearchIndex, *, at: datetime, wary: bool
) -> tuple[_Built, dict[str, str], int]:
    built = _Built()

    def documents() -> Iterator[Document]:
        with closing(reading.ahead(reading.pages(database, at=at, wary=wary))) as pages:
            for page in pages:
                yield from built.add(page)

    try:
        return built, {}, index.rebuild(documents())
    except DocumentsRefused as error:
        return built, error.refused, len(built.versions) - len(error.refused)


def _moved_since(database: Database, built: _Built) -> list[str]:
    """The courses that are no longer as they were built, those that came or went among them."""
    present: dict[str, int] = {}
    for page in reading.all_versions(database):
        present |= page
    with database.read() as session:
        renamed = _renamed(session, built.societies)
    return [
        key
        for key in {**built.versions, **present}
        if built.versions.get(key) != present.get(key) or built.society_of.get(key) in renamed
    ]


def refresh(database: Database, index: SearchIndex, *, at: datetime) -> int:
    """Index anew the courses whose next run has begun since; gives how many.

    A day that passes changes no course, so no outbox entry tells of it. The index itself does: in
    the order of ``soonest`` such courses stand first. They are said to have changed, and written in
    turn. Raises ``SearchUnavailable``.
    """
    done: set[str] = set()
    while True:
        hits = index.search(Query(per_page=MAX_PER_PAGE, sort=Sort.SOONEST, facets=())).hits
        begun = [hit.id for hit in hits if _has_begun(hit.document, at=at) and hit.id not in done]
        if not begun:
            return len(done)
        with database.write() as session:
            _say_again(session, begun, at=at)
        done.update(begun)
        drain(database, index, at=at, most=MOST)


def _has_begun(found: Document, *, at: datetime) -> bool:
    return bool(found["next_run"]) and found["next_run"] < at.date().isoformat()
