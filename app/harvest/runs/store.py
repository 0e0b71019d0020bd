"""Queries and writes of sources and runs. Takes a session, never commits, decides nothing."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.harvest.model import Counters, Failure, Mode, Run, RunState, Source
from app.harvest.tables import RunRow, SourceRow

_COUNTERS = tuple(Counters.__dataclass_fields__)


def insert_source(session: Session, source: Source) -> None:
    session.execute(
        insert(SourceRow).values(
            id=source.id,
            society_id=source.society_id,
            name=source.name,
            connector=source.connector,
            config=dict(source.config),
            every_hours=source.every_hours,
            cursor=source.cursor,
            created_at=source.created_at,
        )
    )


def source(session: Session, source_id: str, *, lock: bool = False) -> Source | None:
    """One source; with ``lock`` nobody else can begin a run of it until the transaction ends."""
    query = select(SourceRow).where(SourceRow.id == source_id)
    row = session.scalar(query.with_for_update() if lock else query)
    return _source(row) if row else None


def sources(session: Session) -> list[Source]:
    return [_source(row) for row in session.scalars(select(SourceRow).order_by(SourceRow.id))]


def set_source_cursor(session: Session, source_id: str, cursor: str | None) -> None:
    session.execute(update(SourceRow).where(SourceRow.id == source_id).values(cursor=cursor))


def run_row(session: Session, run_id: str) -> RunRow | None:
    return session.get(RunRow, run_id, populate_existing=True)


def add_run(session: Session, row: RunRow) -> None:
    session.add(row)
    session.flush()


def unfinished(session: Session, source_id: str) -> RunRow | None:
    """The source's newest run, if it has not come to its end."""
    row = session.scalar(runs_of(source_id).limit(1))
    return row if row and row.state in {RunState.RUNNING, RunState.FAILED} else None


def held(session: Session, source_id: str) -> Sequence[RunRow]:
    query = select(RunRow).where(RunRow.source_id == source_id, RunRow.state == RunState.HELD)
    return session.scalars(query).all()


def runs(session: Session, source_id: str, *, limit: int) -> list[Run]:
    return [as_run(row) for row in session.scalars(runs_of(source_id).limit(limit))]


def runs_by_id(session: Session, ids: Collection[str]) -> dict[str, tuple[Run, str]]:
    """Runs by id, each with the society of its source."""
    query = select(RunRow, SourceRow.society_id).join(SourceRow, SourceRow.id == RunRow.source_id)
    rows = session.execute(query.where(RunRow.id.in_(ids)))
    return {row.id: (as_run(row), society_id) for row, society_id in rows}


def as_run(row: RunRow) -> Run:
    return Run(
        id=row.id,
        source_id=row.source_id,
        mode=Mode(row.mode),
        state=RunState(row.state),
        counters=counters(row),
        expected=row.expected,
        complete=row.complete,
        failure=Failure(row.failure) if row.failure else None,
        message=row.message,
        vanishing=row.vanishing,
        started_at=row.started_at,
        heartbeat_at=row.heartbeat_at,
        finished_at=row.finished_at,
    )


def counters(row: RunRow) -> Counters:
    return Counters(**{name: getattr(row, name) for name in _COUNTERS})


def set_counters(row: RunRow, values: Counters) -> None:
    for name in _COUNTERS:
        setattr(row, name, getattr(values, name))


def _source(row: SourceRow) -> Source:
    return Source(
        id=row.id,
        society_id=row.society_id,
        name=row.name,
        connector=row.connector,
        config=row.config,
        every_hours=row.every_hours,
        cursor=row.cursor,
        created_at=row.created_at,
    )


def runs_of(source_id: str) -> Any:
    return (
        select(RunRow)
        .where(RunRow.source_id == source_id)
        .order_by(RunRow.started_at.desc(), RunRow.id.desc())
    )
