"""From what waits in the outbox to deliveries, one for each endpoint that hears of it.

An event and its deliveries are entered in the transaction that takes it out of the outbox, by one
process at a time, so that nothing is told twice under two ids and the order is kept.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from app.identity import service as identity
from app.platform import outbox
from app.platform.db import Database
from app.platform.outbox import Entry
from app.webhooks import rules, store
from app.webhooks.events import EVENTS
from app.webhooks.model import Event

BATCH = 500


def follow_what_is_wanted(session: Session) -> None:
    """Hear of those events alone that some endpoint wants. Under ``store.alone``."""
    wanted = rules.followed(store.enabled_endpoints(session))
    followed = outbox.followed(session)
    for topic in EVENTS:
        if topic in wanted:
            outbox.follow(session, topic, _as_topic(topic))
        elif _as_topic(topic) in followed.get(topic, ()):
            outbox.unfollow(session, topic, _as_topic(topic))


def spread(database: Database, *, public_url: str, at: datetime) -> int:
    """Make deliveries of what waits, oldest first; says how many events were looked at."""
    topics = [_as_topic(topic) for topic in EVENTS]
    with database.read() as session:  # mostly nothing waits, and then nothing need be locked
        if not outbox.due(session, *topics, at=at, limit=1):
            return 0
    with database.write() as session:
        store.alone(session)
        entries = outbox.due(session, *topics, at=at, limit=BATCH)
        listening = store.enabled_endpoints(session)
        kinds = {
            name: identity.get_organisation(session, name).kind
            for name in sorted({one.organisation_id for one in listening})
        }
        for event in _events(session, entries, public_url):
            heard_by = [
                one.id for one in listening if rules.hears(one, kinds[one.organisation_id], event)
            ]
            if heard_by:
                enter(session, event, heard_by, at=at)
        outbox.done(session, [entry.id for entry in entries])
        return len(entries)


def enter(
    session: Session, event: Event, endpoint_ids: Sequence[str], *, at: datetime
) -> list[str]:
    """Enter an event and its deliveries; gives the deliveries' ids."""
    return store.insert_event(
        session,
        event_type=event.type,
        happened_at=event.at,
        body=body(event),
        endpoint_ids=endpoint_ids,
        at=at,
    )


def body(event: Event) -> str:
    """An event as it is sent, in the form of Standard Webhooks ("Payload structure")."""
    moment = event.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    told = {"type": event.type, "timestamp": moment, "data": dict(event.data)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _events(session: Session, entries: Sequence[Entry], public_url: str) -> Sequence[Event]:
    """What the entries tell of, in the order in which it happened."""
    found: list[tuple[int, Event]] = []
    for topic, one in EVENTS.items():
        of_topic = [entry for entry in entries if entry.topic == _as_topic(topic)]
        if of_topic:
            found += one.read(session, of_topic, public_url)
    return [event for _, event in sorted(found, key=lambda pair: pair[0])]


def _as_topic(topic: str) -> str:
    return f"webhook:{topic}"
