"""Remove a source: its courses are withdrawn, what was kept of it is forgotten.

That may be a hundred thousand courses, so it is done in parts by a worker: asked for first, then
some hundred items a transaction, the source itself at last. A course itself stays, withdrawn, for
who has taken it, unless other sources tell of it too; the audit trail stays.
"""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.harvest.model import ItemState, RunState, Source
from app.harvest.runs import store as runs
from app.harvest.runs.begin import close, lock_source
from app.harvest.tables import AnswerRow, IssueRow, RawItemRow, RunRow, SourceRow
from app.harvest.telling.tables import (
    RunReportRow,
    RunSummaryRow,
    SourceContactRow,
    SourceRemovalRow,
    SourceReportsRow,
)
from app.identity import audit
from app.platform.db import Database

AT_ONCE = 200


def ask(session: Session, source_id: str, *, who: str, at: datetime) -> None:
    """Begin to remove a source: nothing is run any more. Raises ``NotFound``."""
    source = lock_source(session, source_id)
    if is_going(session, source_id):
        return
    runs.update_source(session, source_id, paused=True)
    session.execute(insert(SourceRemovalRow).values(source_id=source_id, asked_by=who, asked_at=at))
    _stop(session, source_id, at=at)
    _note(session, source, "source.removed", who=who, at=at)


def is_going(session: Session, source_id: str) -> bool:
    """Whether a source is being removed."""
    query = select(SourceRemovalRow.source_id).where(SourceRemovalRow.source_id == source_id)
    return session.scalar(query) is not None


def going(session: Session) -> list[str]:
    """The sources that are being removed."""
    return list(session.scalars(select(SourceRemovalRow.source_id)))


def work(database: Database, *, at: datetime) -> int:
    """One part of what is to be removed; says how many items that was, and one for each source."""
    done = 0
    with database.read() as session:
        waiting = going(session)
    for source_id in waiting:
        with database.write() as session:
            catalogue.lock(session)
            lock_source(session, source_id)
            _stop(session, source_id, at=at)
            part = _part(session, source_id, at=at)
            if part == 0:
                _forget(session, source_id)
            done += max(part, 1)
    return done


def _stop(session: Session, source_id: str, *, at: datetime) -> None:
    row = runs.waiting(session, source_id)
    if row is not None:
        told = "The source is being removed."
        close(session, row, RunState.CANCELLED, at=at, message=told, quietly=True)


def _part(session: Session, source_id: str, *, at: datetime) -> int:
    query = select(RawItemRow.remote_hash, RawItemRow.remote_id, RawItemRow.state)
    rows = session.execute(query.where(RawItemRow.source_id == source_id).limit(AT_ONCE)).all()
    for row in rows:
        if row.state != ItemState.WITHDRAWN:
            catalogue.withdraw(session, source_id=source_id, remote_id=row.remote_id, at=at)
    session.execute(
        delete(RawItemRow).where(
            RawItemRow.source_id == source_id,
            RawItemRow.remote_hash.in_([row.remote_hash for row in rows]),
        )
    )
    return len(rows)


def _forget(session: Session, source_id: str) -> None:
    """Everything that is left of it, what points to other rows first."""
    of_source = select(RunRow.id).where(RunRow.source_id == source_id)
    session.execute(delete(RunReportRow).where(RunReportRow.run_id.in_(of_source)))
    for table in (
        RunSummaryRow, IssueRow, AnswerRow, SourceContactRow, SourceReportsRow, SourceRemovalRow,
        RunRow,
    ):  # fmt: skip
        session.execute(delete(table).where(table.source_id == source_id))
    session.execute(delete(SourceRow).where(SourceRow.id == source_id))


def _note(session: Session, source: Source, action: str, *, who: str, at: datetime) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"source:{source.id}",
        at=at,
        before={"connector": source.connector, "every_hours": source.every_hours},
        organisation_id=source.society_id,
    )
