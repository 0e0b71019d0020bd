"""What the worker does for the ledger: go on with runs, and start those that events ask for.

A run is held by one process at a time (``platform.lease``); a dead one's is taken over. It goes on
where its last batch ended, tells who is concerned, and is done.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.identity import audit
from app.platform import outbox
from app.platform.db import Database
from app.platform.lease import THIS_PROCESS, Process, is_dead
from app.platform.outbox import Entry
from app.platform.problems import DomainError
from app.recognition.adoption import POLICY_CHANGED
from app.recognition.adoption import service as adoption
from app.recognition.ledger import rerunning, running, store, telling
from app.recognition.ledger.model import Cause, Run, RunScope, RunState
from app.recognition.ledger.telling import Post
from app.records import (
    RECORD_REINSTATED,
    RECORD_REVOKED,
    RECORD_SUPERSEDED,
    RECORD_SUSPENDED,
)
from app.verification.bundle import Bundle

WORKER = "system:worker"
WORKER_EVENTS = "system:events"
"""Who starts a run that an event asks for."""
EVENTS_AT_ONCE = 500
CHECK_EVERY = timedelta(days=1)
_RECORDS: Mapping[str, Cause] = {
    RECORD_REVOKED: Cause.REVOKED,
    RECORD_SUPERSEDED: Cause.CORRECTED,
    RECORD_SUSPENDED: Cause.CORRECTED,
    RECORD_REINSTATED: Cause.CORRECTED,
}
_SAID = {
    RECORD_REVOKED: "The issuer has revoked the record.",
    RECORD_SUPERSEDED: "The issuer has corrected the record.",
    RECORD_SUSPENDED: "The issuer has suspended the record.",
    RECORD_REINSTATED: "The issuer has reinstated the record.",
}


@dataclass(frozen=True, slots=True)
class WorkDesk:
    """What working on the ledger needs of the node."""

    database: Database
    bundle: Callable[[datetime], Bundle]
    post: Post
    now: Callable[[], datetime]
    goes_on: Callable[[], bool] = field(default=lambda: True)
    process: Process = THIS_PROCESS


def work(desk: WorkDesk, *, batches: int = 25) -> int:
    """Start what is to be started, and go on with every run for a while; says how much was done."""
    done = hear(desk) + check_daily(desk)
    with desk.database.read() as session:
        waiting = running.at_work(session)
    for run_id in waiting:
        if desk.goes_on():
            done += _attempt(desk, run_id, batches=batches)
    return done


def _attempt(desk: WorkDesk, run_id: str, *, batches: int) -> int:
    """Go on with a run; what stands in its way is written at it, and holds up no other."""
    try:
        return go_on(desk, run_id, batches=batches)
    except DomainError as error:
        with desk.database.write() as session:
            running.change(session, run_id, trouble=error.detail[:500])
        return 0


def hear(desk: WorkDesk) -> int:
    """Take events of records and of policies out of the outbox, and start runs for them."""
    at = desk.now()
    with desk.database.read() as session:
        missing = _unfollowed(session) if store.has_accounts(session) else []
        waits = outbox.due(session, *_heard(), at=at, limit=1)
    if missing:
        _follow(desk)
    if not waits:
        return 0
    with desk.database.write() as session:
        entries = outbox.due(session, *_heard(), at=at, limit=EVENTS_AT_ONCE)
        _start_for_records(session, entries, at=at)
        _start_for_policies(session, entries, at=at)
        outbox.done(session, [one.id for one in entries])
    return len(entries)


def check_daily(desk: WorkDesk) -> int:
    """Once a day: let each registry's records be verified again with what is known now."""
    at = desk.now()
    with desk.database.read() as session:
        due = [
            registry_id
            for registry_id in store.registries(session)
            if _is_due(running.newest_check(session, registry_id, who=WORKER), at)
        ]
    for registry_id in due:
        with desk.database.write() as session:
            if not _is_due(running.newest_check(session, registry_id, who=WORKER), at):
                continue
            running.start(
                session,
                registry_id,
                RunScope(verify=True),
                cause=Cause.CORRECTED,
                why="Records were verified again with what is known today.",
                who=WORKER,
                at=at,
            )
    return len(due)


def go_on(desk: WorkDesk, run_id: str, *, batches: int) -> int:
    """Go on with a run for some batches; nothing when another process is at it."""
    run = _held(desk, run_id)
    if run is None:
        return 0
    try:
        return _go_on(desk, run, batches=batches)
    finally:
        # Whoever has time next may go on; only a process that was killed does not come here.
        with desk.database.write() as session:
            running.release(session, run_id, desk.process)


