"""Queries and writes of decisions, and of what they move. Takes a session, never commits."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.catalogue import document
from app.catalogue.model import Status
from app.catalogue.reviewing.model import Decision, Record, Verdict
from app.catalogue.reviewing.tables import MatchDecisionRow, MatchSuggestionRow
from app.catalogue.tables import CourseRow, SourceRecordRow

_STANDS = MatchDecisionRow.lifted_at.is_(None)


def course(session: Session, course_id: str) -> Any:
    """What must be known of a course to change it."""
    return session.execute(
        select(
            CourseRow.id,
            CourseRow.society_id,
            CourseRow.version,
            CourseRow.status,
            CourseRow.overridden,
            CourseRow.translations,
            CourseRow.translation_of,
            CourseRow.created_at,
        ).where(CourseRow.id == course_id)
    ).one()


def merged_into(session: Session, course_id: str) -> str | None:
    return session.scalar(select(CourseRow.merged_into).where(CourseRow.id == course_id))


def oldest(session: Session, course_ids: Collection[str]) -> str:
    found = session.scalar(
        select(CourseRow.id)
        .where(CourseRow.id.in_(course_ids))
        .order_by(CourseRow.created_at, CourseRow.id)
        .limit(1)
    )
    return found or min(course_ids)


def records_of(session: Session, course_id: str) -> Sequence[str]:
    """All source records of a course, live or not, the oldest first."""
    return session.scalars(
        select(SourceRecordRow.id)
        .where(SourceRecordRow.course_id == course_id)
        .order_by(SourceRecordRow.created_at, SourceRecordRow.id)
    ).all()


def courses_of(session: Session, record_ids: Collection[str]) -> Sequence[str]:
    query = select(SourceRecordRow.course_id).where(SourceRecordRow.id.in_(record_ids))
    return session.scalars(query.distinct().order_by(SourceRecordRow.course_id)).all()


def societies_of(session: Session, record_ids: Collection[str]) -> frozenset[str]:
    """Whose these records are, and whose the courses are that they are part of."""
    rows = session.execute(
        select(SourceRecordRow.society_id, CourseRow.society_id)
        .join(CourseRow, CourseRow.id == SourceRecordRow.course_id)
        .where(SourceRecordRow.id.in_(record_ids))
        .distinct()
    )
    return frozenset(one for row in rows for one in row)


def came_from(session: Session, record_id: str, *, now_in: str) -> str | None:
    """The course that a record was of before a person merged that into where it is now."""
    rows = session.execute(
        select(MatchDecisionRow.gone_course, MatchDecisionRow.moved)
        .join(CourseRow, CourseRow.id == MatchDecisionRow.gone_course)
        .where(MatchDecisionRow.verdict == Verdict.SAME, CourseRow.merged_into == now_in)
        .order_by(MatchDecisionRow.id)
    )
    return next((gone for gone, moved in rows if record_id in moved), None)


def first_society(session: Session, record_ids: Collection[str]) -> str:
    return session.scalars(
        select(SourceRecordRow.society_id)
        .where(SourceRecordRow.id.in_(record_ids))
        .order_by(SourceRecordRow.created_at, SourceRecordRow.id)
        .limit(1)
    ).one()


def move_records(session: Session, record_ids: Collection[str], *, course_id: str) -> None:
    session.execute(
        update(SourceRecordRow)
        .where(SourceRecordRow.id.in_(record_ids))
        .values(course_id=course_id)
        .execution_options(synchronize_session=False)
    )


def lead_on(session: Session, *, before: str, now: str) -> None:
    """Let what leads to one course lead to another, so that one step is always enough."""
    session.execute(
        update(CourseRow)
        .where(CourseRow.merged_into == before)
        .values(merged_into=now)
        .execution_options(synchronize_session=False)
    )


def look_again(session: Session, record_ids: Collection[str]) -> None:
    """Let likes of these records be looked for anew."""
    session.execute(
        update(SourceRecordRow)
        .where(SourceRecordRow.id.in_(record_ids))
        .values(search_due=True)
        .execution_options(synchronize_session=False)
    )


def records(session: Session, record_ids: Collection[str]) -> dict[str, Record]:
    rows = session.scalars(select(SourceRecordRow).where(SourceRecordRow.id.in_(record_ids)))
    return {
        row.id: Record(
            id=row.id,
            source_id=row.source_id,
            society_id=row.society_id,
            remote_id=row.remote_id,
            course_id=row.course_id,
            pushed=row.pushed,
            live=row.status == Status.ACTIVE,
            data=document.from_json(row.data),
            first_seen=row.created_at,
            changed_at=row.changed_at,
        )
        for row in rows
    }


def linked_with(session: Session, course_ids: Collection[str]) -> set[str]:
    """The courses that these say they are linked to, as it was written last."""
    rows = session.scalars(select(CourseRow.translations).where(CourseRow.id.in_(course_ids)))
    return {one for listed in rows for one in listed}


def translation_pairs(
    session: Session, course_ids: Collection[str]
) -> list[tuple[str, str, str | None]]:
    """The standing links of these courses: both courses, and which was called the original."""
    a, b = aliased(SourceRecordRow), aliased(SourceRecordRow)
    rows = session.execute(
        select(
            a.course_id,
            b.course_id,
            MatchDecisionRow.record_a,
            MatchDecisionRow.original,
        )
        .join(a, a.id == MatchDecisionRow.record_a)
        .join(b, b.id == MatchDecisionRow.record_b)
        .where(
            MatchDecisionRow.verdict == Verdict.TRANSLATION,
            _STANDS,
            or_(a.course_id.in_(course_ids), b.course_id.in_(course_ids)),
        )
        .order_by(MatchDecisionRow.decided_at, MatchDecisionRow.id)
    )
    return [
        (left, right, (left if original == record_a else right) if original else None)
        for left, right, record_a, original in rows
    ]


def insert_decision(session: Session, one: Decision) -> None:
    session.execute(
        insert(MatchDecisionRow).values(
            id=one.id,
            record_a=one.record_a,
            record_b=one.record_b,
            verdict=str(one.verdict),
            rule=one.rule,
            score=one.score,
            evidence=list(one.evidence),
            kept_course=one.kept_course,
            gone_course=one.gone_course,
            moved=list(one.moved),
            original=one.original,
            decided_by=one.by,
            decided_at=one.at,
            note=one.note,
        )
    )


def decision(session: Session, decision_id: str) -> Decision | None:
    row = session.get(MatchDecisionRow, decision_id)
    return _decision(row) if row else None


def decisions(
    session: Session, *, before: str | None, limit: int, society_id: str | None = None
) -> list[Decision]:
    """What was decided, the newest first, lifted decisions too; of one society's own pairs only."""
    query = select(MatchDecisionRow)
    if society_id is not None:
        own = select(SourceRecordRow.id).where(SourceRecordRow.society_id == society_id)
        query = query.where(MatchDecisionRow.record_a.in_(own), MatchDecisionRow.record_b.in_(own))
    if before is not None:
        query = query.where(MatchDecisionRow.id < before)
    return [
        _decision(row)
        for row in session.scalars(query.order_by(MatchDecisionRow.id.desc()).limit(limit))
    ]


