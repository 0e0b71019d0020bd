"""Queries and writes of the catalogue. Takes a session, never commits, decides nothing."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, text, update
from sqlalchemy.orm import Session

from app.catalogue import document
from app.catalogue.matching import Candidate
from app.catalogue.merging import Part
from app.catalogue.model import (
    MANUAL,
    Brief,
    Course,
    CourseData,
    CourseRun,
    Offer,
    Society,
    SourceRef,
    Status,
)
from app.catalogue.tables import (
    CourseRow,
    CourseRunRow,
    FieldProvenanceRow,
    MatchKeyRow,
    OfferRow,
    SocietyRow,
    SourceRecordRow,
)

_MATCHING_LOCK = 0x6370645F6D617463
_RUN_COLUMNS = tuple(
    column.name
    for column in CourseRunRow.__table__.columns
    if column.name not in {"course_id", "position"}
)

# Built once, of tables and not of their classes: building a statement, or letting the session look
# after rows that nobody will touch again, costs more than the database takes to write them.
_INSERT_COURSE = insert(CourseRow)
_INSERT_RECORD = insert(SourceRecordRow)
_INSERT_KEYS = insert(MatchKeyRow)
_INSERT_RUNS = insert(CourseRunRow)
_INSERT_OFFERS = insert(OfferRow)
_INSERT_PROVENANCE = insert(FieldProvenanceRow)
_LIVE_VERSIONS = select(CourseRow.id, CourseRow.version).where(
    CourseRow.id.in_(bindparam("ids", expanding=True)), CourseRow.status == Status.ACTIVE
)


def lock_matching(session: Session) -> None:
    """Until the transaction ends, nobody else matches: two sources must not make one course twice.

    SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MATCHING_LOCK})


def insert_society(session: Session, society: Society, *, at: datetime) -> None:
    session.execute(
        insert(SocietyRow).values(
            id=society.id,
            names=dict(society.names),
            country=society.country,
            url=society.url,
            aliases=list(society.aliases),
            created_at=at,
        )
    )


def society(session: Session, society_id: str) -> Society | None:
    return next(iter(_societies(session, society_id)), None)


def set_names(session: Session, society_id: str, names: Mapping[str, str]) -> None:
    session.execute(update(SocietyRow).where(SocietyRow.id == society_id).values(names=dict(names)))


def course_ids_of(session: Session, society_id: str) -> list[str]:
    """The courses of a society, withdrawn ones too."""
    return list(session.scalars(select(CourseRow.id).where(CourseRow.society_id == society_id)))


def societies(session: Session) -> list[Society]:
    return _societies(session, None)


def _societies(session: Session, only: str | None) -> list[Society]:
    query = select(
        SocietyRow.id, SocietyRow.names, SocietyRow.country, SocietyRow.url, SocietyRow.aliases
    ).order_by(SocietyRow.id)
    if only is not None:
        query = query.where(SocietyRow.id == only)
    return [
        Society(id=row.id, names=row.names, country=row.country, url=row.url,
                aliases=tuple(row.aliases))
        for row in session.execute(query)
    ]  # fmt: skip


def record(session: Session, *, source_id: str, remote_id: str) -> SourceRecordRow | None:
    return session.scalar(
        select(SourceRecordRow).where(
            SourceRecordRow.source_id == source_id,
            SourceRecordRow.remote_hash == remote_hash(remote_id),
        )
    )


def remote_hash(remote_id: str) -> str:
    return hashlib.sha256(remote_id.encode("utf-8", "surrogatepass")).hexdigest()


def insert_record(session: Session, **columns: Any) -> None:
    given = {
        **columns,
        "remote_hash": remote_hash(columns["remote_id"]),
        "status": str(Status.ACTIVE),
    }
    session.connection().execute(_INSERT_RECORD, [given])


def update_record(session: Session, record_id: str, **columns: Any) -> None:
    session.execute(
        update(SourceRecordRow).where(SourceRecordRow.id == record_id).values(**columns)
    )


def replace_keys(session: Session, record_id: str, keys: Iterable[str]) -> None:
    session.execute(delete(MatchKeyRow).where(MatchKeyRow.source_record_id == record_id))
    insert_keys(session, record_id, keys)


def insert_keys(session: Session, record_id: str, keys: Iterable[str]) -> None:
    if rows := [{"source_record_id": record_id, "key": key} for key in dict.fromkeys(keys)]:
        session.connection().execute(_INSERT_KEYS, rows)


def candidates(
    session: Session, keys: Collection[str], *, source_id: str, society_id: str, pushed: bool
) -> list[Candidate]:
    """The courses that share a key, and whether they have a live record of this source already.

    Between two societies, only what was harvested from both is compared (``matching``).
    """
    own = SourceRecordRow.society_id == society_id
    found = session.execute(
        select(MatchKeyRow.key, SourceRecordRow.course_id)
        .join(SourceRecordRow, SourceRecordRow.id == MatchKeyRow.source_record_id)
        .where(
            MatchKeyRow.key.in_(keys),
            own if pushed else or_(own, SourceRecordRow.pushed.is_(False)),
        )
        .distinct()
    ).all()
    if not found:
        return []
    of_this_source = set(
        session.scalars(
            select(SourceRecordRow.course_id).where(
                SourceRecordRow.course_id.in_({course_id for _, course_id in found}),
                SourceRecordRow.source_id == source_id,
                SourceRecordRow.status == Status.ACTIVE,
            )
        )
    )
    return [Candidate(key, course_id, course_id in of_this_source) for key, course_id in found]


