"""Kept records in the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from app.records.keeping.tables import KeptRecordRow


def insert_kept(session: Session, person_id: str, record_id: str, *, at: datetime) -> None:
    session.execute(
        insert(KeptRecordRow).values(person_id=person_id, record_id=record_id, kept_at=at)
    )


def kept_at(session: Session, person_id: str, record_id: str) -> datetime | None:
    """When the person began to keep the record; ``None`` for not at all."""
    return session.scalar(
        select(KeptRecordRow.kept_at).where(
            KeptRecordRow.person_id == person_id, KeptRecordRow.record_id == record_id
        )
    )


def kept(
    session: Session, person_id: str, *, before: str | None, limit: int
) -> Sequence[tuple[str, datetime]]:
    """Ids of the kept records, the newest record first, from the one before ``before``."""
    query = select(KeptRecordRow.record_id, KeptRecordRow.kept_at).where(
        KeptRecordRow.person_id == person_id
    )
    if before is not None:
        query = query.where(KeptRecordRow.record_id < before)
    rows = session.execute(query.order_by(KeptRecordRow.record_id.desc()).limit(limit))
    return [(row.record_id, row.kept_at) for row in rows]


def count(session: Session, person_id: str) -> int:
    query = select(func.count()).where(KeptRecordRow.person_id == person_id)
    return session.scalar(query) or 0


def delete_kept(session: Session, person_id: str, record_id: str) -> bool:
    """False when it was not kept."""
    ended = session.execute(
        delete(KeptRecordRow)
        .where(KeptRecordRow.person_id == person_id, KeptRecordRow.record_id == record_id)
        .returning(KeptRecordRow.record_id)
    )
    return ended.one_or_none() is not None
