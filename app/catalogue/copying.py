"""Reading live courses for whoever keeps a copy of them, such as the search index.

Leaves out what a copy has no use for: ``Course.provenance`` is empty. Each function is one query.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue import store
from app.catalogue.model import Course, Status
from app.catalogue.tables import CourseRow

_COLUMNS = (
    CourseRow.id, CourseRow.society_id, CourseRow.status, CourseRow.data, CourseRow.sources,
    CourseRow.quality, CourseRow.missing, CourseRow.version, CourseRow.created_at,
    CourseRow.modified_at, CourseRow.merged_into, CourseRow.translations, CourseRow.translation_of,
)  # fmt: skip


def live_courses(session: Session, ids: Sequence[str]) -> list[Course]:
    """The live ones among these, in no order."""
    return _courses(session, select(*_COLUMNS).where(CourseRow.id.in_(ids)))


def live_courses_after(session: Session, after: str, *, limit: int) -> list[Course]:
    """Live courses in the order of their ids, from the one ``after`` on."""
    return _courses(session, _page(select(*_COLUMNS), after, limit))


def live_versions_after(session: Session, after: str, *, limit: int) -> dict[str, int]:
    """Which versions of live courses there are, in the order of their ids."""
    query = _page(select(CourseRow.id, CourseRow.version), after, limit)
    query = query.where(CourseRow.status == Status.ACTIVE)
    return {row.id: row.version for row in session.execute(query)}


def _page(query: Any, after: str, limit: int) -> Any:
    return query.where(CourseRow.id > after).order_by(CourseRow.id).limit(limit)


def _courses(session: Session, query: Any) -> list[Course]:
    rows = session.execute(query.where(CourseRow.status == Status.ACTIVE))
    return [store.course_of(row, {}) for row in rows]
