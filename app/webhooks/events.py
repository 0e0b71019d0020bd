"""What can be heard of: for each topic of the outbox, who may hear it and what is told.

A domain adds an event by announcing a topic (``platform.outbox.announce``) and by an entry in
``EVENTS``, with a reader that turns the topic's keys into what is told. Told are ids, states and
addresses where more can be read; nothing about people.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED
from app.catalogue import service as catalogue
from app.harvest import RUN_FINISHED
from app.harvest import service as harvest
from app.platform.outbox import Entry
from app.records import (
    RECORD_ISSUED,
    RECORD_REINSTATED,
    RECORD_REVOKED,
    RECORD_SUPERSEDED,
    RECORD_SUSPENDED,
)
from app.records import service as records
from app.records.standing.model import Standing
from app.webhooks.model import Event

TEST = "webhook.test"
"""Sent when somebody asks for it, to one endpoint alone."""

Read = Callable[[Session, Sequence[Entry], str], Iterator[tuple[int, Event]]]
"""From what waits in the outbox, and the node's public address, to what is told of which entry."""


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event. ``public`` is what anybody may see: everybody may hear of it."""

    read: Read
    public: bool = False


def _courses(
    session: Session, entries: Sequence[Entry], public_url: str
) -> Iterator[tuple[int, Event]]:
    """Each course once, as it is now: of several changes the last says all."""
    last = {entry.key: entry for entry in entries}
    found = {one.id: one for one in catalogue.get_briefs(session, list(last))}
    for key, entry in last.items():
        course = found.get(key)
        if course is not None:
            told = {
                "id": course.id,
                "society": course.society_id,
                "version": course.version,
                "status": course.status.value,
                "url": f"{public_url}/api/v1/courses/{course.id}",
            }
            yield entry.id, Event(COURSE_CHANGED, entry.created_at, course.societies, told)


def _records(event_type: str, standing: Standing) -> Read:
    """A record's state is the one that the event tells of, whatever has become of it since."""

    def read(
        session: Session, entries: Sequence[Entry], public_url: str
    ) -> Iterator[tuple[int, Event]]:
        found = records.get_briefs(session, [entry.key for entry in entries])
        for entry in entries:
            record = found.get(entry.key)
            if record is None:
                continue
            told = {
                "id": record.id,
                "society": record.society_id,
                "status": standing.value,
                "course": record.course_id,
                "course_run": record.course_run,
                "supersedes": record.supersedes,
                "url": f"{public_url}/api/v1/records/{record.id}",
            }
            if standing is Standing.SUPERSEDED:
                told["superseded_by"] = record.superseded_by
            whose = frozenset({record.society_id})
            yield entry.id, Event(event_type, entry.created_at, whose, told)

    return read


def _runs(
    session: Session, entries: Sequence[Entry], public_url: str
) -> Iterator[tuple[int, Event]]:
    found = harvest.get_runs(session, [entry.key for entry in entries])
    for entry in entries:
        if entry.key not in found:
            continue
        run, society_id = found[entry.key]
        counted = run.counters
        told = {
            "id": run.id,
            "society": society_id,
            "source": run.source_id,
            "state": run.state.value,
            "failure": run.failure.value if run.failure else None,
            "seen": counted.seen,
            "new": counted.new,
            "changed": counted.changed,
            "rejected": counted.rejected,
            "withdrawn": counted.withdrawn,
        }
        yield entry.id, Event(RUN_FINISHED, entry.created_at, frozenset({society_id}), told)


EVENTS: Mapping[str, EventType] = {
    COURSE_CHANGED: EventType(_courses, public=True),
    RECORD_ISSUED: EventType(_records(RECORD_ISSUED, Standing.VALID)),
    RECORD_SUSPENDED: EventType(_records(RECORD_SUSPENDED, Standing.SUSPENDED)),
    RECORD_REINSTATED: EventType(_records(RECORD_REINSTATED, Standing.VALID)),
    RECORD_REVOKED: EventType(_records(RECORD_REVOKED, Standing.REVOKED)),
    RECORD_SUPERSEDED: EventType(_records(RECORD_SUPERSEDED, Standing.SUPERSEDED)),
    RUN_FINISHED: EventType(_runs),
}
"""Every type of event, by its name, which is also the topic."""
