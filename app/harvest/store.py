"""Queries and writes of raw items and issues. Takes a session, never commits, decides nothing."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, defer

from app.harvest.model import ItemIssue, ItemState, Mode
from app.harvest.runs.store import runs_of
from app.harvest.tables import IssueRow, RawItemRow, RunRow
from app.platform import bulk

_ITEMS = select(
    RawItemRow.remote_hash,
    RawItemRow.sha256,
    RawItemRow.state,
    RawItemRow.outcome,
    RawItemRow.course_id,
    RawItemRow.seen_run_id,
    RawItemRow.seen_pass,
    RawItemRow.unread,
).where(
    RawItemRow.source_id == bindparam("source_id"),
    RawItemRow.remote_hash.in_(bindparam("hashes", expanding=True)),
)
_MARK_SEEN = (
    update(RawItemRow)
    .where(
        RawItemRow.source_id == bindparam("of"),
        RawItemRow.remote_hash.in_(bindparam("hashes", expanding=True)),
    )
    .values(
        outcome=bindparam("outcome"),
        seen_run_id=bindparam("seen_run_id"),
        seen_pass=bindparam("seen_pass"),
    )
)


def remote_hash(remote_id: str) -> str:
    return hashlib.sha256(remote_id.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """What must be known of an item from before."""

    sha256: str | None
    state: str
    outcome: str
    course_id: str | None
    seen_run_id: str
    seen_pass: int
    unread: bool


def items(session: Session, source_id: str, hashes: Collection[str]) -> dict[str, Kept]:
    found = session.connection().execute(_ITEMS, {"source_id": source_id, "hashes": list(hashes)})
    return {row.remote_hash: Kept(*row[1:]) for row in found}


def raw(session: Session, source_id: str, remote_id: str) -> str | None:
    """What a source gave for one item, as it came."""
    return session.scalar(
        select(RawItemRow.raw).where(
            RawItemRow.source_id == source_id,
            RawItemRow.remote_hash == remote_hash(remote_id),
        )
    )


def insert_items(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    bulk.insert(session, RawItemRow, rows)


def update_item(session: Session, *, source_id: str, remote_hash: str, **columns: Any) -> None:
    session.connection().execute(
        update(RawItemRow)
        .where(RawItemRow.source_id == source_id, RawItemRow.remote_hash == remote_hash)
        .values(**columns)
    )


def mark_seen(
    session: Session,
    source_id: str,
    hashes: Collection[str],
    *,
    outcome: str,
    run_id: str,
    pass_no: int,
) -> None:
    session.connection().execute(
        _MARK_SEEN,
        {"of": source_id, "hashes": list(hashes), "outcome": outcome, "seen_run_id": run_id,
         "seen_pass": pass_no},
    )  # fmt: skip


def courses_of(
    session: Session, source_id: str, hashes: Collection[str], *, limit: int
) -> list[str]:
    """Courses of these items."""
    query = select(RawItemRow.course_id).where(
        RawItemRow.source_id == source_id,
        RawItemRow.remote_hash.in_(hashes),
        RawItemRow.course_id.is_not(None),
    )
    return [str(one) for one in session.scalars(query.limit(limit))]


def live_hashes(session: Session, source_id: str) -> Iterator[str]:
    """Of everything that stands for something."""
    query = select(RawItemRow.remote_hash).where(
        RawItemRow.source_id == source_id, RawItemRow.state == ItemState.LIVE
    )
    return iter(session.scalars(query.execution_options(yield_per=1000)))


def kept_items(
    session: Session, source_id: str, *, after: str, limit: int
) -> Sequence[Row[str, str, str | None]]:
    """Raw items that can be mapped anew: hash, id and text."""
    query = (
        select(RawItemRow.remote_hash, RawItemRow.remote_id, RawItemRow.raw)
        .where(
            RawItemRow.source_id == source_id,
            RawItemRow.remote_hash > after,
            RawItemRow.state != ItemState.WITHDRAWN,
            RawItemRow.unread.is_(False),
            RawItemRow.raw.is_not(None),
        )
        .order_by(RawItemRow.remote_hash)
        .limit(limit)
    )
    return session.execute(query).all()


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
    bulk.insert(session, IssueRow, rows)


def run_issues(session: Session, run_id: str) -> list[ItemIssue]:
    """The issues of a run itself, such as a page that had to be mended."""
    query = select(IssueRow).where(IssueRow.run_id == run_id, IssueRow.remote_hash == "")
    return [_issue(row) for row in session.scalars(query.order_by(IssueRow.id))]


def issues(session: Session, source_id: str, *, limit: int) -> list[ItemIssue]:
    """The open issues of a source's items and last run; errors first, then as they were found."""
    kept = [mode for mode in Mode if mode.keeps]
    newest = runs_of(source_id).where(RunRow.mode.in_(kept))
    last = newest.with_only_columns(RunRow.id).limit(1).scalar_subquery()
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


def count_issues(
    session: Session, source_id: str, *, run_id: str | None, limit: int
) -> list[tuple[str, str, int, str | None]]:
    """(severity, code, how often, what mends it) of the open issues; errors first, then the most.

    Those of the source's items, and those of one run itself.
    """
    number = func.count()
    query = (
        select(IssueRow.severity, IssueRow.code, number, func.min(IssueRow.hint))
        .where(
            IssueRow.source_id == source_id,
            or_(IssueRow.remote_hash != "", IssueRow.run_id == (run_id or "")),
        )
        .group_by(IssueRow.severity, IssueRow.code)
        .order_by(IssueRow.severity, number.desc(), IssueRow.code)
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def _not_seen(run: RunRow) -> ColumnElement[bool]:
    return or_(
        RawItemRow.seen_run_id != run.id,
        and_(RawItemRow.seen_run_id == run.id, RawItemRow.seen_pass != run.pass_no),
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
