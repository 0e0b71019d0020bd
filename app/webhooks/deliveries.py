"""Use cases of deliveries: a test, what was sent, sending it once more.

The caller owns the transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.webhooks import store
from app.webhooks.events import TEST
from app.webhooks.model import Delivery, DeliveryState, Endpoint, Event
from app.webhooks.service import get_endpoint, is_uuid, note
from app.webhooks.spreading import enter

TEST_LIMIT = "webhook tests"
TEST_RATE = "10/minute"
"""How often one organisation may ask for a test event."""


class EndpointDisabled(Conflict):
    """Nothing is sent to a disabled endpoint."""

    code = "webhook-disabled"


def send_test(
    session: Session, organisation_id: str, endpoint_id: str, *, at: datetime, who: str
) -> Delivery:
    """Send an event that means nothing. Raises ``NotFound``, ``EndpointDisabled``."""
    store.alone(session)
    endpoint = _sending(session, organisation_id, endpoint_id)
    told = {"webhook": endpoint.id, "organisation": organisation_id}
    event = Event(TEST, at, frozenset(), told)
    (delivery_id,) = enter(session, event, [endpoint.id], at=at)
    note(session, "test", endpoint, at=at, who=who, after={"delivery": delivery_id})
    return _delivery(session, organisation_id, delivery_id)


def get_delivery(session: Session, organisation_id: str, delivery_id: str) -> Delivery:
    """Raises ``NotFound``."""
    return _delivery(session, organisation_id, delivery_id)


def list_deliveries(
    session: Session,
    organisation_id: str,
    *,
    endpoint_id: str | None = None,
    state: DeliveryState | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Slice[Delivery]:
    """Deliveries to an organisation's endpoints, or to one of them, the newest first."""
    if endpoint_id is None:
        ids = [one.id for one in store.endpoints(session, organisation_id)]
    else:
        ids = [get_endpoint(session, organisation_id, endpoint_id).id]
    before = None if cursor is None else _number(cursor)
    found = store.deliveries(session, ids, state=state, before=before, limit=limit + 1)
    following = encode_cursor(str(found[limit - 1][0])) if len(found) > limit else None
    return Slice([one for _, one in found[:limit]], following)


def count_deliveries(
    session: Session, endpoints: Sequence[Endpoint]
) -> Mapping[str, Mapping[DeliveryState, int]]:
    """How many deliveries of each endpoint stand where, by the endpoint's id."""
    return store.count_by_state(session, [one.id for one in endpoints])


def replay(
    session: Session, organisation_id: str, delivery_id: str, *, at: datetime, who: str
) -> Delivery:
    """Send a delivery once more, under the same id. Raises ``NotFound``, ``EndpointDisabled``."""
    store.alone(session)
    delivery = _delivery(session, organisation_id, delivery_id)
    endpoint = _sending(session, organisation_id, delivery.endpoint_id)
    store.update_delivery(session, delivery.id, state=DeliveryState.WAITING, attempts=0, due_at=at)
    store.update_endpoint(session, endpoint.id, resting_until=None)
    note(session, "replay", endpoint, at=at, who=who, after={"delivery": delivery.id})
    return _delivery(session, organisation_id, delivery_id)


def replay_failed(
    session: Session,
    organisation_id: str,
    endpoint_id: str,
    *,
    since: datetime,
    at: datetime,
    who: str,
) -> int:
    """Send once more what was given up since then; says how many deliveries.

    Raises ``NotFound``, ``EndpointDisabled``.
    """
    store.alone(session)
    endpoint = _sending(session, organisation_id, endpoint_id)
    count = store.send_again(session, endpoint.id, since=since, at=at)
    told = {"since": since.isoformat(), "deliveries": count}
    note(session, "replay", endpoint, at=at, who=who, after=told)
    return count


def _sending(session: Session, organisation_id: str, endpoint_id: str) -> Endpoint:
    endpoint = get_endpoint(session, organisation_id, endpoint_id, lock=True)
    if not endpoint.enabled:
        raise EndpointDisabled("The webhook is disabled; enable it first.")
    return endpoint


def _delivery(session: Session, organisation_id: str, delivery_id: str) -> Delivery:
    found = store.find_delivery(session, delivery_id) if is_uuid(delivery_id) else None
    if found is None:
        raise NotFound("There is no such delivery.")
    get_endpoint(session, organisation_id, found.endpoint_id)
    return found


def _number(cursor: str) -> int:
    key = decode_cursor(cursor)
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        raise Invalid(
            "The cursor is not one that this node gave out; start again without it.",
            fields=[FieldProblem("cursor", "cursor-invalid", "Leave it out to start again.")],
        )
    return int(key)