def _go_on(desk: WorkDesk, run: Run, *, batches: int) -> int:
    done = 0
    bundle = desk.bundle(desk.now())
    while done < batches and desk.goes_on():
        current = _current(desk, run.id)
        if current is None:
            break
        done += 1
        if current.state is RunState.TELLING:
            if not telling.tell_next(desk.database, current, desk.post, at=desk.now()):
                _end(desk, current)
            continue
        with desk.database.write() as session:
            locked = running.lock(session, run.id)
            if locked.state is RunState.CANCELLED:
                break
            if locked.state is RunState.WAITING:
                running.change(session, run.id, state=RunState.RUNNING.value, trouble=None)
            if not rerunning.batch(session, locked, bundle, at=desk.now()):
                running.change(session, run.id, state=RunState.TELLING.value)
    return done


def _current(desk: WorkDesk, run_id: str) -> Run | None:
    """The run as it stands, while there is something to do."""
    with desk.database.read() as session:
        found = running.find(session, run_id)
    over = {RunState.DONE, RunState.CANCELLED}
    return None if found is None or found.state in over else found


def _end(desk: WorkDesk, run: Run) -> None:
    at = desk.now()
    with desk.database.write() as session:
        locked = running.lock(session, run.id)
        if locked.state is not RunState.TELLING:
            return
        running.change(session, run.id, state=RunState.DONE.value, finished_at=at, process=None)
        audit.record(
            session,
            who=run.started_by,
            action="rerun.done",
            subject=f"rerun:{run.id}",
            organisation_id=run.registry_id,
            at=at,
            after={"looked": locked.looked, "changed": locked.changed, "dry": run.dry},
        )


def _held(desk: WorkDesk, run_id: str) -> Run | None:
    """The run, once it is this process's to work on."""
    at = desk.now()
    with desk.database.write() as session:
        found = running.holder(session, run_id)
        if found is not None:
            process, heard_at = found
            if process == desk.process:
                return None  # another thread of this process
            if not is_dead(process, heard_at=heard_at, at=at, asking=desk.process):
                return None
        instead = found[0].name if found else None
        if not running.hold(session, run_id, desk.process, instead=instead, at=at):
            return None
        return running.find(session, run_id)


def _is_due(newest: datetime | None, at: datetime) -> bool:
    return newest is None or at - newest >= CHECK_EVERY


def _heard() -> tuple[str, ...]:
    """What waits for us: a topic of our own, and those that we follow."""
    return (POLICY_CHANGED, *map(_as_topic, _RECORDS))


def _as_topic(topic: str) -> str:
    return f"ledger:{topic}"


def _unfollowed(session: Session) -> list[str]:
    followed = outbox.followed(session)
    return [one for one in _RECORDS if _as_topic(one) not in followed.get(one, ())]


def _follow(desk: WorkDesk) -> None:
    """Hear of records from now on.

    What happened before anybody listened is found when records are verified again, once a day, and
    at once on the first.
    """
    with desk.database.alone("ledger follows") as mine:
        if not mine:
            return
        with desk.database.write() as session:
            for topic in _unfollowed(session):
                outbox.follow(session, topic, _as_topic(topic))


def _start_for_records(session: Session, entries: Sequence[Entry], *, at: datetime) -> None:
    for topic, cause in _RECORDS.items():
        keys = [one.key for one in entries if one.topic == _as_topic(topic)]
        if not keys:
            continue
        found = store.of_records(session, [f"urn:uuid:{key}" for key in keys])
        for registry_id, ids in found.items():
            running.start(
                session,
                registry_id,
                RunScope(submissions=tuple(ids), verify=True),
                cause=cause,
                why=_SAID[topic],
                who=WORKER_EVENTS,
                at=at,
            )


def _start_for_policies(session: Session, entries: Sequence[Entry], *, at: datetime) -> None:
    for entry in entries:
        if entry.topic != POLICY_CHANGED:
            continue
        version = adoption.changed_version(session, entry.key)
        if version is None:
            continue
        running.start(
            session,
            version.registry_id,
            RunScope(policy_id=version.policy_id, since=version.valid.first),
            cause=Cause.POLICY,
            why=f"Version {version.version} of {version.policy_id} is {version.status.value} now.",
            who=WORKER_EVENTS,
            at=at,
        )
