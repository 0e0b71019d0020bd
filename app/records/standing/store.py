"""Standing and its history in the database."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app.records.model import State
from app.records.standing.model import (
    Action,
    Change,
    Held,
    History,
    Order,
    Reason,
    Search,
    Standing,
)
from app.records.standing.rules import standing_of
from app.records.standing.tables import StandingRow
from app.records.tables import RecordRow

_MOST_PARAMETERS = 500
"""How many ids one statement names."""

_IS: Mapping[Standing, ColumnElement[bool]] = {
    Standing.VALID: RecordRow.revoked_at.is_(None) & RecordRow.suspended_at.is_(None),
    Standing.SUSPENDED: RecordRow.revoked_at.is_(None) & RecordRow.suspended_at.is_not(None),
    Standing.REVOKED: RecordRow.revoked_at.is_not(None) & RecordRow.superseded_by.is_(None),
    Standing.SUPERSEDED: RecordRow.superseded_by.is_not(None),
}


def lock(session: Session, record_ids: Collection[str]) -> dict[str, Held]:
    """Issued records, locked in the order of their ids, whoever asks: so nobody deadlocks."""
    found: dict[str, Held] = {}
    ordered = sorted(set(record_ids))
    for start in range(0, len(ordered), _MOST_PARAMETERS):
        rows = session.execute(
            select(
                RecordRow.id,
                RecordRow.society_id,
                RecordRow.list_no,
                RecordRow.list_index,
                RecordRow.revoked_at,
                RecordRow.suspended_at,
                RecordRow.superseded_by,
            )
            .where(
                RecordRow.id.in_(ordered[start : start + _MOST_PARAMETERS]),
                RecordRow.state == State.ISSUED,
            )
            .order_by(RecordRow.id)
            .with_for_update()
        )
        found |= {row.id: _held(row) for row in rows}
    return found


def apply(
    session: Session,
    changes: Sequence[tuple[Held, Order, Standing]],
    *,
    at: datetime,
    who: str,
) -> None:
    """Store what each record's standing now is, and a line of its history."""
    for action in Action:
        values = [
            _values(held, order, at=at) for held, order, _ in changes if order.action == action
        ]
        if values:
            session.execute(update(RecordRow), values)
    if changes:
        session.execute(
            insert(StandingRow),
            [
                {
                    "record_id": held.id,
                    "at": at,
                    "who": who,
                    "action": order.action,
                    "before": held.standing,
                    "after": after,
                    "reason": order.reason,
                    "reference": order.reference,
                    "successor": order.successor,
                }
                for held, order, after in changes
            ],
        )


def find(
    session: Session, search: Search, *, society_id: str, standing: Iterable[Standing]
) -> Sequence[str]:
    """The ids of issued records that a search names and that stand so, oldest first."""
    query = select(RecordRow.id).where(*_conditions(search, society_id, standing))
    return session.scalars(query.order_by(RecordRow.issued_at, RecordRow.id)).all()


def count(
    session: Session, search: Search, *, society_id: str, standing: Iterable[Standing]
) -> int:
    """How many ``find`` would give."""
    query = select(func.count(RecordRow.id)).where(*_conditions(search, society_id, standing))
    return session.scalar(query) or 0


def _conditions(
    search: Search, society_id: str, standing: Iterable[Standing]
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        RecordRow.society_id == society_id,
        RecordRow.state == State.ISSUED,
        or_(*(_IS[one] for one in standing)),
    ]
    for column, value in (
        (RecordRow.course_id, search.course_id),
        (RecordRow.course_run, search.course_run),
        (RecordRow.holder_id, search.holder_id),
        (RecordRow.roster_id, search.roster_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if search.issued_from is not None:
        conditions.append(RecordRow.issued_at >= _midnight(search.issued_from))
    if search.issued_until is not None:
        conditions.append(RecordRow.issued_at <= _end(search.issued_until))
    return conditions


def history(session: Session, record_id: str) -> History | None:
    """What was ever said of an issued record."""
    row = session.execute(
        select(
            RecordRow.issued_at,
            RecordRow.revoked_at,
            RecordRow.suspended_at,
            RecordRow.superseded_by,
            RecordRow.supersedes,
        ).where(RecordRow.id == record_id, RecordRow.state == State.ISSUED)
    ).one_or_none()
    if row is None:
        return None
    changes = session.execute(
        select(
            StandingRow.at,
            StandingRow.who,
            StandingRow.action,
            StandingRow.before,
            StandingRow.after,
            StandingRow.reason,
            StandingRow.reference,
            StandingRow.successor,
        )
        .where(StandingRow.record_id == record_id)
        .order_by(StandingRow.id)
    )
    return History(
        record_id=record_id,
        issued_at=row.issued_at,
        standing=_standing(row),
        predecessor=row.supersedes,
        successor=row.superseded_by,
        changes=tuple(map(_change, changes)),
    )


def _values(held: Held, order: Order, *, at: datetime) -> dict[str, Any]:
    """The columns that an action changes. What is revoked may be recorded anew."""
    revoked = {
        "id": held.id,
        "revoked_at": at,
        "revocation_reason": order.reason,
        "activity_key": None,
    }
    match order.action:
        case Action.REVOKE:
            return revoked
        case Action.SUPERSEDE:
            return revoked | {"superseded_by": order.successor}
        case Action.SUSPEND:
            return {"id": held.id, "suspended_at": at}
        case Action.REINSTATE:
            return {"id": held.id, "suspended_at": None}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _end(day: date) -> datetime:
    return datetime.combine(day, time.max, tzinfo=UTC)


def _standing(row: Row[*tuple[Any, ...]]) -> Standing:
    return standing_of(
        revoked_at=row.revoked_at,
        suspended_at=row.suspended_at,
        superseded_by=row.superseded_by,
    )


def _held(row: Row[*tuple[Any, ...]]) -> Held:
    return Held(
        id=row.id,
        society_id=row.society_id,
        list_no=row.list_no,
        list_index=row.list_index,
        standing=_standing(row),
        successor=row.superseded_by,
    )


def _change(row: Row[*tuple[Any, ...]]) -> Change:
    return Change(
        at=row.at,
        who=row.who,
        action=Action(row.action),
        before=Standing(row.before),
        after=Standing(row.after),
        reason=Reason(row.reason),
        reference=row.reference,
        successor=row.successor,
    )
