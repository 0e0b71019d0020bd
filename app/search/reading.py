"""Courses as search documents, read from the catalogue a page at a time.

A course that cannot be made a document is named with the reason and holds up no other. The faults
that count as such are those of data: a database that does not answer is none.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from app.catalogue import Course, Society, copying, service
from app.platform.db import Database
from app.search.index import Document
from app.search.project import document
from app.search.searchable import searchable

PAGE = 1000
FAULTS = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError, RecursionError)
"""What a document of a form that nobody thought of makes the projection or an analyser raise."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """Some courses as they are now."""

    documents: Sequence[Document]
    versions: Mapping[str, int]
    """Of every live course among them, those that cannot be made documents too."""
    societies: Mapping[str, Society]
    faulty: Mapping[str, str]
    """Why a course cannot be made a document, by its id."""


def read(session: Session, ids: Sequence[str], *, at: datetime) -> Page:
    """The live ones among these courses."""
    try:
        courses = copying.live_courses(session, ids)
    except FAULTS as fault:
        if len(ids) == 1:
            versions = service.live_versions(session, ids)
            return Page((), versions, {}, {ids[0]: reason(fault)})
        middle = len(ids) // 2
        return _both(read(session, ids[:middle], at=at), read(session, ids[middle:], at=at))
    return _page(session, courses, at=at)


def pages(database: Database, *, at: datetime, wary: bool = False) -> Iterator[Page]:
    """Every live course, each page in a transaction of its own, in the order of ids.

    ``wary`` analyses every document beforehand, so that no engine stumbles over one.
    """
    after = ""
    while True:
        with database.read() as session:
            versions = copying.live_versions_after(session, after, limit=PAGE)
            if not versions:
                return
            page = read(session, list(versions), at=at)
        yield _without_faulty(page) if wary else page
        after = next(reversed(versions))


def all_versions(database: Database) -> Iterator[dict[str, int]]:
    """The version of every live course, in pages."""
    after = ""
    while True:
        with database.read() as session:
            page = copying.live_versions_after(session, after, limit=10_000)
        if not page:
            return
        yield page
        after = next(reversed(page))


def _page(session: Session, courses: Sequence[Course], *, at: datetime) -> Page:
    societies = {society.id: society for society in service.list_societies(session)}
    documents, faulty = [], {}
    for course in courses:
        try:
            documents.append(document(course, society=societies[course.society_id], at=at))
        except FAULTS as fault:
            faulty[course.id] = reason(fault)
    return Page(documents, {one.id: one.version for one in courses}, societies, faulty)


def _without_faulty(page: Page) -> Page:
    faulty = dict(page.faulty)
    for each in page.documents:
        try:
            searchable(each)
        except FAULTS as fault:
            faulty[each["id"]] = reason(fault)
    kept = [each for each in page.documents if each["id"] not in faulty]
    return Page(kept, page.versions, page.societies, faulty)


def _both(one: Page, other: Page) -> Page:
    return Page(
        [*one.documents, *other.documents],
        {**one.versions, **other.versions},
        {**one.societies, **other.societies},
        {**one.faulty, **other.faulty},
    )


def reason(fault: Exception) -> str:
    """A fault in words for who runs the node."""
    return f"It cannot be made a search document: {type(fault).__name__}: {fault}"


def ahead(items: Iterable[T]) -> Generator[T, None, None]:
    """The same, with the next one made in a thread of its own while this one is worked on."""
    waiting = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="reading-ahead") as maker:
        coming = maker.submit(next, waiting, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, waiting, None)
            yield item
