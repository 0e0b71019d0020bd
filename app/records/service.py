"""Use cases: issue a record for a completion, read it, finish what a crash left."""

import uuid
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.platform.db import Database
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import DomainError, NotFound, Unavailable
from app.records import intents, store
from app.records.batch import complete_many
from app.records.finishing import finish_all
from app.records.judge import Request
from app.records.model import IssuedRecord, NewCompletion, Recovery
from app.records.store import Filter
from app.trust.signer import Signer

IN_FLIGHT = timedelta(minutes=1)
"""An intent older than this belongs to nobody who is still at work."""


def complete(
    database: Database,
    signer: Signer,
    completion: NewCompletion,
    *,
    society_id: str,
    idempotency_key: str,
    public_url: str,
    at: datetime,
    who: str = "system",
) -> IssuedRecord:
    """Issue a record, or give the one that this completion got before.

    Raises ``Invalid`` naming each bad field, ``NotFound`` for a society that issues nothing here,
    and ``Conflict`` when the key or the activity was used with other facts.
    """
    (outcome,) = complete_many(
        database,
        signer,
        [Request(completion, idempotency_key)],
        society_id=society_id,
        public_url=public_url,
        at=at,
        who=who,
    )
    if outcome.record is None:
        raise outcome.error or Unavailable("Nothing became of it; try again.")
    return outcome.record


def get_record(session: Session, record_id: str) -> IssuedRecord:
    """An issued record. Raises ``NotFound``."""
    found = store.find_record(session, record_id) if _is_uuid(record_id) else None
    if found is None:
        raise NotFound("There is no such record.")
    return found[0]


def get_briefs(session: Session, ids: Collection[str]) -> Mapping[str, IssuedRecord]:
    """Issued records by id, without their two forms; missing ones are absent."""
    return store.find_briefs(session, ids)


def recover(
    database: Database,
    signer: Signer,
    *,
    at: datetime,
    older_than: timedelta = IN_FLIGHT,
    limit: int = 100,
    who: str = "system:recover",
) -> Recovery:
    """Finish the intents that a crash or a signer's trouble left, and report the rest.

    An ``older_than`` of nothing tries them all, those too that failed a moment ago.
    """
    with database.read() as session:
        waiting = intents.waiting(session, at=at, older_than=older_than, limit=limit)
    found = finish_all(database, signer, waiting, at=at, who=who)
    failed = {name: one for name, one in found.items() if isinstance(one, DomainError)}
    return Recovery(
        tuple(intent.id for intent in waiting if intent.id not in failed),
        tuple((record_id, error.detail) for record_id, error in failed.items()),
    )


def list_records(
    session: Session, society_id: str, *, wanted: Filter, cursor: str | None, limit: int
) -> Slice[IssuedRecord]:
    """A society's issued records, newest first, without their two forms."""
    before = None if cursor is None else decode_cursor(cursor)
    found = store.list_records(session, society_id, wanted=wanted, before=before, limit=limit + 1)
    more = len(found) > limit
    return Slice(found[:limit], encode_cursor(found[limit - 1].id) if more else None)


def count_signed_with(session: Session, key_id: str) -> int:
    """How many issued records a key signed: those that its compromise touches."""
    return store.count_signed_with(session, key_id)


def signed_with(session: Session, key_id: str) -> Iterator[IssuedRecord]:
    """Those records themselves, without their forms, oldest first."""
    return store.signed_with(session, key_id)


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
