"""What people say to a run: let it withdraw, let it not, stop it. The caller commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.harvest import sweep
from app.harvest.model import Failure, Report, Run, RunState
from app.harvest.runs import store
from app.harvest.runs.begin import close, lock_source
from app.harvest.runs.ending import end_state
from app.harvest.runs.trial import read_report
from app.harvest.tables import RunRow
from app.identity import audit
from app.platform.lease import THIS_PROCESS, Process
from app.platform.problems import Conflict, NotFound


def release(session: Session, run_id: str, *, who: str, at: datetime) -> Run:
    """A person agrees: withdraw what the held run did not see. Raises ``Conflict`` if not held."""
    row = _held(session, run_id)
    sweep.sweep(session, row, at=at)
    close(session, row, end_state(session, row), at=at, message=None)
    return _noted(session, row, "run.released", who=who, at=at)


def refuse(session: Session, run_id: str, *, who: str, at: datetime) -> Run:
    """A person does not agree: everything stays. Raises ``Conflict`` if the run is not held."""
    row = _held(session, run_id)
    told = f"Refused: {row.vanishing} courses stay that the list did not name."
    close(session, row, RunState.CANCELLED, at=at, message=told)
    return _noted(session, row, "run.refused", who=who, at=at)


def cancel(session: Session, run_id: str, *, who: str, at: datetime) -> Run:
    """End a run that waits, or stop one that runs: what it has stored stays, nothing more comes.

    Raises ``Conflict`` if it does neither.
    """
    row = locked(session, run_id)
    if row.state not in {RunState.RUNNING, RunState.QUEUED}:
        raise Conflict(f"The run {run_id} is {row.state}; only one that waits or runs can be.")
    close(session, row, RunState.CANCELLED, at=at, message="Cancelled.")
    return _noted(session, row, "run.cancelled", who=who, at=at)


def leave(
    session: Session, source_id: str, *, at: datetime, process: Process = THIS_PROCESS
) -> Run | None:
    """Leave the source's run, if this process is at it, so that the next run goes on from there."""
    lock_source(session, source_id)
    row = store.waiting(session, source_id)
    if row is None or row.state != RunState.RUNNING or row.process != process.name:
        return None
    row.failure = Failure.STOPPED
    told = "Stopped by hand; the next run goes on from here."
    close(session, row, RunState.FAILED, at=at, message=told, quietly=True)
    return store.as_run(row)


def get_report(session: Session, run_id: str) -> Report | None:
    """What a run found that keeps nothing else. Raises ``NotFound``."""
    stored = get_row(session, run_id).report
    return read_report(stored) if stored is not None else None


def get_row(session: Session, run_id: str) -> RunRow:
    """Raises ``NotFound``."""
    row = store.run_row(session, run_id)
    if row is None:
        raise NotFound(f"There is no run {run_id}.")
    return row


def locked(session: Session, run_id: str) -> RunRow:
    """The run, for who changes its state. Raises ``NotFound``."""
    lock_source(session, get_row(session, run_id).source_id)
    row = store.run_row(session, run_id, lock=True)
    if row is None:
        raise NotFound(f"There is no run {run_id}.")
    return row


def _held(session: Session, run_id: str) -> RunRow:
    row = locked(session, run_id)
    if row.state != RunState.HELD:
        raise Conflict(f"The run {run_id} is {row.state}; only a held one waits for an answer.")
    return row


def _noted(session: Session, row: RunRow, action: str, *, who: str, at: datetime) -> Run:
    source = store.source(session, row.source_id)
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"run:{row.id}",
        at=at,
        after={
            "source": row.source_id,
            "state": row.state,
            "vanishing": row.vanishing,
            "withdrawn": row.withdrawn,
        },
        organisation_id=source.society_id if source else None,
    )
    return store.as_run(row)
