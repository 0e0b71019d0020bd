"""Endpoints, events and deliveries in the database.

Who locks an endpoint's row does so before those of its deliveries, so that nobody deadlocks.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, delete, exists, func, insert, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from app.platform.ids import new_id
from app.webhooks.model import Delivery, DeliveryState, Endpoint, Parcel, Why
from app.webhooks.tables import DeliveryRow, EndpointRow, EventRow

_LOCK = 0x0C9D_0010
"""PostgreSQL's advisory lock of ``alone``."""
MOST_OF_ONE_ORGANISATION = 2
"""To how many endpoints of one organisation is sent at once, whatever it has waiting."""
_MOST_PRUNED = 5000

_ENDPOINT = (
    EndpointRow.id,
    EndpointRow.organisation_id,
    EndpointRow.url,
    EndpointRow.events,
    EndpointRow.description,
    EndpointRow.enabled,
    EndpointRow.disabled_at,
    EndpointRow.disabled_why,
    EndpointRow.version,
    EndpointRow.generation,
    EndpointRow.oldest_generation,
    EndpointRow.old_until,
    EndpointRow.failures,
    EndpointRow.failing_since,
    EndpointRow.created_at,
)
_DELIVERY = (
    DeliveryRow.number,
    DeliveryRow.id,
    DeliveryRow.endpoint_id,
    DeliveryRow.event_id,
    EventRow.type,
    EventRow.at.label("event_at"),
    DeliveryRow.state,
    DeliveryRow.attempts,
    DeliveryRow.due_at,
    DeliveryRow.created_at,
    DeliveryRow.last_at,
    DeliveryRow.status,
    DeliveryRow.milliseconds,
    DeliveryRow.reason,
    DeliveryRow.answer,
)


def alone(session: Session) -> None:
    """Until the transaction ends, nobody else changes endpoints or makes deliveries.

    SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def insert_endpoint(session: Session, endpoint: Endpoint) -> None:
    session.execute(
        insert(EndpointRow).values(
            id=endpoint.id,
            organisation_id=endpoint.organisation_id,
            url=endpoint.url,
            events=list(endpoint.events),
            description=endpoint.description,
            enabled=endpoint.enabled,
            version=endpoint.version,
            generation=endpoint.generation,
            oldest_generation=endpoint.oldest_generation,
            failures=0,
            created_at=endpoint.created_at,
        )
    )


def update_endpoint(session: Session, endpoint_id: str, **columns: Any) -> None:
    session.execute(update(EndpointRow).where(EndpointRow.id == endpoint_id).values(**columns))


def delete_endpoint(session: Session, endpoint_id: str) -> None:
    """Events stay until they are pruned: others may have heard of them too."""
    session.execute(delete(DeliveryRow).where(DeliveryRow.endpoint_id == endpoint_id))
    session.execute(delete(EndpointRow).where(EndpointRow.id == endpoint_id))


def find_endpoint(session: Session, endpoint_id: str, *, lock: bool = False) -> Endpoint | None:
    query = select(*_ENDPOINT).where(EndpointRow.id == endpoint_id)
    row = session.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _endpoint(row)


def endpoints(session: Session, organisation_id: str) -> Sequence[Endpoint]:
    """An organisation's endpoints, oldest first."""
    query = select(*_ENDPOINT).where(EndpointRow.organisation_id == organisation_id)
    return [_endpoint(row) for row in session.execute(query.order_by(EndpointRow.id))]


def enabled_endpoints(session: Session) -> Sequence[Endpoint]:
    """Every endpoint that hears of anything, whosever it is."""
    query = select(*_ENDPOINT).where(EndpointRow.enabled).order_by(EndpointRow.id)
    return [_endpoint(row) for row in session.execute(query)]


def is_any_due(session: Session, *, at: datetime) -> bool:
    """Whether anything could be sent now. A look that locks nothing."""
    due = (
        select(DeliveryRow.number)
        .join(EndpointRow, EndpointRow.id == DeliveryRow.endpoint_id)
        .where(
            DeliveryRow.state == DeliveryState.WAITING,
            DeliveryRow.due_at <= at,
            EndpointRow.enabled,
        )
        .limit(1)
    )
    return session.scalar(due) is not None