def standing(session: Session, record_ids: Collection[str]) -> list[Decision]:
    """What stands of pairs that one of these records is in."""
    rows = session.scalars(
        select(MatchDecisionRow)
        .where(
            or_(
                MatchDecisionRow.record_a.in_(record_ids),
                MatchDecisionRow.record_b.in_(record_ids),
            ),
            _STANDS,
        )
        .order_by(MatchDecisionRow.id)
    )
    return [_decision(row) for row in rows]


def between(
    session: Session, left: Collection[str], right: Collection[str], verdict: Verdict
) -> list[Decision]:
    """What of this kind stands between two sets of records."""
    a, b = MatchDecisionRow.record_a, MatchDecisionRow.record_b
    rows = session.scalars(
        select(MatchDecisionRow).where(
            MatchDecisionRow.verdict == verdict,
            _STANDS,
            or_(and_(a.in_(left), b.in_(right)), and_(a.in_(right), b.in_(left))),
        )
    )
    return [_decision(row) for row in rows]


def lift(session: Session, decision_ids: Iterable[str], *, by: str, at: datetime) -> None:
    session.execute(
        update(MatchDecisionRow)
        .where(MatchDecisionRow.id.in_(list(decision_ids)), _STANDS)
        .values(lifted_by=by, lifted_at=at)
        .execution_options(synchronize_session=False)
    )


def drop_suggestions(session: Session, left: Collection[str], right: Collection[str]) -> None:
    """Nobody is asked any more about pairs of these two sets."""
    a, b = MatchSuggestionRow.record_a, MatchSuggestionRow.record_b
    session.execute(
        delete(MatchSuggestionRow)
        .where(or_(and_(a.in_(left), b.in_(right)), and_(a.in_(right), b.in_(left))))
        .execution_options(synchronize_session=False)
    )


def _decision(row: MatchDecisionRow) -> Decision:
    return Decision(
        id=row.id,
        record_a=row.record_a,
        record_b=row.record_b,
        verdict=Verdict(row.verdict),
        rule=row.rule,
        score=row.score,
        evidence=tuple(row.evidence),
        kept_course=row.kept_course,
        gone_course=row.gone_course,
        moved=tuple(row.moved),
        original=row.original,
        by=row.decided_by,
        at=row.decided_at,
        note=row.note,
        lifted_by=row.lifted_by,
        lifted_at=row.lifted_at,
    )
