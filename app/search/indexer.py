"""From the catalogue to the index: the outbox drained in batches, and whole rebuilds.

The index follows the catalogue and is never asked what is true. An entry leaves the outbox only
when the engine has confirmed its effect, so an engine that is down loses nothing: the entries wait
with growing pauses, and what happened twice is done twice without harm.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED, Course, service
from app.platform import outbox
from app.platform.db import Database
from app.platform.outbox import Entry
from app.search.index import (
    MAX_PER_PAGE,
    Document,
    DocumentsRefused,
    Query,
    SearchIndex,
    Sort,
)
from app.search.project import document

BATCH = 500


def drain(database: Database, index: SearchIndex, *, at: datetime, limit: int = 1000) -> int:
    """Bring the index up to date with the outbox; gives how many entries were dealt with.

    Raises ``SearchUnavailable`` when the engine does not answer: every entry is still there, and
    none has used up one of its attempts, since nothing was wrong with it. Of several workers one
    drains at a time: else the older state of a course, read first and written last, would stay.
    """
    with database.alone("search-index") as mine:
        return _drained(database, index, at=at, limit=limit) if mine else 0


def _drained(database: Database, index: SearchIndex, *, at: datetime, limit: int) -> int:
    with database.read() as session:
        entries = outbox.due(session, COURSE_CHANGED, at=at, limit=limit)
        if not entries:
            return 0
        keys = list(dict.fromkeys(entry.key for entry in entries))
        upserts = _documents(session, keys, at=at)
    found = {each["id"] for each in upserts}
    refused: dict[str, str] = {}
    try:
        index.apply(upserts, [key for key in keys if key not in found])
    except DocumentsRefused as error:
        refused = error.refused
    with database.write() as session:
        _settle(session, entries, refused, at=at)
    return len(entries) - sum(entry.key in refused for entry in entries)


def _settle(
    session: Session, entries: Sequence[Entry], refused: dict[str, str], *, at: datetime
) -> None:
    outbox.done(session, [entry.id for entry in entries if entry.key not in refused])
    for entry in entries:
        if entry.key in refused:
            outbox.failed(session, entry, refused[entry.key], at=at)


def reindex(database: Database, index: SearchIndex, *, at: datetime) -> int:
    """Build the index anew from the catalogue and swap it in; gives the number of courses.

    A course that changes meanwhile may have reached only the index that is being replaced. After
    the swap every course that differs from what was built is said to have changed once more.
    Raises ``DocumentsRefused`` when the new index is in use, but for the courses it names.
    """
    built: dict[str, int] = {}

    def documents() -> Iterator[Document]:
        for courses in _all_courses(database):
            with database.read() as session:
                projected = _projected(session, courses, at=at)
            built.update((course.id, course.version) for course in courses)
            yield from projected

    try:
        count = index.rebuild(documents())
    except DocumentsRefused:
        _say_again(database, built, at=at)
        raise
    _say_again(database, built, at=at)
    return count


def refresh(database: Database, index: SearchIndex, *, at: datetime) -> int:
    """Index anew the courses whose next run has begun since; gives how many.

    A day that passes changes no course, so no outbox entry tells of it. The index itself does: in
    the order of ``soonest`` such courses stand first. Raises ``SearchUnavailable``.
    """
    with database.alone("search-index") as mine:
        return _refreshed(database, index, at=at) if mine else 0


def _refreshed(database: Database, index: SearchIndex, *, at: datetime) -> int:
    done: set[str] = set()
    while True:
        hits = index.search(Query(per_page=MAX_PER_PAGE, sort=Sort.SOONEST)).hits
        begun = [hit.id for hit in hits if _has_begun(hit.document, at=at) and hit.id not in done]
        if not begun:
            return len(done)
        with database.read() as session:
            upserts = _documents(session, begun, at=at)
        found = {each["id"] for each in upserts}
        index.apply(upserts, [key for key in begun if key not in found])
        done.update(begun)


def _has_begun(found: Document, *, at: datetime) -> bool:
    return bool(found["next_run"]) and found["next_run"] < at.date().isoformat()


def _say_again(database: Database, built: dict[str, int], *, at: datetime) -> None:
    """Publish every course whose version is not the one that was built."""
    present = {course.id: course.version for page in _all_courses(database) for course in page}
    moved = [key for key in {**built, **present} if built.get(key) != present.get(key)]
    if moved:
        with database.write() as session:
            outbox.publish(session, COURSE_CHANGED, moved, at=at)


def _all_courses(database: Database) -> Iterator[list[Course]]:
    """Every course on offer, in pages, each read in a transaction of its own."""
    after: str | None = None
    while True:
        with database.read() as session:
            ids = service.iter_course_ids(session, after=after, limit=BATCH)
            courses = service.get_courses(session, ids)
        if not ids:
            return
        yield courses
        after = ids[-1]


def _documents(session: Session, keys: Sequence[str], *, at: datetime) -> list[Document]:
    return _projected(session, service.get_courses(session, keys), at=at)


def _projected(session: Session, courses: Sequence[Course], *, at: datetime) -> list[Document]:
    societies = {society.id: society for society in service.list_societies(session)}
    return [document(course, society=societies[course.society_id], at=at) for course in courses]