def claim(session: Session, holder: str, *, at: datetime, until: datetime) -> str | None:
    """An endpoint for which something is due and which nobody is serving, held for ``holder``.

    The one whose last turn is longest ago comes first.
    """
    other = aliased(EndpointRow)
    at_once = (
        select(func.count())
        .select_from(other)
        .where(other.organisation_id == EndpointRow.organisation_id, other.held_until > at)
        .scalar_subquery()
    )
    due = exists().where(
        DeliveryRow.endpoint_id == EndpointRow.id,
        DeliveryRow.state == DeliveryState.WAITING,
        DeliveryRow.due_at <= at,
    )
    found = session.scalar(
        select(EndpointRow.id)
        .where(
            EndpointRow.enabled,
            or_(EndpointRow.resting_until.is_(None), EndpointRow.resting_until <= at),
            or_(EndpointRow.held_until.is_(None), EndpointRow.held_until <= at),
            due,
            at_once < MOST_OF_ONE_ORGANISATION,
        )
        .order_by(EndpointRow.served_at.asc().nulls_first(), EndpointRow.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True, of=EndpointRow)
    )
    if found is not None:
        update_endpoint(session, found, held_by=holder, held_until=until, served_at=at)
    return found


def held(session: Session, endpoint_id: str, holder: str) -> Endpoint | None:
    """The endpoint, locked, if ``holder`` still holds it and nobody has taken it over."""
    row = session.execute(
        select(*_ENDPOINT)
        .where(EndpointRow.id == endpoint_id, EndpointRow.held_by == holder)
        .with_for_update(key_share=True)
    ).one_or_none()
    return None if row is None else _endpoint(row)


def next_parcel(
    session: Session, endpoint_id: str, holder: str, *, at: datetime, until: datetime
) -> Parcel | None:
    """What is to be sent now to an endpoint that ``holder`` still holds, which it does anew."""
    endpoint = held(session, endpoint_id, holder)
    if endpoint is None or not endpoint.enabled:
        return None
    due = session.execute(
        select(DeliveryRow.id, DeliveryRow.event_id, EventRow.body, DeliveryRow.attempts)
        .join(EventRow, EventRow.id == DeliveryRow.event_id)
        .where(
            DeliveryRow.endpoint_id == endpoint_id,
            DeliveryRow.state == DeliveryState.WAITING,
            DeliveryRow.due_at <= at,
        )
        .order_by(DeliveryRow.due_at, DeliveryRow.number)
        .limit(1)
    ).one_or_none()
    if due is None:
        return None
    update_endpoint(session, endpoint_id, held_until=until)
    return Parcel(due.id, due.event_id, due.body, due.attempts, endpoint)


def release(session: Session, endpoint_id: str, holder: str) -> None:
    """Let others serve the endpoint again."""
    session.execute(
        update(EndpointRow)
        .where(EndpointRow.id == endpoint_id, EndpointRow.held_by == holder)
        .values(held_by=None, held_until=None)
    )


def insert_event(
    session: Session,
    *,
    event_type: str,
    happened_at: datetime,
    body: str,
    endpoint_ids: Collection[str],
    at: datetime,
) -> list[str]:
    """Enter what is to be told, and a delivery for each endpoint; gives the deliveries' ids."""
    event_id, ids = new_id(), [new_id() for _ in endpoint_ids]
    session.execute(
        insert(EventRow).values(
            id=event_id, type=event_type, at=happened_at, body=body, created_at=at
        )
    )
    session.execute(
        insert(DeliveryRow),
        [
            {
                "id": delivery_id,
                "endpoint_id": endpoint_id,
                "event_id": event_id,
                "state": DeliveryState.WAITING,
                "attempts": 0,
                "due_at": at,
                "created_at": at,
            }
            for delivery_id, endpoint_id in zip(ids, endpoint_ids, strict=True)
        ],
    )
    return ids


def update_delivery(session: Session, delivery_id: str, **columns: Any) -> None:
    session.execute(update(DeliveryRow).where(DeliveryRow.id == delivery_id).values(**columns))


def give_up_waiting(session: Session, endpoint_id: str, *, reason: str) -> None:
    """Set everything aside that waits for an endpoint."""
    session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.endpoint_id == endpoint_id, DeliveryRow.state == DeliveryState.WAITING)
        .values(state=DeliveryState.FAILED, reason=reason)
    )


def send_again(session: Session, endpoint_id: str, *, since: datetime, at: datetime) -> int:
    """Let every delivery that was given up and is not older than ``since`` be sent anew."""
    found = session.scalars(
        update(DeliveryRow)
        .where(
            DeliveryRow.endpoint_id == endpoint_id,
            DeliveryRow.state == DeliveryState.FAILED,
            DeliveryRow.created_at >= since,
        )
        .values(state=DeliveryState.WAITING, attempts=0, due_at=at)
        .returning(DeliveryRow.number)
    )
    return len(found.all())


