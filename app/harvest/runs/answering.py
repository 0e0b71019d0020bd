"""What people say to a run: let it withdraw, let it not, stop it. The caller commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.harvest import sweep
from app.harvest.model import Run, RunState
from app.harvest.runs import store
from app.harvest.runs.begin import close
from app.harvest.runs.loop import end_state
from app.harvest.tables import RunRow
from app.platform.problems import Conflict, NotFound


def release(session: Session, run_id: str, *, at: datetime) -> Run:
    """A person agrees: withdraw what the held run did not see. Raises ``Conflict`` if not held."""
    row = _held(session, run_id)
    sweep.sweep(session, row, at=at)
    close(session, row, end_state(session, row), at=at, message=None)
    return store.as_run(row)


def refuse(session: Session, run_id: str, *, at: datetime) -> Run:
    """A person does not agree: everything stays. Raises ``Conflict`` if the run is not held."""
    row = _held(session, run_id)
    told = f"Refused: {row.vanishing} courses stay that the list did not name."
    close(session, row, RunState.CANCELLED, at=at, message=told)
    return store.as_run(row)


def cancel(session: Session, run_id: str, *, at: datetime) -> Run:
    """Stop a running run at its next page. Raises ``Conflict`` if it is not running."""
    row = run_row(session, run_id)
    if row.state != RunState.RUNNING:
        raise Conflict(f"The run {run_id} is {row.state}, not running.")
    close(session, row, RunState.CANCELLED, at=at, message="Cancelled.")
    return store.as_run(row)


def run_row(session: Session, run_id: str) -> RunRow:
    row = store.run_row(session, run_id)
    if row is None:
        raise NotFound(f"There is no run {run_id}.")
    return row


def _held(session: Session, run_id: str) -> RunRow:
    row = run_row(session, run_id)
    if row.state != RunState.HELD:
        raise Conflict(f"The run {run_id} is {row.state}; only a held one waits for an answer.")
    return row
