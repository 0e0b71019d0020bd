"""Queries and writes of overrides. Takes a session, never commits, decides nothing."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.catalogue.merging import Override
from app.catalogue.overriding.model import Written
from app.catalogue.overriding.tables import CourseOverrideRow
from app.platform.ids import new_id


def of_course(session: Session, course_id: str) -> list[Override]:
    """The overrides of a course, in the order in which they were written."""
    return [Override(one.field, one.language, one.value) for one in written(session, course_id)]


def written(session: Session, course_id: str) -> list[Written]:
    """The same, with who wrote them and why."""
    rows = session.scalars(
        select(CourseOverrideRow)
        .where(CourseOverrideRow.course_id == course_id)
        .order_by(CourseOverrideRow.id)
    )
    return [
        Written(
            course_id=row.course_id,
            field=row.field,
            language=row.language,
            value=row.value.get("value"),
            replaced=row.replaced.get("value"),
            reason=row.reason,
            by=row.written_by,
            organisation_id=row.written_for,
            at=row.written_at,
        )
        for row in rows
    ]


def put(session: Session, one: Written) -> None:
    """Write an override in place of the one of the same field."""
    remove(session, one.course_id, one.field, one.language)
    session.execute(
        insert(CourseOverrideRow).values(
            id=new_id(),
            course_id=one.course_id,
            field=one.field,
            language=one.language,
            value=_kept(one.value),
            replaced=_kept(one.replaced),
            reason=one.reason,
            written_by=one.by,
            written_for=one.organisation_id,
            written_at=one.at,
        )
    )


def remove(session: Session, course_id: str, field: str, language: str) -> bool:
    """Says whether there was one."""
    gone = session.execute(
        delete(CourseOverrideRow)
        .where(
            CourseOverrideRow.course_id == course_id,
            CourseOverrideRow.field == field,
            CourseOverrideRow.language == language,
        )
        .returning(CourseOverrideRow.id)
    )
    return gone.first() is not None


def move(session: Session, *, source: str, target: str) -> Sequence[str]:
    """Give a course another one's overrides, save where it has its own; gives the fields left."""
    taken = {(one.field, one.language) for one in written(session, target)}
    left = []
    for one in written(session, source):
        if (one.field, one.language) in taken:
            left.append(f"{one.field}.{one.language}".rstrip("."))
            continue
        session.execute(
            update(CourseOverrideRow)
            .where(
                CourseOverrideRow.course_id == source,
                CourseOverrideRow.field == one.field,
                CourseOverrideRow.language == one.language,
            )
            .values(course_id=target)
        )
    return left


def _kept(value: Any) -> dict[str, Any]:
    return {} if value is None else {"value": value}
