"""Intents, records, holders and status lists in the database."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from app.records.model import Intent, IssuedRecord, RevocationReason, Slot, State
from app.records.tables import HolderRow, RecordRow

_INTENT = (
    RecordRow.id,
    RecordRow.society_id,
    RecordRow.issuer_id,
    RecordRow.holder_id,
    RecordRow.course_id,
    RecordRow.idempotency_key,
    RecordRow.facts_hash,
    RecordRow.activity_key,
    RecordRow.list_no,
    RecordRow.list_index,
    RecordRow.document,
    RecordRow.proof_key_id,
    RecordRow.jwt_key_id,
    RecordRow.prepared_at,
    RecordRow.supersedes,
    RecordRow.pending_activity,
    RecordRow.course_run,
    RecordRow.roster_id,
    RecordRow.state,
    RecordRow.attempts,
)


def insert_intent(session: Session, intent: Intent, *, fingerprint: str | None) -> None:
    """Raises SQLAlchemy's ``IntegrityError`` when somebody else was first in any respect."""
    if fingerprint is not None:
        session.add(
            HolderRow(
                society_id=intent.society_id, fingerprint=fingerprint, holder_id=intent.holder_id
            )
        )
    session.add(
        RecordRow(
            id=intent.id,
            society_id=intent.society_id,
            issuer_id=intent.issuer_id,
            holder_id=intent.holder_id,
            course_id=intent.course_id,
            idempotency_key=intent.idempotency_key,
            activity_key=intent.activity_key,
            facts_hash=intent.facts_hash,
            list_no=intent.slot.list_no,
            list_index=intent.slot.index,
            document=intent.document.decode(),
            proof_key_id=intent.proof_key_id,
            jwt_key_id=intent.jwt_key_id,
            prepared_at=intent.prepared_at,
            state=State.INTENDED,
            attempts=0,
        )
    )
    session.flush()


def find_holder(session: Session, *, society_id: str, fingerprint: str) -> str | None:
    return session.scalar(
        select(HolderRow.holder_id).where(
            HolderRow.society_id == society_id, HolderRow.fingerprint == fingerprint
        )
    )


def intents(
    session: Session, *, at: datetime, older_than: timedelta, limit: int
) -> Sequence[Intent]:
    """What was decided longer ago than that and is not out yet; what failed least comes first.

    One that failed waits twice as long after each attempt, up to about ``older_than`` x 2,000.
    """
    rows = session.execute(
        select(*_INTENT)
        .where(RecordRow.state == State.INTENDED, RecordRow.prepared_at <= at - older_than)
        .order_by(RecordRow.attempts, RecordRow.prepared_at)
        .limit(limit)
    )
    return [
        _intent(row)
        for row in rows
        if row.prepared_at + older_than * 2 ** min(row.attempts, 11) <= at
    ]


def earlier(
    session: Session, *, society_id: str, idempotency_key: str, activity_key: str
) -> Sequence[tuple[Intent, State]]:
    """What was decided under the same key, then what was decided for the same activity."""
    found = []
    for condition in (
        RecordRow.idempotency_key == idempotency_key,
        RecordRow.activity_key == activity_key,
    ):
        row = session.execute(
            select(*_INTENT).where(RecordRow.society_id == society_id, condition)
        ).one_or_none()
        if row is not None:
            found.append((_intent(row), State(row.state)))
    return found


def finish(session: Session, record_id: str, *, json: bytes, jwt: str, at: datetime) -> bool:
    """Put a signed record in the place of its intent; false when somebody else already has."""
    finished = session.execute(
        update(RecordRow)
        .where(RecordRow.id == record_id, RecordRow.state == State.INTENDED)
        .values(state=State.ISSUED, json=json.decode(), jwt=jwt, issued_at=at, last_error=None)
        .returning(RecordRow.id)
    )
    return finished.one_or_none() is not None


def note_failure(session: Session, record_id: str, *, reason: str) -> None:
    session.execute(
        update(RecordRow)
        .where(RecordRow.id == record_id, RecordRow.state == State.INTENDED)
        .values(attempts=RecordRow.attempts + 1, last_error=reason[:2000])
    )


def find_record(session: Session, record_id: str) -> tuple[IssuedRecord, Slot] | None:
    """An issued record and its place in a status list."""
    row = session.execute(
        select(
            RecordRow.id,
            RecordRow.society_id,
            RecordRow.holder_id,
            RecordRow.course_id,
            RecordRow.json,
            RecordRow.jwt,
            RecordRow.issued_at,
            RecordRow.revoked_at,
            RecordRow.revocation_reason,
            RecordRow.list_no,
            RecordRow.list_index,
        ).where(RecordRow.id == record_id, RecordRow.state == State.ISSUED)
    ).one_or_none()
    if row is None:
        return None
    reason = row.revocation_reason
    record = IssuedRecord(
        id=row.id,
        society_id=row.society_id,
        holder_id=row.holder_id,
        course_id=row.course_id,
        json=row.json.encode(),
        jwt=row.jwt,
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
        revocation_reason=None if reason is None else RevocationReason(reason),
    )
    return record, Slot(row.list_no, row.list_index)


def mark_revoked(
    session: Session, record_id: str, *, reason: RevocationReason, at: datetime
) -> bool:
    """False when it was revoked before. Its activity may then be recorded anew."""
    marked = session.execute(
        update(RecordRow)
        .where(RecordRow.id == record_id, RecordRow.revoked_at.is_(None))
        .values(revoked_at=at, revocation_reason=reason, activity_key=None)
        .returning(RecordRow.id)
    )
    return marked.one_or_none() is not None


def _intent(row: Row[*tuple[Any, ...]]) -> Intent:
    return Intent(
        id=row.id,
        society_id=row.society_id,
        issuer_id=row.issuer_id,
        holder_id=row.holder_id,
        course_id=row.course_id,
        idempotency_key=row.idempotency_key,
        facts_hash=row.facts_hash,
        activity_key=row.activity_key,
        slot=Slot(row.list_no, row.list_index),
        document=row.document.encode(),
        proof_key_id=row.proof_key_id,
        jwt_key_id=row.jwt_key_id,
        prepared_at=row.prepared_at,
        supersedes=row.supersedes,
        pending_activity=row.pending_activity,
        course_run=row.course_run,
        roster_id=row.roster_id,
    )
