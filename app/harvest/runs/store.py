"""Queries and writes of sources and runs. Takes a session, never commits, decides nothing."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from app.harvest.model import Backlog, Counters, Failure, Mode, Run, RunState, Source, Window
from app.harvest.runs.conditional import Validators
from app.harvest.tables import AnswerRow, RunRow, SourceRow

_COUNTERS = tuple(Counters.__dataclass_fields__)
STAND_STILL_SECONDS = 60
"""A process that does nothing in a transaction for so long loses it; less than the silence after
which others go on with its run (``begin.SILENCE``)."""
_QUEUE_LOCK = 0x0C9D_0019
"""The number of PostgreSQL's advisory lock for the queue of runs."""


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
            next_due_at=source.next_due_at,
            **_window_columns(source.window),
        )
    )


def source(
    session: Session, source_id: str, *, lock: bool = False, skip: bool = False
) -> Source | None:
    """One source; with ``lock`` nobody else can begin a run of it until the transaction ends.

    With ``skip`` there is none while somebody else has locked it.
    """
    query = select(SourceRow).where(SourceRow.id == source_id)
    if lock:
        query = query.with_for_update(skip_locked=skip)
    row = session.scalar(query.execution_options(populate_existing=True))
    return _source(row) if row else None


def sources(session: Session) -> list[Source]:
    return [_source(row) for row in session.scalars(select(SourceRow).order_by(SourceRow.id))]


def run_row(session: Session, run_id: str, *, lock: bool = False) -> RunRow | None:
    return session.get(RunRow, run_id, populate_existing=True, with_for_update=lock or None)


def add_run(session: Session, row: RunRow) -> None:
    session.add(row)
    session.flush()


def waiting(session: Session, source_id: str) -> RunRow | None:
    """The run of a source that is queued or running; there is never more than one."""
    query = select(RunRow).where(RunRow.source_id == source_id, _is_waiting())
    return session.scalar(query.execution_options(populate_existing=True))


def stopped(session: Session, source_id: str) -> RunRow | None:
    """The newest run that was to change the catalogue, if it failed: it can be gone on with."""
    kept = [mode for mode in Mode if mode.keeps]
    row = session.scalar(runs_of(source_id).where(RunRow.mode.in_(kept)).limit(1))
    return row if row and row.state == RunState.FAILED else None


def lock_queue(session: Session) -> None:
    """Until the transaction ends, nobody else fills the queue or claims from it.

    SQLite has one writer anyway.
    """
    end_when_idle(session)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _QUEUE_LOCK})


def end_when_idle(session: Session) -> None:
    """Let the server end this transaction when its process has stood still for too long.

    A process that was stopped (not killed) in a transaction would hold its locks as long as it
    likes. SQLite knows no such thing: there the others wait, and give up.
    """
    if session.get_bind().dialect.name == "postgresql":
        milliseconds = STAND_STILL_SECONDS * 1000
        session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = {milliseconds}"))


def due(session: Session, *, at: datetime, limit: int | None = None) -> list[Source]:
    """Sources whose time has come and that nobody has queued yet, the oldest first."""
    query = select(SourceRow).where(_is_due(at)).order_by(SourceRow.next_due_at, SourceRow.id)
    return [_source(row) for row in session.scalars(query.limit(limit))]


def is_any_due(session: Session, *, at: datetime) -> bool:
    return session.scalar(select(SourceRow.id).where(_is_due(at)).limit(1)) is not None


def is_any_waiting(session: Session) -> bool:
    return session.scalar(select(RunRow.id).where(_is_waiting()).limit(1)) is not None


