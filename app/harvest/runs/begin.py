"""Begin a run: continue the one that stopped, or start anew; never two of one source at once.

Takes a session that holds the source's lock; the caller commits.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue.document import digest
from app.harvest import RUN_FINISHED
from app.harvest.model import Failure, Mode, RunState, Source
from app.harvest.runs import store
from app.harvest.tables import RunRow
from app.platform import outbox
from app.platform.ids import new_id
from app.platform.lease import Process, is_dead
from app.platform.problems import Conflict, NotFound


class AlreadyRunning(Conflict):
    """Another process is running this source."""

    code = "source-running"


def begin(
    session: Session, source_id: str, *, mode: Mode, process: Process, at: datetime
) -> tuple[Source, str]:
    """Continue the source's unfinished run or start one."""
    source = store.source(session, source_id, lock=True)
    if source is None:
        raise NotFound(f"There is no source {source_id}.")
    configured = digest(source.connector, dict(source.config))
    row = store.unfinished(session, source_id)
    if row and row.state == RunState.RUNNING:
        holder = Process(row.host, row.pid, row.process)
        if not is_dead(holder, heard_at=row.heartbeat_at, at=at, asking=process):
            raise AlreadyRunning(
                f"The source {source_id} is being run by process {row.pid} on {row.host}, last "
                f"heard of at {row.heartbeat_at.isoformat()}."
            )
    for held in store.held(session, source_id):
        close(session, held, RunState.CANCELLED, at=at, message="A later run took its place.")
    if row and row.mode == mode and row.config_digest == configured:
        _hand_over(row, process, at=at)
        return source, row.id
    if row and row.state == RunState.RUNNING:
        told = "A run of another kind took its place."
        close(session, row, RunState.CANCELLED, at=at, message=told)
    new = _new_run(source, mode=mode, configured=configured, process=process, at=at)
    store.add_run(session, new)
    return source, new.id


def _new_run(
    source: Source, *, mode: Mode, configured: str, process: Process, at: datetime
) -> RunRow:
    since = source.cursor if mode is Mode.HARVEST else None
    return RunRow(
        id=new_id(),
        source_id=source.id,
        mode=mode,
        state=RunState.RUNNING,
        config_digest=configured,
        cursor=since,
        from_beginning=since is None,
        pass_no=1,
        host=process.host,
        pid=process.pid,
        process=process.name,
        started_at=at,
        heartbeat_at=at,
    )


def _hand_over(row: RunRow, process: Process, *, at: datetime) -> None:
    """Go on with a run that stopped. Without a cursor it lists everything from the beginning."""
    if row.failure == Failure.CURSOR_EXPIRED:
        row.cursor, row.from_beginning, row.complete = None, True, False
    if row.cursor is None and not row.complete:
        row.pass_no += 1
    row.state = RunState.RUNNING
    row.failure = row.message = row.finished_at = None
    row.host, row.pid, row.process = process.host, process.pid, process.name
    row.heartbeat_at = at


def close(
    session: Session, row: RunRow, state: RunState, *, at: datetime, message: str | None
) -> None:
    """Bring a run to its end, or to where it waits for a person, and announce it."""
    row.state, row.message, row.finished_at, row.heartbeat_at = state, message, at, at
    outbox.announce(session, RUN_FINISHED, [row.id], at=at)
