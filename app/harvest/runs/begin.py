"""Begin a run, go on with it, close it: what becomes of its row. The caller commits.

Whoever changes a run's state holds its source's row first, so that all lock in one order. A page
alone is stored without: it ends with a look whether the run is still its own.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.catalogue.document import digest
from app.harvest import RUN_FINISHED
from app.harvest.model import Failure, Mode, RunState, Source
from app.harvest.runs import schedule, store
from app.harvest.tables import RunRow
from app.platform import outbox
from app.platform.ids import new_id
from app.platform.lease import Process, is_dead
from app.platform.problems import Conflict, NotFound

SCHEDULE = "system:schedule"
"""Who asks for a run whose time has come."""

BEAT_SECONDS = 5.0
"""How often a worker says that it is at a run, whatever that waits for."""
SILENCE = timedelta(minutes=2)
"""Of whom nothing was heard for so long, somebody else goes on with the run.

More than a few beats and the difference of two clocks; more than ``store.STAND_STILL_SECONDS``, so
that nothing of a process that stands still is locked by then.
"""


class AlreadyRunning(Conflict):
    """Another process is running this source."""

    code = "source-running"


def begin(
    session: Session,
    source_id: str,
    *,
    mode: Mode,
    process: Process,
    at: datetime,
    asked_by: str = SCHEDULE,
    most: int | None = None,
) -> tuple[Source, RunRow]:
    """Continue the source's unfinished run or start one, at once and in this process."""
    source = lock_source(session, source_id)
    row = store.waiting(session, source_id)
    if row and row.state == RunState.RUNNING and not is_abandoned(row, process, at=at):
        raise AlreadyRunning(
            f"The source {source_id} is being run by process {row.pid} on {row.host}, last "
            f"heard of at {row.heartbeat_at.isoformat()}."
        )
    if row and row.mode != mode:
        told = "A run of another kind took its place."
        close(session, row, RunState.CANCELLED, at=at, message=told)
        row = None
    row = row or unfinished(session, source, mode=mode)
    if row is None:
        row = add(session, source_id, mode=mode, asked_by=asked_by, at=at, most=most)
    return source, take(session, source, row, process, at=at)


def lock_source(session: Session, source_id: str) -> Source:
    """The source, for whoever changes the state of a run of it. Raises ``NotFound``."""
    source = store.source(session, source_id, lock=True)
    if source is None:
        raise NotFound(f"There is no source {source_id}.")
    return source


def is_abandoned(row: RunRow, asking: Process, *, at: datetime) -> bool:
    """Whether nobody is at this running run any more.

    Silence says so even of this very process: its thread that was at it must have died.
    """
    if at - row.heartbeat_at > SILENCE:
        return True
    return is_dead(
        Process(row.host, row.pid, row.process), heard_at=row.heartbeat_at, at=at, asking=asking
    )


def unfinished(session: Session, source: Source, *, mode: Mode) -> RunRow | None:
    """The failed run that such a run would go on with."""
    row = store.stopped(session, source.id)
    same = row and row.mode == mode and row.config_digest == configured(source)
    return row if same else None


def configured(source: Source) -> str:
    """What a run was begun with; it cannot be gone on with when that has changed."""
    return digest(source.connector, dict(source.config))


def add(
    session: Session,
    source_id: str,
    *,
    mode: Mode,
    asked_by: str,
    at: datetime,
    most: int | None = None,
) -> RunRow:
    """A new run, queued. ``pass_no`` 0: nobody has begun it."""
    row = RunRow(
        id=new_id(), source_id=source_id, mode=mode, state=RunState.QUEUED, config_digest="",
        from_beginning=True, pass_no=0, host="", pid=0, process="", started_at=at, heartbeat_at=at,
        asked_by=asked_by, asked_at=at, due_at=at, targets=[], most=most,
    )  # fmt: skip
    store.add_run(session, row)
    return row


def take(
    session: Session, source: Source, row: RunRow, process: Process, *, at: datetime
) -> RunRow:
    """Let ``process`` be at the run from now on, and nobody else; a new one where it must be."""
    if row.pass_no and row.config_digest != configured(source):
        told = "The source's configuration was changed; it was begun anew."
        close(session, row, RunState.CANCELLED, at=at, message=told)
        mode, asked_by = Mode(row.mode), row.asked_by
        row = add(session, source.id, mode=mode, asked_by=asked_by, at=at, most=row.most)
    if Mode(row.mode) not in {Mode.DRY_RUN, Mode.VALIDATE}:
        for held in store.held(session, source.id):
            close(session, held, RunState.CANCELLED, at=at, message="A later run took its place.")
    if row.pass_no == 0:
        row.cursor = source.cursor if row.mode == Mode.HARVEST else None
        row.from_beginning, row.pass_no, row.started_at = row.cursor is None, 1, at
        row.config_digest = configured(source)
    else:
        _go_on(row)
    row.state, row.lease = RunState.RUNNING, new_id()
    row.failure = row.message = row.finished_at = None
    row.host, row.pid, row.process = process.host, process.pid, process.name
    row.heartbeat_at = at
    session.flush()
    return row


def _go_on(row: RunRow) -> None:
    """Go on with a run that stopped. Without a cursor it lists everything from the beginning."""
    if row.failure == Failure.CURSOR_EXPIRED:
        row.cursor, row.from_beginning, row.complete = None, True, False
    if row.cursor is None and not row.complete:
        row.pass_no += 1


def close(
    session: Session,
    row: RunRow,
    state: RunState,
    *,
    at: datetime,
    message: str | None,
    quietly: bool = False,
) -> None:
    """Bring a run to its end, or to where it waits for a person, and announce it.

    A look at what the source has moves the source's next one.
    """
    row.state, row.message, row.finished_at, row.heartbeat_at = state, message, at, at
    row.lease = None
    session.flush()  # before a new run of the source is added, of which there is one at a time
    if Mode(row.mode).lists and state not in {RunState.DONE, RunState.DONE_WITH_ERRORS}:
        store.forget_answer(session, row.source_id)
    source = store.source(session, row.source_id)
    if source is not None and Mode(row.mode).lists:
        counted = _failures(source, row)
        following = schedule.next_due(replace(source, failures=counted), store.as_run(row))
        store.update_source(session, source.id, failures=counted, next_due_at=following)
    if not quietly:
        outbox.publish(session, RUN_FINISHED, [row.id], at=at)


def _failures(source: Source, row: RunRow) -> int:
    """A run that somebody stopped says nothing of the source."""
    if row.state == RunState.CANCELLED or row.failure == Failure.STOPPED:
        return source.failures
    return source.failures + 1 if row.state == RunState.FAILED else 0
