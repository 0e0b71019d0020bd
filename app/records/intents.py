"""Intents in the database: what was decided, before and until it is signed; holders beside them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.records.model import Intent, Slot, State
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


@dataclass(frozen=True, slots=True)
class Known:
    """By what an intent or a record is recognised when the same completion comes again."""

    id: str
    idempotency_key: str
    activity_key: str | None
    facts_hash: str
    supersedes: str | None
    state: State


@dataclass(frozen=True, slots=True)
class Finished:
    """A record to be put in its intent's place."""

    id: str
    json: bytes
    jwt: str


def known(
    session: Session,
    *,
    society_id: str,
    idempotency_keys: Collection[str],
    activity_keys: Collection[str],
    superseded: Collection[str],
) -> Sequence[Known]:
    """What was decided under one of these keys, for one of these activities or corrections."""
    rows = session.execute(
        select(
            RecordRow.id,
            RecordRow.idempotency_key,
            RecordRow.activity_key,
            RecordRow.facts_hash,
            RecordRow.supersedes,
            RecordRow.state,
        ).where(
            RecordRow.society_id == society_id,
            or_(
                RecordRow.idempotency_key.in_(idempotency_keys),
                RecordRow.activity_key.in_(activity_keys),
                RecordRow.supersedes.in_(superseded),
            ),
        )
    )
    return [Known(*row[:5], state=State(row.state)) for row in rows]


def holders(
    session: Session, *, society_id: str, fingerprints: Collection[str]
) -> Mapping[str, str]:
    """The opaque ids of the holders that a society's records know already, by fingerprint."""
    rows = session.execute(
        select(HolderRow.fingerprint, HolderRow.holder_id).where(
            HolderRow.society_id == society_id, HolderRow.fingerprint.in_(fingerprints)
        )
    )
    return {row.fingerprint: row.holder_id for row in rows}


def insert_many(
    session: Session, intents: Sequence[Intent], *, fingerprints: Mapping[str, str]
) -> set[str]:
    """Store intents, and the holders that are new (fingerprint to id); gives the ids it stored.

    What somebody else was first with, in any respect, is left out: look again.
    """
    if not intents:
        return set()
    society_id = intents[0].society_id
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    if fingerprints:
        session.execute(
            insert(HolderRow).on_conflict_do_nothing(),
            [
                {"society_id": society_id, "fingerprint": fingerprint, "holder_id": holder_id}
                for fingerprint, holder_id in sorted(fingerprints.items())
            ],
        )
    held = holders(session, society_id=society_id, fingerprints=fingerprints)
    lost = {made for fingerprint, made in fingerprints.items() if held[fingerprint] != made}
    # In one order, whoever inserts, so that two batches never wait for each other.
    rows = [
        _row(intent)
        for intent in sorted(intents, key=lambda one: one.idempotency_key)
        if intent.holder_id not in lost
    ]
    if not rows:
        return set()
    # One short statement, run for each row: a long one with all costs more to read than to run.
    session.connection().execute(insert(RecordRow).on_conflict_do_nothing(), rows)
    ids = [row["id"] for row in rows]
    return set(session.scalars(select(RecordRow.id).where(RecordRow.id.in_(ids))))


def find(session: Session, ids: Collection[str]) -> dict[str, Intent]:
    """Intents that are not finished, by id."""
    rows = session.execute(
        select(*_INTENT).where(RecordRow.id.in_(ids), RecordRow.state == State.INTENDED)
    )
    return {row.id: _intent(row) for row in rows}


def waiting(
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


def lock(session: Session, ids: Iterable[str]) -> set[str]:
    """Those that nobody has finished yet; nobody else can until this transaction ends."""
    return set(
        session.scalars(
            select(RecordRow.id)
            .where(RecordRow.id.in_(sorted(ids)), RecordRow.state == State.INTENDED)
            .order_by(RecordRow.id)
            .with_for_update()
        )
    )


def finish_many(session: Session, finished: Sequence[Finished], *, at: datetime) -> None:
    """Put signed records in the place of their intents, which the caller has locked."""
    if not finished:
        return
    table = RecordRow.__table__
    session.connection().execute(
        update(table)  # type: ignore[arg-type]  # a Table, typed as FromClause
        .where(table.c.id == bindparam("the_id"), table.c.state == State.INTENDED)
        .values(
            state=State.ISSUED,
            json=bindparam("the_json"),
            jwt=bindparam("the_jwt"),
            issued_at=at,
            last_error=None,
        ),
        [
            {"the_id": one.id, "the_json": one.json.decode(), "the_jwt": one.jwt}
            for one in sorted(finished, key=lambda one: one.id)
        ],
    )


def take_over_activity(session: Session, record_id: str) -> None:
    """Give a correction the activity that its record has just given up."""
    session.execute(
        update(RecordRow)
        .where(RecordRow.id == record_id, RecordRow.pending_activity.is_not(None))
        .values(activity_key=RecordRow.pending_activity, pending_activity=None)
    )


def note_failures(session: Session, reasons: Mapping[str, str]) -> None:
    """Keep why intents could not be finished."""
    for record_id, reason in sorted(reasons.items()):
        session.execute(
            update(RecordRow)
            .where(RecordRow.id == record_id, RecordRow.state == State.INTENDED)
            .values(attempts=RecordRow.attempts + 1, last_error=reason[:2000])
        )


def _row(intent: Intent) -> dict[str, Any]:
    return {
        "id": intent.id,
        "society_id": intent.society_id,
        "issuer_id": intent.issuer_id,
        "holder_id": intent.holder_id,
        "course_id": intent.course_id,
        "idempotency_key": intent.idempotency_key,
        "activity_key": intent.activity_key,
        "facts_hash": intent.facts_hash,
        "list_no": intent.slot.list_no,
        "list_index": intent.slot.index,
        "document": intent.document.decode(),
        "proof_key_id": intent.proof_key_id,
        "jwt_key_id": intent.jwt_key_id,
        "prepared_at": intent.prepared_at,
        "state": State.INTENDED,
        "attempts": 0,
        "supersedes": intent.supersedes,
        "pending_activity": intent.pending_activity,
        "course_run": intent.course_run,
        "roster_id": intent.roster_id,
    }


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
