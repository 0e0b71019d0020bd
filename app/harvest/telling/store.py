"""Queries and writes of summaries, contacts and letters. Takes a session, never commits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.harvest.model import RunState
from app.harvest.quality import Quality
from app.harvest.telling.model import CodeCount, LetterState, Reports, Summary, Wanted
from app.harvest.telling.tables import (
    RunReportRow,
    RunSummaryRow,
    SourceContactRow,
    SourceReportsRow,
)
from app.platform.ids import new_id


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that is to be sent now."""

    id: str
    run_id: str
    person_id: str
    attempts: int


def put_summary(session: Session, one: Summary) -> None:
    """Keep a run's summary; a run that ends a second time (released) is summed anew."""
    session.execute(delete(RunSummaryRow).where(RunSummaryRow.run_id == one.run_id))
    session.execute(
        insert(RunSummaryRow).values(
            run_id=one.run_id,
            source_id=one.source_id,
            state=one.state.value,
            finished_at=one.finished_at,
            counters=dict(one.counters),
            courses=one.quality.courses,
            points=one.quality.points,
            bands=list(one.quality.bands),
            missing=dict(one.quality.missing),
            codes=[[code.severity, code.code, code.count, code.hint] for code in one.codes],
        )
    )


def forget_runs(session: Session, run_ids: Sequence[str]) -> None:
    """Before the runs themselves are forgotten."""
    session.execute(delete(RunReportRow).where(RunReportRow.run_id.in_(run_ids)))
    session.execute(delete(RunSummaryRow).where(RunSummaryRow.run_id.in_(run_ids)))


def summaries(
    session: Session, source_id: str, *, limit: int, before: datetime | None = None
) -> list[Summary]:
    """The summaries of a source's runs, the newest first."""
    query = select(RunSummaryRow).where(RunSummaryRow.source_id == source_id)
    if before is not None:
        query = query.where(RunSummaryRow.finished_at < before)
    ordered = query.order_by(RunSummaryRow.finished_at.desc(), RunSummaryRow.run_id.desc())
    return [_summary(row) for row in session.scalars(ordered.limit(limit))]


def summary(session: Session, run_id: str) -> Summary | None:
    row = session.get(RunSummaryRow, run_id, populate_existing=True)
    return _summary(row) if row else None


def latest(session: Session, source_ids: Collection[str]) -> dict[str, Summary]:
    """The newest summary of each of these sources."""
    newest = (
        select(
            RunSummaryRow.source_id.label("source_id"),
            func.max(RunSummaryRow.finished_at).label("finished_at"),
        )
        .where(RunSummaryRow.source_id.in_(source_ids))
        .group_by(RunSummaryRow.source_id)
        .subquery()
    )
    rows = session.scalars(
        select(RunSummaryRow).join(
            newest,
            (RunSummaryRow.source_id == newest.c.source_id)
            & (RunSummaryRow.finished_at == newest.c.finished_at),
        )
    )
    return {row.source_id: _summary(row) for row in rows}


def reports(session: Session, source_id: str) -> Reports:
    wanted = session.scalar(
        select(SourceReportsRow.wanted).where(SourceReportsRow.source_id == source_id)
    )
    chosen = session.scalars(
        select(SourceContactRow.person_id)
        .where(SourceContactRow.source_id == source_id)
        .order_by(SourceContactRow.person_id)
    )
    return Reports(Wanted(wanted) if wanted else Wanted.TROUBLE, tuple(chosen))


def set_reports(session: Session, source_id: str, wanted: Reports) -> None:
    session.execute(delete(SourceContactRow).where(SourceContactRow.source_id == source_id))
    session.execute(delete(SourceReportsRow).where(SourceReportsRow.source_id == source_id))
    session.execute(
        insert(SourceReportsRow).values(source_id=source_id, wanted=wanted.wanted.value)
    )
    if wanted.chosen:
        session.execute(
            insert(SourceContactRow),
            [{"source_id": source_id, "person_id": one} for one in wanted.chosen],
        )


def told(session: Session, run_id: str) -> set[str]:
    """To whom there is a letter about a run already."""
    return set(session.scalars(select(RunReportRow.person_id).where(RunReportRow.run_id == run_id)))


def add_letters(session: Session, run_id: str, people: Sequence[str], *, at: datetime) -> None:
    if people:
        session.execute(
            insert(RunReportRow),
            [
                {
                    "id": new_id(), "run_id": run_id, "person_id": one, "attempts": 0,
                    "state": LetterState.WAITING.value, "due_at": at, "created_at": at,
                }
                for one in people
            ],
        )  # fmt: skip


def is_letter_due(session: Session, *, at: datetime) -> bool:
    query = select(RunReportRow.id).where(
        RunReportRow.state == LetterState.WAITING, RunReportRow.due_at <= at
    )
    return session.scalar(query.limit(1)) is not None


def take_letter(session: Session, *, at: datetime, pause: timedelta) -> Letter | None:
    """The letter that has waited longest; nobody else has it in hand until ``pause`` is over."""
    row = session.scalar(
        select(RunReportRow)
        .where(RunReportRow.state == LetterState.WAITING, RunReportRow.due_at <= at)
        .order_by(RunReportRow.due_at, RunReportRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    row.due_at = at + pause
    row.attempts += 1
    return Letter(row.id, row.run_id, row.person_id, row.attempts)


def set_letter(
    session: Session,
    letter_id: str,
    state: LetterState,
    *,
    at: datetime | None = None,
    due_at: datetime | None = None,
    reason: str | None = None,
) -> None:
    values = {"state": state.value, "sent_at": at, "reason": reason}
    if due_at is not None:
        values["due_at"] = due_at
    session.execute(update(RunReportRow).where(RunReportRow.id == letter_id).values(**values))


def letters(session: Session, run_id: str) -> dict[str, int]:
    """How many letters about a run stand where."""
    rows = session.execute(
        select(RunReportRow.state, func.count())
        .where(RunReportRow.run_id == run_id)
        .group_by(RunReportRow.state)
    )
    return {row[0]: row[1] for row in rows}


def _summary(row: RunSummaryRow) -> Summary:
    return Summary(
        run_id=row.run_id,
        source_id=row.source_id,
        state=RunState(row.state),
        finished_at=row.finished_at,
        quality=Quality(row.courses, row.points, tuple(row.bands), row.missing),
        codes=tuple(CodeCount(*one) for one in row.codes),
        counters=row.counters,
    )
