"""Forget old runs, a part at a time. The caller commits.

Of each source the newest runs stay, and those that are younger than the operator says; so do runs
that found what still stands wrong with an item, that wait for a person, or that read the version of
a file which the source is asked about next.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.harvest.model import RunState
from app.harvest.tables import AnswerRow, IssueRow, RunRow
from app.harvest.telling import store as telling

NEWEST = 50
AT_ONCE = 500
_GOES_ON = [RunState.QUEUED, RunState.RUNNING, RunState.HELD]


def prune(session: Session, *, days: int, at: datetime) -> int:
    """Forget runs that ended more than ``days`` days ago; says how many it was."""
    place = func.row_number().over(
        partition_by=RunRow.source_id, order_by=(RunRow.started_at.desc(), RunRow.id.desc())
    )
    numbered = select(RunRow.id, RunRow.state, RunRow.finished_at, place.label("place")).subquery()
    stands = select(IssueRow.id).where(IssueRow.run_id == numbered.c.id, IssueRow.remote_hash != "")
    asked = select(AnswerRow.run_id).where(AnswerRow.run_id == numbered.c.id)
    query = select(numbered.c.id).where(
        numbered.c.place > NEWEST,
        numbered.c.state.not_in(_GOES_ON),
        numbered.c.finished_at < at - timedelta(days=days),
        ~stands.exists(),
        ~asked.exists(),
    )
    old = list(session.scalars(query.limit(AT_ONCE)))
    if old:
        telling.forget_runs(session, old)
        session.execute(delete(IssueRow).where(IssueRow.run_id.in_(old)))
        session.execute(delete(RunRow).where(RunRow.id.in_(old)))
    return len(old)
