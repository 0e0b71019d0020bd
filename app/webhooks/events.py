"""What can be heard of: for each topic of the outbox, who may hear it and what is told.

A domain adds an event by announcing a topic (``platform.outbox.announce``) and by an entry in
``EVENTS``, with a reader that turns the topic's keys into what is told. Told are ids, states and
addresses where more can be read; nothing about people.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED
from app.catalogue import service as catalogue
from app.harvest import RUN_FINISHED
from app.harvest import service as harvest
from app.harvest.telling import service as telling
from app.identity.model import Kind
from app.platform.outbox import Entry
from app.recognition.ledger import DECISION_MADE
from app.recognition.ledger import service as ledger
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

_CODES_TOLD = 5

Read = Callable[[Session, Sequence[Entry], str], Iterator[tuple[int, Event]]]
"""From what waits in the outbox, and the node's public address, to what is told of which entry."""


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event. ``public`` is what anybody may see: everybody may hear of it.

    Else an organisation of the kind ``whose`` hears of what is its own, and nobody else of it.
    """

    read: Read
    public: bool = False
    whose: Kind = Kind.SOCIETY


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
            if course.merged_into is not None:
                told["merged_into"] = course.merged_into
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
        codes = telling.codes_of(session, run.source_id, run.id)[:_CODES_TOLD]
        told = {
            "id": run.id,
            "society": society_id,
            "source": run.source_id,
            "mode": run.mode.value,
            "state": run.state.value,
            "failure": run.failure.value if run.failure else None,
            "vanishing": run.vanishing,
            **asdict(run.counters),
            "codes": [
                {"severity": one.severity, "code": one.code, "count": one.count, "mend": one.hint}
                for one in codes
            ],
            "url": f"{public_url}/api/v1/societies/{society_id}/sources/{run.source_id}"
            f"/runs/{run.id}",
        }
        yield entry.id, Event(RUN_FINISHED, entry.created_at, frozenset({society_id}), told)


def _decisions(
    session: Session, entries: Sequence[Entry], public_url: str
) -> Iterator[tuple[int, Event]]:
    """Whose decision it is cannot be told from it: the registrant is named by an opaque id."""
    found = ledger.get_briefs(session, [entry.key for entry in entries])
    for entry in entries:
        made = found.get(entry.key)
        if made is None:
            continue
        one = made.decision
        told = {
            "id": made.id,
            "registry": made.registry_id,
            "registrant": made.registrant_id,
            "submission": made.submission_id,
            "cause": made.cause.value,
            "sequence": made.sequence,
            "outcome": one.outcome.value,
            "credited": None if one.credited is None else str(one.credited),
            "policy": one.policy_id,
            "policy_version": one.policy_version,
            "run": made.run_id,
            "url": f"{public_url}/api/v1/registries/{made.registry_id}"
            f"/submissions/{made.submission_id}",
        }
        whose = frozenset({made.registry_id})
        yield entry.id, Event(DECISION_MADE, entry.created_at, whose, told)


EVENTS: Mapping[str, EventType] = {
    COURSE_CHANGED: EventType(_courses, public=True),
    RECORD_ISSUED: EventType(_records(RECORD_ISSUED, Standing.VALID)),
    RECORD_SUSPENDED: EventType(_records(RECORD_SUSPENDED, Standing.SUSPENDED)),
    RECORD_REINSTATED: EventType(_records(RECORD_REINSTATED, Standing.VALID)),
    RECORD_REVOKED: EventType(_records(RECORD_REVOKED, Standing.REVOKED)),
    RECORD_SUPERSEDED: EventType(_records(RECORD_SUPERSEDED, Standing.SUPERSEDED)),
    RUN_FINISHED: EventType(_runs),
    DECISION_MADE: EventType(_decisions, whose=Kind.REGISTRY),
}
"""Every type of event, by its name, which is also the topic."""
