"""Queries of owning: pages of issues and items, and counts. Takes a session, never commits."""

from collections.abc import Collection, Iterator

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.harvest.model import ItemIssue, ItemState, Run, Source
from app.harvest.owning.model import RawItem
from app.harvest.runs import store as runs
from app.harvest.tables import IssueRow, RawItemRow, RunRow, SourceRow
from app.harvest.telling import store as telling
from app.harvest.telling.model import Summary


def count_sources(session: Session, society_id: str) -> int:
    query = select(func.count()).where(SourceRow.society_id == society_id)
    return session.scalar(query) or 0


def source_ids(session: Session, *, society_id: str | None, after: str, limit: int) -> list[str]:
    """Ids of sources in order, of one society or of all."""
    query = select(SourceRow.id).where(SourceRow.id > after)
    if society_id is not None:
        query = query.where(SourceRow.society_id == society_id)
    return list(session.scalars(query.order_by(SourceRow.id).limit(limit)))


def sources(session: Session, ids: Collection[str]) -> list[Source]:
    found = (runs.source(session, one) for one in ids)
    return [one for one in found if one is not None]


def last_runs(session: Session, ids: Collection[str]) -> dict[str, Run]:
    """The last run of each source that changes the catalogue, or waits to."""
    newest = (
        select(RunRow.source_id, func.max(RunRow.started_at).label("started_at"))
        .where(RunRow.source_id.in_(ids), RunRow.mode.not_in(["dry_run", "validate"]))
        .group_by(RunRow.source_id)
        .subquery()
    )
    rows = session.scalars(
        select(RunRow)
        .join(
            newest,
            and_(RunRow.source_id == newest.c.source_id, RunRow.started_at == newest.c.started_at),
        )
        .order_by(RunRow.id)
    )
    return {row.source_id: runs.as_run(row) for row in rows}


def live_counts(session: Session, ids: Collection[str]) -> dict[str, int]:
    rows = session.execute(
        select(RawItemRow.source_id, func.count())
        .where(RawItemRow.source_id.in_(ids), RawItemRow.state == ItemState.LIVE)
        .group_by(RawItemRow.source_id)
    )
    return {row[0]: row[1] for row in rows}


def error_counts(session: Session, ids: Collection[str]) -> dict[str, int]:
    rows = session.execute(
        select(IssueRow.source_id, func.count())
        .where(
            IssueRow.source_id.in_(ids), IssueRow.severity == "error", IssueRow.remote_hash != ""
        )
        .group_by(IssueRow.source_id)
    )
    return {row[0]: row[1] for row in rows}


def two_summaries(session: Session, source_id: str) -> tuple[Summary | None, Summary | None]:
    """The newest summary of a source and the one before it."""
    first, second = [*telling.summaries(session, source_id, limit=2), None, None][:2]
    return first, second


def run_page(session: Session, source_id: str, *, after: str, limit: int) -> list[Run]:
    """A source's runs, the newest first, from the one after the run ``after``."""
    query = runs.runs_of(source_id)
    if after:
        last = select(RunRow.started_at).where(RunRow.id == after).scalar_subquery()
        later = and_(RunRow.started_at == last, RunRow.id < after)
        query = query.where(or_(RunRow.started_at < last, later))
    return [runs.as_run(row) for row in session.scalars(query.limit(limit))]


def issue_page(
    session: Session, source_id: str, *, run_id: str | None, code: str, after: int, limit: int
) -> list[tuple[int, ItemIssue]]:
    """Open issues in the order in which they were found, each with its number."""
    query = _issues(source_id, run_id, code).where(IssueRow.id > after).limit(limit)
    return [(row.id, _issue(row)) for row in session.scalars(query)]


def iter_issues(session: Session, source_id: str, *, run_id: str | None) -> Iterator[ItemIssue]:
    """All open issues, some at a time."""
    query = _issues(source_id, run_id, "")
    for row in session.scalars(query, execution_options={"yield_per": 500}):
        yield _issue(row)


def issues_of_item(session: Session, source_id: str, key: str) -> list[ItemIssue]:
    query = select(IssueRow).where(IssueRow.source_id == source_id, IssueRow.remote_hash == key)
    return [_issue(row) for row in session.scalars(query.order_by(IssueRow.id))]


def item(session: Session, source_id: str, key: str) -> RawItem | None:
    row = session.get(RawItemRow, (source_id, key), populate_existing=True)
    if row is None:
        return None
    return RawItem(
        key=row.remote_hash,
        remote_id=row.remote_id,
        raw=row.raw,
        state=row.state,
        course_id=row.course_id,
        changed_at=row.changed_at,
        issues=tuple(issues_of_item(session, source_id, key)),
    )


def vanishing(
    session: Session, run_id: str, *, after: str, limit: int
) -> list[tuple[str, str, str | None]]:
    """(key, remote id, course) of live items that a run did not see."""
    run = session.get(RunRow, run_id)
    if run is None:
        return []
    seen = and_(RawItemRow.seen_run_id == run.id, RawItemRow.seen_pass == run.pass_no)
    rows = session.execute(
        select(RawItemRow.remote_hash, RawItemRow.remote_id, RawItemRow.course_id)
        .where(
            RawItemRow.source_id == run.source_id,
            RawItemRow.state == ItemState.LIVE,
            ~seen,
            RawItemRow.remote_hash > after,
        )
        .order_by(RawItemRow.remote_hash)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _issues(source_id: str, run_id: str | None, code: str) -> Select[IssueRow]:
    whose: ColumnElement[bool] = or_(IssueRow.remote_hash != "", IssueRow.run_id == (run_id or ""))
    query = select(IssueRow).where(IssueRow.source_id == source_id, whose)
    if code:
        query = query.where(IssueRow.code == code)
    return query.order_by(IssueRow.id)


def _issue(row: IssueRow) -> ItemIssue:
    return ItemIssue(
        run_id=row.run_id, remote_id=row.remote_id, severity=row.severity, code=row.code,
        path=row.path, message=row.message, value=row.value, hint=row.hint,
    )  # fmt: skip
