"""The queue of runs: who may be begun next, and by whom. The caller commits.

One table holds a run's place, its cursor and who is at it, so that there is one truth and one
transaction. Filling the queue and claiming from it are done by one process at a time; a claim takes
a few milliseconds, a run minutes. Begun is what has been due for longest, unless its host is being
asked by as many runs as it may be, or its owner's hours are over; then the next one is.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.harvest.model import Mode, Run, RunState, Source
from app.harvest.runs import schedule, store
from app.harvest.runs.begin import (
    SCHEDULE,
    AlreadyRunning,
    add,
    close,
    is_abandoned,
    lock_source,
    take,
    unfinished,
)
from app.harvest.tables import RunRow
from app.identity import audit
from app.platform.lease import Process

AT_ONCE = 25
"""Sources queued in one transaction, when a node was away and all are due."""

HostsOf = Callable[[Source], Collection[str]]
"""Which hosts a source's configuration names."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that this process is to make now."""

    source: Source
    run_id: str
    lease: str
    mode: Mode
    most: int | None = None


def enqueue(
    session: Session,
    source_id: str,
    *,
    mode: Mode,
    asked_by: str,
    at: datetime,
    most: int | None = None,
) -> Run:
    """Let a worker run the source as soon as it can; a run that failed is gone on with.

    Gives the run that waits already when there is one; it becomes of the kind that is asked for.
    Raises ``NotFound``, ``AlreadyRunning``.
    """
    source = lock_source(session, source_id)
    row = store.waiting(session, source_id)
    if row and row.state == RunState.RUNNING:
        raise AlreadyRunning(f"The source {source_id} is being run now, as run {row.id}.")
    if row and row.mode != mode and row.pass_no:
        told = "A run of another kind took its place."
        close(session, row, RunState.CANCELLED, at=at, message=told)
        row = None
    if row is None:
        row = unfinished(session, source, mode=mode)
        if row is None:
            row = add(session, source_id, mode=mode, asked_by=asked_by, at=at, most=most)
        row.state, row.finished_at, row.due_at = RunState.QUEUED, None, at
    row.mode, row.most = mode, most
    row.asked_by, row.asked_at = asked_by, at
    session.flush()
    if asked_by != SCHEDULE:
        audit.record(
            session,
            who=asked_by,
            action="run.asked",
            subject=f"run:{row.id}",
            at=at,
            after={"source": source_id, "mode": mode.value},
            organisation_id=source.society_id,
        )
    return store.as_run(row)


def enqueue_due(session: Session, *, at: datetime) -> int:
    """Queue the sources whose time has come, so many at a time; says how many that was."""
    store.lock_queue(session)
    found = store.due(session, at=at, limit=AT_ONCE)
    for source in found:
        enqueue(session, source.id, mode=Mode.HARVEST, asked_by=SCHEDULE, at=at)
        row = store.waiting(session, source.id)
        if row is not None:
            row.due_at = source.next_due_at
    return len(found)


def claim(
    session: Session, process: Process, *, at: datetime, per_host: int, hosts_of: HostsOf
) -> Claim | None:
    """Take the run that is to be made next, if there is one.

    First those whose worker has died: they hold their place, and their hosts.
    """
    store.lock_queue(session)
    line = store.in_line(session)
    abandoned = [
        one for one in line if one.state == RunState.RUNNING and is_abandoned(one, process, at=at)
    ]
    busy = Counter(
        host
        for one in line
        if one.state == RunState.RUNNING and one not in abandoned
        for host in one.targets
    )
    queued = [one for one in line if one.state == RunState.QUEUED]
    sources = {one.id: one for one in store.sources_in_line(session)}
    for row in (*abandoned, *queued):
        source = sources.get(row.source_id)
        if source is None or not _may_begin(row, source, at=at):
            continue
        hosts = sorted(hosts_of(source)) if row.mode != Mode.REPLAY else []
        if any(busy[host] >= per_host for host in hosts):
            continue
        taken = _take(session, row, process, at=at)
        if taken is not None:
            mine, source = taken
            mine.targets = hosts
            return Claim(source, mine.id, str(mine.lease), Mode(mine.mode), mine.most)
    return None


def _may_begin(row: RunRow, source: Source, *, at: datetime) -> bool:
    """What its schedule asks for is made in its owner's hours; what a person asks for, now."""
    return row.asked_by != SCHEDULE or schedule.is_open(source.window, at)


def _take(
    session: Session, row: RunRow, process: Process, *, at: datetime
) -> tuple[RunRow, Source] | None:
    """The run, unless somebody else has it in hand at this moment."""
    source = store.source(session, row.source_id, lock=True, skip=True)
    mine = store.lock_waiting(session, row.id, row.lease) if source else None
    if source is None or mine is None:
        return None
    return take(session, source, mine, process, at=at), source
