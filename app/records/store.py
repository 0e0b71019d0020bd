"""Issued records in the database. Intents, which become records, are in ``intents``."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import Session

from app.records.model import IssuedRecord, Slot, State
from app.records.standing.model import Standing
from app.records.tables import RecordRow

_RECORD = (
    RecordRow.id,
    RecordRow.society_id,
    RecordRow.holder_id,
    RecordRow.course_id,
    RecordRow.course_run,
    RecordRow.roster_id,
    RecordRow.supersedes,
    RecordRow.superseded_by,
    RecordRow.suspended_at,
    RecordRow.issued_at,
    RecordRow.revoked_at,
    RecordRow.revocation_reason,
    RecordRow.idempotency_key,
)
_WHOLE = (*_RECORD, RecordRow.json, RecordRow.jwt, RecordRow.list_no, RecordRow.list_index)


@dataclass(frozen=True, slots=True)
class Corrected:
    """What must be known of a record that somebody wants to correct."""

    id: str
    society_id: str
    holder_id: str
    activity_key: str | None
    state: State
    revoked: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records of a society are asked for; what is ``None`` does not narrow."""

    standing: Standing | None = None
    holder_id: str | None = None
    course_id: str | None = None
    course_run: str | None = None
    roster_id: str | None = None
    issued_from: date | None = None
    issued_until: date | None = None


def find_record(session: Session, record_id: str) -> tuple[IssuedRecord, Slot] | None:
    """An issued record and its place in a status list."""
    row = session.execute(
        select(*_WHOLE).where(RecordRow.id == record_id, RecordRow.state == State.ISSUED)
    ).one_or_none()
    return None if row is None else (_whole(row), Slot(row.list_no, row.list_index))


def find_records(session: Session, ids: Collection[str]) -> dict[str, IssuedRecord]:
    """Issued records by id."""
    rows = session.execute(
        select(*_WHOLE).where(RecordRow.id.in_(ids), RecordRow.state == State.ISSUED)
    )
    return {row.id: _whole(row) for row in rows}


def find_briefs(session: Session, ids: Collection[str]) -> dict[str, IssuedRecord]:
    """Issued records by id, without their two forms."""
    rows = session.execute(
        select(*_RECORD).where(RecordRow.id.in_(ids), RecordRow.state == State.ISSUED)
    )
    return {row.id: _record(row) for row in rows}


def corrected(session: Session, ids: Collection[str]) -> Mapping[str, Corrected]:
    """What must be known of records that are to be corrected, by id."""
    rows = session.execute(
        select(
            RecordRow.id,
            RecordRow.society_id,
            RecordRow.holder_id,
            RecordRow.activity_key,
            RecordRow.state,
            RecordRow.revoked_at,
        ).where(RecordRow.id.in_(ids))
    )
    return {
        row.id: Corrected(
            id=row.id,
            society_id=row.society_id,
            holder_id=row.holder_id,
            activity_key=row.activity_key,
            state=State(row.state),
            revoked=row.revoked_at is not None,
        )
        for row in rows
    }


def list_records(
    session: Session, society_id: str, *, wanted: Filter, before: str | None, limit: int
) -> Sequence[IssuedRecord]:
    """Issued records without their forms, newest first, from the one before the id ``before``."""
    query = select(*_RECORD).where(
        RecordRow.society_id == society_id, RecordRow.state == State.ISSUED, *_narrowed(wanted)
    )
    if before is not None:
        query = query.where(RecordRow.id < before)
    rows = session.execute(query.order_by(RecordRow.id.desc()).limit(limit))
    return [_record(row) for row in rows]


def count_signed_with(session: Session, key_id: str) -> int:
    """How many issued records a key signed, in either form."""
    query = select(func.count()).select_from(RecordRow)
    return session.scalar(query.where(*_signed_with(key_id))) or 0


def signed_with(session: Session, key_id: str) -> Iterator[IssuedRecord]:
    """The issued records that a key signed, without their forms, oldest first."""
    query = select(*_RECORD).where(*_signed_with(key_id)).order_by(RecordRow.id)
    for row in session.execute(query.execution_options(yield_per=1000)):
        yield _record(row)


def _signed_with(key_id: str) -> tuple[ColumnElement[bool], ...]:
    signed = or_(RecordRow.proof_key_id == key_id, RecordRow.jwt_key_id == key_id)
    return RecordRow.state == State.ISSUED, signed


def _narrowed(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    for column, value in (
        (RecordRow.holder_id, wanted.holder_id),
        (RecordRow.course_id, wanted.course_id),
        (RecordRow.course_run, wanted.course_run),
        (RecordRow.roster_id, wanted.roster_id),
    ):
        if value is not None:
            yield column == value
    if wanted.issued_from is not None:
        yield RecordRow.issued_at >= _midnight(wanted.issued_from)
    if wanted.issued_until is not None:
        yield RecordRow.issued_at <= datetime.combine(wanted.issued_until, time.max, UTC)
    if wanted.standing is not None:
        yield from _STANDS[wanted.standing]


_STANDS = {
    Standing.VALID: (RecordRow.revoked_at.is_(None), RecordRow.suspended_at.is_(None)),
    Standing.SUSPENDED: (RecordRow.revoked_at.is_(None), RecordRow.suspended_at.is_not(None)),
    Standing.SUPERSEDED: (RecordRow.superseded_by.is_not(None),),
    Standing.REVOKED: (RecordRow.revoked_at.is_not(None), RecordRow.superseded_by.is_(None)),
}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


def _whole(row: Row[*tuple[Any, ...]]) -> IssuedRecord:
    return _record(row, json=row.json.encode(), jwt=row.jwt)


def _record(row: Row[*tuple[Any, ...]], *, json: bytes = b"", jwt: str = "") -> IssuedRecord:
    return IssuedRecord(
        id=row.id,
        society_id=row.society_id,
        holder_id=row.holder_id,
        course_id=row.course_id,
        json=json,
        jwt=jwt,
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
        revocation_reason=row.revocation_reason,
        suspended_at=row.suspended_at,
        course_run=row.course_run,
        roster_id=row.roster_id,
        supersedes=row.supersedes,
        superseded_by=row.superseded_by,
        idempotency_key=row.idempotency_key,
    )
