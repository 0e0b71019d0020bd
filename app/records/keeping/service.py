"""Use cases: keep a record in one's account, read what is kept, keep it no more.

1. A record is kept by whoever holds its holder's link at that moment; the caller has opened it.
2. From then on the account opens the record, whatever becomes of the link.
3. Whoever keeps it sees it, revoked or not; nobody else does by this.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.people.store import lock_person
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, NotFound
from app.proof.errors import ProofError
from app.proof.parse import load_object
from app.records import service as records
from app.records import store as issued
from app.records.keeping import store
from app.records.keeping.model import Kept
from app.records.model import IssuedRecord
from app.records.sharing.model import HolderLink
from app.records.standing.rules import standing_of
from app.verification import reading

MOST = 5000


class TooManyKept(Conflict):
    """The account keeps as many records as anybody needs."""

    code = "too-many-kept"


def keep(session: Session, link: HolderLink, person_id: str, *, at: datetime) -> None:
    """Keep the record that an open link leads to; twice is the same as once.

    Raises ``NotFound`` for an account that is gone, and ``TooManyKept``.
    """
    if not lock_person(session, person_id):
        raise NotFound("There is no such account.")
    if store.kept_at(session, person_id, link.record_id):
        return
    if store.count(session, person_id) >= MOST:
        raise TooManyKept(f"Your account keeps {MOST} records; remove one that you do not need.")
    store.insert_kept(session, person_id, link.record_id, at=at)
    _note(session, person_id, "record.keep", link.record_id, at=at)


def is_kept(session: Session, person_id: str, record_id: str) -> bool:
    """Whether the person keeps the record."""
    return store.kept_at(session, person_id, record_id) is not None


def list_kept(session: Session, person_id: str, *, cursor: str | None, limit: int) -> Slice[Kept]:
    """A page of a person's records as they stand today, the newest first."""
    before = None if cursor is None else decode_cursor(cursor)
    found = store.kept(session, person_id, before=before, limit=limit + 1)
    shown = found[:limit]
    known = issued.find_records(session, [record_id for record_id, _ in shown])
    items = [_kept(known[record_id], at) for record_id, at in shown if record_id in known]
    return Slice(items, encode_cursor(shown[-1][0]) if len(found) > limit else None)


def get_kept(session: Session, person_id: str, record_id: str) -> Kept:
    """A record that the person keeps. Raises ``NotFound``, also where there is such a record."""
    at = store.kept_at(session, person_id, record_id)
    if at is None:
        raise NotFound("You keep no such record.")
    return _kept(records.get_record(session, record_id), at)


def remove(session: Session, person_id: str, record_id: str, *, at: datetime) -> None:
    """Keep it no more; the record itself stays its issuer's. Raises ``NotFound``."""
    if not store.delete_kept(session, person_id, record_id):
        raise NotFound("You keep no such record.")
    _note(session, person_id, "record.keep.end", record_id, at=at)


def _kept(record: IssuedRecord, kept_at: datetime) -> Kept:
    standing = standing_of(
        revoked_at=record.revoked_at,
        suspended_at=record.suspended_at,
        superseded_by=record.superseded_by,
    )
    return Kept(record, kept_at, standing, *_title(record.json))


def _title(record_json: bytes) -> tuple[str, str | None]:
    """The record's own name. Ours were checked before they left, so nothing is verified here."""
    try:
        document = load_object(record_json)
        name = reading.optional_text(document, "name") or ""
        achievement = reading.nested(reading.nested(document, "credentialSubject"), "achievement")
        return name, reading.optional_text(achievement, "inLanguage")
    except ProofError:
        return "", None


def _note(session: Session, person_id: str, action: str, record_id: str, *, at: datetime) -> None:
    """Of the person, not of the record: who keeps it is not its issuer's affair."""
    audit.record(
        session,
        who=f"person:{person_id}",
        action=action,
        subject=f"person:{person_id}",
        at=at,
        after={"record": record_id},
    )