def in_line(session: Session) -> list[RunRow]:
    """Every run that is queued or running, in the order in which they are to be begun."""
    query = select(RunRow).where(_is_waiting()).order_by(RunRow.due_at, RunRow.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def sources_in_line(session: Session) -> list[Source]:
    """The sources of those runs."""
    query = select(SourceRow).join(RunRow, RunRow.source_id == SourceRow.id).where(_is_waiting())
    return [_source(row) for row in session.scalars(query)]


def lock_waiting(session: Session, run_id: str, lease: str | None) -> RunRow | None:
    """The run for whoever claims it, unless somebody has it in hand or it is as it was no more."""
    query = select(RunRow).where(
        RunRow.id == run_id, RunRow.lease.is_not_distinct_from(lease), _is_waiting()
    )
    query = query.with_for_update(skip_locked=True)
    return session.scalar(query.execution_options(populate_existing=True))


def beat(session: Session, run_id: str, lease: str, *, at: datetime) -> bool:
    """Note that somebody is at the run; ``False`` if it is not theirs any more."""
    done = session.execute(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.lease == lease, RunRow.state == RunState.RUNNING)
        .values(heartbeat_at=at),
        execution_options={"synchronize_session": False},
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


def answer(session: Session, source_id: str) -> AnswerRow | None:
    return session.scalar(select(AnswerRow).where(AnswerRow.source_id == source_id))


def validators(session: Session, source_id: str, *, reading: str) -> Validators | None:
    """Of which version the source's file was, when it was last read like this."""
    row = answer(session, source_id)
    if row is None or row.reading != reading or session.get(RunRow, row.run_id) is None:
        return None
    return Validators(row.url_hash, row.etag, row.last_modified)


def set_answer(session: Session, run: RunRow, known: Validators, *, reading: str) -> None:
    session.execute(
        insert(AnswerRow).values(
            source_id=run.source_id,
            url_hash=known.url_hash,
            etag=known.etag,
            last_modified=known.last_modified,
            reading=reading,
            run_id=run.id,
        )
    )


def forget_answer(session: Session, source_id: str) -> None:
    session.execute(delete(AnswerRow).where(AnswerRow.source_id == source_id))


def update_source(session: Session, source_id: str, **columns: Any) -> None:
    session.execute(update(SourceRow).where(SourceRow.id == source_id).values(**columns))


def set_window(session: Session, source_id: str, window: Window | None) -> None:
    update_source(session, source_id, **_window_columns(window))


def backlog(session: Session, *, at: datetime) -> Backlog:
    """How much waits, and since when."""
    states = [RunState.QUEUED, RunState.RUNNING, RunState.HELD]
    query = select(RunRow.state, func.count()).where(RunRow.state.in_(states))
    counted = {row[0]: row[1] for row in session.execute(query.group_by(RunRow.state))}
    overdue = session.execute(
        select(func.count(), func.min(SourceRow.next_due_at)).where(_is_due(at))
    ).one()
    queued = session.scalar(select(func.min(RunRow.due_at)).where(RunRow.state == RunState.QUEUED))
    return Backlog(
        due=overdue[0],
        queued=counted.get(RunState.QUEUED, 0),
        running=counted.get(RunState.RUNNING, 0),
        held=counted.get(RunState.HELD, 0),
        oldest=min((one for one in (queued, overdue[1]) if one), default=None),
    )


def held(session: Session, source_id: str) -> Sequence[RunRow]:
    query = select(RunRow).where(RunRow.source_id == source_id, RunRow.state == RunState.HELD)
    return session.scalars(query).all()


def runs(session: Session, source_id: str, *, limit: int, looks: bool = False) -> list[Run]:
    """A source's runs, the newest first; only those that count for its schedule with ``looks``."""
    query = runs_of(source_id)
    if looks:
        query = query.where(RunRow.mode.in_([mode for mode in Mode if mode.lists]))
    return [as_run(row) for row in session.scalars(query.limit(limit))]


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
        asked_by=row.asked_by,
        asked_at=row.asked_at or row.started_at,
        most=row.most,
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
        window=_window(row),
        paused=row.paused,
        failures=row.failures,
        next_due_at=None if row.paused or row.every_hours is None else row.next_due_at,
    )


def _window(row: SourceRow) -> Window | None:
    if row.opens is None or row.closes is None:
        return None
    return Window(row.opens, row.closes, row.timezone or "UTC")


def _window_columns(window: Window | None) -> dict[str, str | None]:
    if window is None:
        return {"opens": None, "closes": None, "timezone": None}
    return {"opens": window.opens, "closes": window.closes, "timezone": window.timezone}


def _is_due(at: datetime) -> ColumnElement[bool]:
    waits = select(RunRow.id).where(RunRow.source_id == SourceRow.id, _is_waiting())
    return and_(
        SourceRow.next_due_at <= at,
        SourceRow.paused.is_(False),
        SourceRow.every_hours.is_not(None),
        ~waits.exists(),
    )


def _is_waiting() -> ColumnElement[bool]:
    return RunRow.state.in_([RunState.QUEUED, RunState.RUNNING])


def runs_of(source_id: str) -> Any:
    return (
        select(RunRow)
        .where(RunRow.source_id == source_id)
        .order_by(RunRow.started_at.desc(), RunRow.id.desc())
    )