def find_delivery(session: Session, delivery_id: str) -> Delivery | None:
    row = session.execute(_deliveries().where(DeliveryRow.id == delivery_id)).one_or_none()
    return None if row is None else _delivery(row)


def deliveries(
    session: Session,
    endpoint_ids: Iterable[str],
    *,
    state: DeliveryState | None,
    before: int | None,
    limit: int,
) -> Sequence[tuple[int, Delivery]]:
    """Deliveries to these endpoints, the newest first, each with its number."""
    query = _deliveries().where(DeliveryRow.endpoint_id.in_(list(endpoint_ids)))
    if state is not None:
        query = query.where(DeliveryRow.state == state)
    if before is not None:
        query = query.where(DeliveryRow.number < before)
    rows = session.execute(query.order_by(DeliveryRow.number.desc()).limit(limit))
    return [(row.number, _delivery(row)) for row in rows]


def count_by_state(
    session: Session, endpoint_ids: Iterable[str]
) -> dict[str, dict[DeliveryState, int]]:
    """How many deliveries of each endpoint stand where."""
    found: dict[str, dict[DeliveryState, int]] = {}
    for row in session.execute(
        select(DeliveryRow.endpoint_id, DeliveryRow.state, func.count().label("how_many"))
        .where(DeliveryRow.endpoint_id.in_(list(endpoint_ids)))
        .group_by(DeliveryRow.endpoint_id, DeliveryRow.state)
    ):
        found.setdefault(row.endpoint_id, {})[DeliveryState(row.state)] = row.how_many
    return found


def is_notice_due(session: Session, *, at: datetime) -> bool:
    """Whether anybody is to be told of a disabled endpoint. A look that locks nothing."""
    due = select(EndpointRow.id).where(EndpointRow.notice_due_at <= at).limit(1)
    return session.scalar(due) is not None


def take_notice(session: Session, *, at: datetime, again_at: datetime) -> Endpoint | None:
    """A disabled endpoint whose owners are to be told now; if nobody tells them, ``again_at``."""
    row = session.execute(
        select(*_ENDPOINT)
        .where(EndpointRow.notice_due_at <= at)
        .order_by(EndpointRow.notice_due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    update_endpoint(session, row.id, notice_due_at=again_at)
    return _endpoint(row)


def prune(session: Session, *, at: datetime, kept: timedelta) -> int:
    """Forget some of what is older than ``kept``; says how much of it."""
    old = select(DeliveryRow.number).where(DeliveryRow.created_at < at - kept).limit(_MOST_PRUNED)
    told = session.scalars(
        delete(DeliveryRow).where(DeliveryRow.number.in_(old)).returning(DeliveryRow.number)
    ).all()
    alone_now = and_(
        EventRow.created_at < at - kept,
        ~exists().where(DeliveryRow.event_id == EventRow.id),
    )
    unheard = select(EventRow.id).where(alone_now).limit(_MOST_PRUNED)
    gone = session.scalars(
        delete(EventRow).where(EventRow.id.in_(unheard)).returning(EventRow.id)
    ).all()
    return len(told) + len(gone)


def _deliveries() -> Select[*tuple[Any, ...]]:
    return select(*_DELIVERY).join(EventRow, EventRow.id == DeliveryRow.event_id)


def _endpoint(row: Row[*tuple[Any, ...]]) -> Endpoint:
    return Endpoint(
        id=row.id,
        organisation_id=row.organisation_id,
        url=row.url,
        events=tuple(row.events),
        description=row.description,
        enabled=row.enabled,
        disabled_at=row.disabled_at,
        disabled_why=None if row.disabled_why is None else Why(row.disabled_why),
        version=row.version,
        generation=row.generation,
        oldest_generation=row.oldest_generation,
        old_until=row.old_until,
        failures=row.failures,
        failing_since=row.failing_since,
        created_at=row.created_at,
    )


def _delivery(row: Row[*tuple[Any, ...]]) -> Delivery:
    state = DeliveryState(row.state)
    return Delivery(
        id=row.id,
        endpoint_id=row.endpoint_id,
        event_id=row.event_id,
        type=row.type,
        event_at=row.event_at,
        state=state,
        attempts=row.attempts,
        due_at=row.due_at if state is DeliveryState.WAITING else None,
        created_at=row.created_at,
        last_at=row.last_at,
        status=row.status,
        milliseconds=row.milliseconds,
        reason=row.reason,
        answer=row.answer,
    )
