"""One page's items into the catalogue, inside the page's transaction.

Idempotent: an item that comes again as it was leaves everything as it was, save the mark that this
run has seen it. Every item of a page is counted exactly once (``model.Counters``).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.catalogue.model import Issue, Severity
from app.harvest import rules, store
from app.harvest.model import ItemIssue, ItemOutcome, ItemState, Source
from app.harvest.reading import Reading, read
from app.harvest.tables import RawItemRow
from connectors.contract import Connector, Rejected, Tombstone, Upsert

_AT_ONCE = 500
"""Items looked up together; a page may hold more than a query can name."""


@dataclass(frozen=True, slots=True)
class Task:
    """What an item is taken for."""

    source: Source
    run_id: str
    pass_no: int
    connector: Connector


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of one item. ``issues`` is ``None`` when the known ones still stand."""

    outcome: ItemOutcome
    course_id: str | None
    issues: tuple[Issue, ...] | None
    withdrawn: bool = False


def take_page(
    session: Session,
    items: Sequence[Upsert | Tombstone | Rejected],
    *,
    task: Task,
    at: datetime,
) -> dict[str, int]:
    """Take every item; gives what is to be added to the run's counters."""
    tally: Counter[str] = Counter(pages=1)
    for start in range(0, len(items), _AT_ONCE):
        with session.no_autoflush:  # rows are written together, not one by one
            _take_some(session, items[start : start + _AT_ONCE], tally, task=task, at=at)
        session.flush()
    return dict(tally)


def _take_some(
    session: Session,
    items: Sequence[Upsert | Tombstone | Rejected],
    tally: Counter[str],
    *,
    task: Task,
    at: datetime,
) -> None:
    readings = [read(item, task.connector) for item in items]
    hashes = {store.remote_hash(one.remote_id) for one in readings}
    known = store.items(session, task.source.id, hashes)
    issues = store.open_issues(session, task.source.id, hashes)
    for reading in readings:
        key = store.remote_hash(reading.remote_id)
        row = known.get(key)
        if row and (row.seen_run_id, row.seen_pass) == (task.run_id, task.pass_no):
            tally["repeated"] += 1
            if row.sha256 != reading.sha256:
                _set_issues(session, issues, task, reading, (*_kept(issues, key), _repeated()))
            continue
        done = _take(session, reading, row=row, task=task, at=at)
        _count(tally, done, row=row, run_id=task.run_id)
        if done.issues is not None:
            _set_issues(session, issues, task, reading, done.issues)
        known[key] = _mark(session, reading, done, row=row, task=task, at=at)


def _take(
    session: Session, reading: Reading, *, row: RawItemRow | None, task: Task, at: datetime
) -> _Done:
    source = task.source
    if reading.gone:
        gone = catalogue.withdraw(session, source_id=source.id, remote_id=reading.remote_id, at=at)
        return _Done(ItemOutcome.TOMBSTONE, row.course_id if row else None, (), withdrawn=gone)
    if reading.draft is None:
        problem = (reading.problem,) if reading.problem else ()
        return _Done(ItemOutcome.REJECTED, row.course_id if row else None, problem)
    taken = catalogue.take(
        session,
        reading.draft,
        society_id=source.society_id,
        source_id=source.id,
        remote_id=reading.remote_id,
        digest=reading.digest,
        at=at,
    )
    outcome = ItemOutcome(taken.outcome)
    as_before = outcome is ItemOutcome.UNCHANGED and not taken.issues
    stand = as_before and row is not None and row.sha256 == reading.sha256
    return _Done(outcome, taken.course_id, None if stand else taken.issues)


def _count(tally: Counter[str], done: _Done, *, row: RawItemRow | None, run_id: str) -> None:
    outcome = done.outcome
    if row and row.seen_run_id == run_id:  # an earlier pass of this run has counted it
        before = ItemOutcome(row.outcome)
        tally[before] -= 1
        outcome = rules.combined(before, outcome)
    else:
        tally["seen"] += 1
    tally[outcome] += 1
    tally["withdrawn"] += done.withdrawn
    if done.outcome in {ItemOutcome.NEW, ItemOutcome.CHANGED} and done.issues:
        tally["warned"] += 1


def _mark(
    session: Session, reading: Reading, done: _Done, *, row: RawItemRow | None, task: Task,
    at: datetime,
) -> RawItemRow:  # fmt: skip
    """Keep the raw item, and that this run has seen it."""
    state = ItemState.LIVE
    if done.outcome is ItemOutcome.TOMBSTONE:
        state = ItemState.WITHDRAWN
    elif done.outcome is ItemOutcome.REJECTED:
        live = row is not None and row.state == ItemState.LIVE
        state = ItemState.LIVE if live else ItemState.REJECTED
    if row is None:
        row = RawItemRow(
            source_id=task.source.id,
            remote_hash=store.remote_hash(reading.remote_id),
            remote_id=reading.remote_id,
            first_run_id=task.run_id,
            raw=reading.raw,
            sha256=reading.sha256,
            changed_at=at,
        )
        session.add(row)
    elif row.sha256 != reading.sha256:
        row.raw, row.sha256, row.changed_at = reading.raw, reading.sha256, at
    if row.seen_run_id == task.run_id:
        row.outcome = rules.combined(ItemOutcome(row.outcome), done.outcome)
    else:
        row.outcome = done.outcome
    row.state = state
    row.course_id = done.course_id
    row.seen_run_id, row.seen_pass = task.run_id, task.pass_no
    return row


def _kept(issues: dict[str, list[ItemIssue]], key: str) -> tuple[Issue, ...]:
    return tuple(
        Issue(one.code, Severity(one.severity), one.path, one.message, one.value, one.hint)
        for one in issues.get(key, ())
        if one.code != "W-DUP-ID"
    )


def _repeated() -> Issue:
    return Issue(
        code="W-DUP-ID",
        severity=Severity.WARNING,
        path="",
        message="The source lists several items under this id; the first one counts.",
        hint="Give every item an id of its own.",
    )


def _set_issues(
    session: Session,
    issues: dict[str, list[ItemIssue]],
    task: Task,
    reading: Reading,
    found: tuple[Issue, ...],
) -> None:
    """Let these be the item's open issues; nothing is written when they are so already."""
    key = store.remote_hash(reading.remote_id)
    standing = issues.get(key, [])
    told = [
        ItemIssue(
            task.run_id, reading.remote_id, str(one.severity), one.code, one.path, one.message,
            one.value, one.hint,
        )
        for one in found
    ]  # fmt: skip
    if [_told(one) for one in standing] == [_told(one) for one in told]:
        return
    if standing:
        store.close_issues(session, task.source.id, {key})
    store.insert_issues(session, task.source.id, told)
    issues[key] = told


def _told(issue: ItemIssue) -> tuple[str | None, ...]:
    return (issue.severity, issue.code, issue.path, issue.message, issue.value, issue.hint)