def parts(session: Session, course_id: str) -> list[tuple[Part, SourceRef]]:
    """The live source records of a course, and those that were pushed and taken back."""
    rows = session.execute(
        select(
            SourceRecordRow.id,
            SourceRecordRow.source_id,
            SourceRecordRow.society_id,
            SourceRecordRow.remote_id,
            SourceRecordRow.data,
            SourceRecordRow.created_at,
            SourceRecordRow.pushed,
            SourceRecordRow.status,
        ).where(
            SourceRecordRow.course_id == course_id,
            or_(SourceRecordRow.status == Status.ACTIVE, SourceRecordRow.pushed),
        )
    )
    return [
        (
            Part(
                source_record_id=row.id,
                society_id=row.society_id,
                data=document.from_json(row.data),
                age=(row.created_at, row.source_id, row.remote_id),
                pushed=row.pushed,
                live=row.status == Status.ACTIVE,
            ),
            SourceRef(row.id, row.source_id, row.society_id, row.remote_id),
        )
        for row in rows
    ]


def course_row(session: Session, course_id: str) -> CourseRow | None:
    return session.get(CourseRow, course_id)


def insert_course(session: Session, **columns: Any) -> None:
    session.connection().execute(_INSERT_COURSE, [columns])


def update_course(session: Session, course_id: str, **columns: Any) -> None:
    session.execute(update(CourseRow).where(CourseRow.id == course_id).values(**columns))


def delete_levels(session: Session, course_id: str) -> None:
    for table in (OfferRow, CourseRunRow, FieldProvenanceRow):
        session.execute(delete(table).where(table.course_id == course_id))


def insert_levels(
    session: Session, course_id: str, *, data: CourseData, provenance: Mapping[str, str]
) -> None:
    """Write the rows below a course: its runs, its offers, where its fields come from."""
    offers = [_offer(course_id, None, n, offer) for n, offer in enumerate(data.offers)]
    for run in data.runs:
        offers += [_offer(course_id, run.id, n, offer) for n, offer in enumerate(run.offers)]
    if data.runs:
        rows = [_run(course_id, n, run) for n, run in enumerate(data.runs)]
        session.connection().execute(_INSERT_RUNS, rows)
    if offers:
        session.connection().execute(_INSERT_OFFERS, offers)
    if provenance:
        session.connection().execute(
            _INSERT_PROVENANCE,
            [
                {
                    "course_id": course_id,
                    "field": field,
                    "source_record_id": None if record_id == MANUAL else record_id,
                }
                for field, record_id in provenance.items()
            ],
        )


def courses(session: Session, ids: Sequence[str]) -> list[Course]:
    """The courses of these ids, in their order, whatever their status; unknown ids are absent."""
    found = {row.id: row for row in session.scalars(select(CourseRow).where(CourseRow.id.in_(ids)))}
    provenance: dict[str, dict[str, str]] = {course_id: {} for course_id in found}
    for course_id, field, record_id in session.execute(
        select(
            FieldProvenanceRow.course_id,
            FieldProvenanceRow.field,
            FieldProvenanceRow.source_record_id,
        ).where(FieldProvenanceRow.course_id.in_(found))
    ):
        provenance[course_id][field] = record_id or MANUAL
    return [_course(found[one], provenance[one]) for one in dict.fromkeys(ids) if one in found]


def briefs(session: Session, ids: Sequence[str]) -> list[Brief]:
    """The courses of these ids in few words, whatever their status, in no order."""
    rows = session.execute(
        select(
            CourseRow.id, CourseRow.society_id, CourseRow.sources, CourseRow.status,
            CourseRow.version,
        ).where(CourseRow.id.in_(ids))
    )  # fmt: skip
    return [
        Brief(
            id=row.id,
            society_id=row.society_id,
            societies=frozenset({row.society_id, *(one["society_id"] for one in row.sources)}),
            status=Status(row.status),
            version=row.version,
        )
        for row in rows
    ]


def course_ids(session: Session, *, after: str | None, limit: int) -> list[str]:
    query = select(CourseRow.id).where(CourseRow.status == Status.ACTIVE)
    if after is not None:
        query = query.where(CourseRow.id > after)
    return list(session.scalars(query.order_by(CourseRow.id).limit(limit)))


def live_versions(session: Session, ids: Sequence[str]) -> dict[str, int]:
    found = session.connection().execute(_LIVE_VERSIONS, {"ids": list(ids)})
    return {row.id: row.version for row in found}


def newest_course_ids(session: Session, *, limit: int) -> list[str]:
    query = select(CourseRow.id).where(CourseRow.status == Status.ACTIVE)
    return list(session.scalars(query.order_by(CourseRow.id.desc()).limit(limit)))


def count_courses(session: Session) -> int:
    query = select(func.count()).where(CourseRow.status == Status.ACTIVE)
    return session.scalar(query) or 0


def _course(row: CourseRow, provenance: Mapping[str, str]) -> Course:
    return Course(
        id=row.id,
        society_id=row.society_id,
        status=Status(row.status),
        data=document.from_json(row.data),
        sources=tuple(SourceRef(**one) for one in row.sources),
        provenance=provenance,
        quality=row.quality,
        missing=tuple(row.missing),
        version=row.version,
        created_at=row.created_at,
        modified_at=row.modified_at,
        merged_into=row.merged_into,
        translations=tuple(row.translations),
        translation_of=row.translation_of,
    )


def _run(course_id: str, position: int, run: CourseRun) -> dict[str, Any]:
    known = {name: getattr(run, name) for name in _RUN_COLUMNS}
    return {**known, "course_id": course_id, "position": position}


def _offer(course_id: str, run_id: str | None, position: int, offer: Offer) -> dict[str, Any]:
    return {
        **asdict(offer),
        "course_id": course_id,
        "course_run_id": run_id,
        "position": position,
    }
