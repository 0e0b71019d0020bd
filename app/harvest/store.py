"""Queries and writes of harvesting. Takes a session, never commits, decides nothing."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session, defer

from app.harvest.model import (
    Counters,
    Failure,
    ItemIssue,
    ItemState,
    Mode,
    Run,
    RunState,
    Source,
)
from app.harvest.tables import IssueRow, RawItemRow, RunRow, SourceRow

_COUNTERS = tuple(Counters.__dataclass_fields__)


def remote_hash(remote_id: str) -> str:
    return hashlib.sha256(remote_id.encode()).hexdigest()


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
    row = session.scalar(_runs_of(source_id).limit(1))
    return row if row and row.state in {RunState.RUNNING, RunState.FAILED} else None


def held(session: Session, source_id: str) -> Sequence[RunRow]:
    query = select(RunRow).where(RunRow.source_id == source_id, RunRow.state == RunState.HELD)
    return session.scalars(query).all()


def runs(session: Session, source_id: str, *, limit: int) -> list[Run]:
    return [as_run(row) for row in session.scalars(_runs_of(source_id).limit(limit))]


def runs_by_id(session: Session, ids: Collection[str]) -> dict[str, tuple[Run, str]]:
    """Runs by id, each with the society of its source."""
    query = select(RunRow, SourceRow.society_id).join(SourceRow, SourceRow.id == RunRow.source_id)
    rows = session.execute(query.where(RunRow.id.in_(ids)))
    return {row.id: (as_run(row), society_id) for row, society_id in rows}


def items(session: Session, source_id: str, hashes: Collection[str]) -> dict[str, RawItemRow]:
    query = (
        select(RawItemRow)
        .where(RawItemRow.source_id == source_id, RawItemRow.remote_hash.in_(hashes))
        .options(defer(RawItemRow.raw))
    )
    return {row.remote_hash: row for row in session.scalars(query)}


def course_ids(session: Session, run_id: str, *, limit: int = 100) -> list[str]:
    """Courses of the items that a run saw."""
    query = select(RawItemRow.course_id).where(
        RawItemRow.seen_run_id == run_id, RawItemRow.course_id.is_not(None)
    )
    return [
        str(one) for one in session.scalars(query.order_by(RawItemRow.remote_hash).limit(limit))
    ]


def unseen(session: Session, run: RunRow) -> list[RawItemRow]:
    """What stands for something, or was rejected once, and is not on the run's list."""
    query = (
        select(RawItemRow)
        .where(
            RawItemRow.source_id == run.source_id,
            RawItemRow.state != ItemState.WITHDRAWN,
            _not_seen(run),
        )
        .options(defer(RawItemRow.raw))
        .order_by(RawItemRow.remote_hash)
    )
    return list(session.scalars(query))


def count_live(session: Session, run: RunRow) -> tuple[int, int]:
    """Live items that earlier runs brought, and how many of them this run did not see."""
    before = [
        RawItemRow.source_id == run.source_id,
        RawItemRow.state == ItemState.LIVE,
        RawItemRow.first_run_id != run.id,
    ]
    live = session.scalar(select(func.count()).select_from(RawItemRow).where(*before))
    vanishing = session.scalar(
        select(func.count())
        .select_from(RawItemRow)
        .where(
            RawItemRow.source_id == run.source_id,
            RawItemRow.state == ItemState.LIVE,
            _not_seen(run),
        )
    )
    return live or 0, vanishing or 0


def open_issues(
    session: Session, source_id: str, hashes: Collection[str]
) -> dict[str, list[ItemIssue]]:
    query = select(IssueRow).where(
        IssueRow.source_id == source_id, IssueRow.remote_hash.in_(hashes)
    )
    found: dict[str, list[ItemIssue]] = {}
    for row in session.scalars(query.order_by(IssueRow.id)):
        found.setdefault(row.remote_hash, []).append(_issue(row))
    return found


def close_issues(session: Session, source_id: str, hashes: Collection[str]) -> None:
    session.execute(
        delete(IssueRow).where(IssueRow.source_id == source_id, IssueRow.remote_hash.in_(hashes))
    )


def insert_issues(session: Session, source_id: str, issues: Iterable[ItemIssue]) -> None:
    rows = [
        {
            "source_id": source_id,
            "run_id": one.run_id,
            "remote_hash": "" if one.remote_id is None else remote_hash(one.remote_id),
            "remote_id": one.remote_id,
            "severity": one.severity,
            "code": one.code,
            "path": one.path,
            "message": one.message,
            "value": one.value,
            "hint": one.hint,
        }
        for one in issues
    ]
    if rows:
        session.execute(insert(IssueRow), rows)


def run_issues(session: Session, run_id: str) -> list[ItemIssue]:
    """The issues of a run itself, such as a page that had to be mended."""
    query = select(IssueRow).where(IssueRow.run_id == run_id, IssueRow.remote_hash == "")
    return [_issue(row) for row in session.scalars(query.order_by(IssueRow.id))]


def issues(session: Session, source_id: str, *, limit: int) -> list[ItemIssue]:
    """The open issues of a source's items and last run; errors first, then as they were found."""
    last = _runs_of(source_id).with_only_columns(RunRow.id).limit(1).scalar_subquery()
    query = (
        select(IssueRow)
        .where(
            IssueRow.source_id == source_id,
            or_(IssueRow.remote_hash != "", IssueRow.run_id == last),
        )
        .order_by(IssueRow.severity, IssueRow.id)
        .limit(limit)
    )
    return [_issue(row) for row in session.scalars(query)]


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


def _runs_of(source_id: str) -> Any:
    return (
        select(RunRow)
        .where(RunRow.source_id == source_id)
        .order_by(RunRow.started_at.desc(), RunRow.id.desc())
    )


def _not_seen(run: RunRow) -> ColumnElement[bool]:
    return or_(
        RawItemRow.seen_run_id != run.id,
        and_(RawItemRow.seen_run_id == run.id, RawItemRow.seen_pass != run.pass_no),
    )


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


def _issue(row: IssueRow) -> ItemIssue:
    return ItemIssue(
        run_id=row.run_id,
        remote_id=row.remote_id,
        severity=row.severity,
        code=row.code,
        path=row.path,
        message=row.message,
        value=row.value,
        hint=row.hint,
    )
