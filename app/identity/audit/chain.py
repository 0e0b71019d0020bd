"""The chain over the audit trail: every row sealed in its place, so that no change goes unseen.

Rows are written without a hash, so that transactions which note something never wait for each
other. Soon after, one process at a time gives each committed row the next position and

    hash = SHA-256(hash of the position before || the row as canonical JSON (RFC 8785))

where the hash before the first is 32 zero bytes. A row that is committed late gets a later
position; its own time and number are in what is hashed. Whoever changes, removes or slips in a row
has to compute every later hash anew, and then ends at another head. So note the head elsewhere from
time to time (the log has it, ``opencpd audit head`` prints it) and give it to ``verify``.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785
from sqlalchemy import Row, delete, func, insert, select, text
from sqlalchemy.orm import Session

from app.identity.audit.tables import AuditRow, AuditSealRow, AuditWaitingRow

FIRST = "0" * 64
AT_ONCE = 1000
_ONE_AT_A_TIME = 7_305_114_968
"""The advisory lock of whoever seals; on SQLite there is one writer anyway."""
_EXACT = 2**53 - 1
_TOLD = (
    AuditRow.id,
    AuditRow.at,
    AuditRow.who,
    AuditRow.action,
    AuditRow.subject,
    AuditRow.organisation_id,
    AuditRow.before,
    AuditRow.after,
)


@dataclass(frozen=True, slots=True)
class Link:
    """One place of the chain; the newest is its head."""

    position: int
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong with the trail."""

    code: str
    """``changed``, ``removed``, ``inserted`` or ``head``."""
    detail: str
    audit_id: int | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What recomputing the chain found."""

    rows: int
    head: Link | None
    waiting: int
    """Rows that are not sealed yet."""
    fault: Fault | None


def told(row: Any) -> dict[str, Any]:
    """A row as it is hashed and given out."""
    return {
        "id": row.id,
        "at": _moment(row.at),
        "who": row.who,
        "action": row.action,
        "subject": row.subject,
        "organisation_id": row.organisation_id,
        "before": _plain(row.before),
        "after": _plain(row.after),
    }


def canonical(said: Mapping[str, Any]) -> bytes:
    """What ``told`` said, as RFC 8785 writes it."""
    return rfc8785.dumps(dict(said))


def canonical_value(value: Any) -> bytes:
    """One value of a row, in the same form."""
    return rfc8785.dumps(_plain(value))


def link_hash(previous: str, said: Mapping[str, Any]) -> str:
    """The hash of the place after the one whose hash is ``previous``."""
    return hashlib.sha256(bytes.fromhex(previous) + canonical(said)).hexdigest()


def head(session: Session) -> Link | None:
    """The newest place; ``None`` while nothing is sealed."""
    found = session.execute(
        select(AuditSealRow.position, AuditSealRow.hash)
        .order_by(AuditSealRow.position.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None else Link(*found)


def seal(session: Session, *, limit: int = AT_ONCE) -> int:
    """Give at most ``limit`` waiting rows their places, the oldest first; says how many."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    rows = session.execute(
        select(*_TOLD)
        .join(AuditWaitingRow, AuditWaitingRow.audit_id == AuditRow.id)
        .order_by(AuditRow.id)
        .limit(limit)
    ).all()
    if not rows:
        return 0
    last = head(session) or Link(0, FIRST)
    made = []
    for row in rows:
        last = Link(last.position + 1, link_hash(last.hash, told(row)))
        made.append({"position": last.position, "audit_id": row.id, "hash": last.hash})
    session.execute(insert(AuditSealRow), made)
    session.execute(
        delete(AuditWaitingRow).where(AuditWaitingRow.audit_id.in_([row.id for row in rows]))
    )
    return len(rows)


def verify(session: Session, *, noted: Link | None = None) -> Verified:
    """Compute the whole chain anew; ``noted`` is a head that was written down earlier."""
    last, rows = Link(0, FIRST), 0
    fault = None
    for sealed in _sealed(session):
        fault = _wrong(sealed, last)
        if fault is not None:
            break
        last, rows = Link(sealed.position, sealed.hash), rows + 1
        if noted is not None and noted.position == last.position and noted != last:
            fault = Fault(
                "head",
                f"At position {noted.position} stands {last.hash}, not the hash that was noted: "
                "the chain up to there was computed anew.",
                position=noted.position,
            )
            break
    if fault is None and noted is not None and noted.position > last.position:
        detail = f"The chain ends at position {last.position}, before the one that was noted."
        fault = Fault("head", detail, position=last.position)
    return Verified(
        rows,
        last if rows else None,
        session.scalar(select(func.count()).select_from(AuditWaitingRow)) or 0,
        fault or _stray(session),
    )


def _sealed(session: Session) -> Iterator[Row[Any]]:
    """Every place with its row, in order; of a row that is gone nothing is left but its number."""
    after = 0
    while True:
        found = session.execute(
            select(AuditSealRow.position, AuditSealRow.audit_id, AuditSealRow.hash, *_TOLD)
            .outerjoin(AuditRow, AuditRow.id == AuditSealRow.audit_id)
            .where(AuditSealRow.position > after)
            .order_by(AuditSealRow.position)
            .limit(AT_ONCE)
        ).all()
        yield from found
        if len(found) < AT_ONCE:
            return
        after = found[-1].position


def _wrong(sealed: Row[Any], last: Link) -> Fault | None:
    place = last.position + 1
    if sealed.position != place:
        return Fault("removed", f"The place {place} of the chain is gone.", position=place)
    if sealed.id is None:
        detail = f"Row {sealed.audit_id}, sealed at position {place}, was removed."
        return Fault("removed", detail, sealed.audit_id, place)
    try:
        expected = link_hash(last.hash, told(sealed))
    except ValueError:  # a hash before it that is no hash, or a row that JSON cannot say
        expected = ""
    if expected != sealed.hash:
        detail = f"Row {sealed.audit_id} is not what was sealed at position {place}."
        return Fault("changed", detail, sealed.audit_id, place)
    return None


def _stray(session: Session) -> Fault | None:
    """A row that went round the triggers, in or out."""
    inserted = session.scalar(
        select(AuditRow.id)
        .where(
            ~select(AuditSealRow.audit_id).where(AuditSealRow.audit_id == AuditRow.id).exists(),
            ~select(text("1"))
            .select_from(AuditWaitingRow)
            .where(AuditWaitingRow.audit_id == AuditRow.id)
            .exists(),
        )
        .order_by(AuditRow.id)
        .limit(1)
    )
    if inserted is not None:
        return Fault("inserted", f"Row {inserted} was slipped in: nothing sealed it.", inserted)
    removed = session.scalar(
        select(AuditWaitingRow.audit_id)
        .where(~select(AuditRow.id).where(AuditRow.id == AuditWaitingRow.audit_id).exists())
        .order_by(AuditWaitingRow.audit_id)
        .limit(1)
    )
    if removed is not None:
        return Fault("removed", f"Row {removed} was removed before it was sealed.", removed)
    return None


def _moment(at: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds, so that a moment has one form."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    """A JSON value as RFC 8785 can say it: numbers beyond what is exact everywhere as texts."""
    if isinstance(value, Mapping):
        return {_text(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float) and abs(value) <= _EXACT:
        return value
    return str(value)


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode()
