"""Runs in the database: what is to be decided anew, how far that has come, what it changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.ids import new_id
from app.platform.lease import Process
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.recognition.adoption import service as adoption
from app.recognition.ledger.encoding import scope_as_json, scope_from_json
from app.recognition.ledger.model import Cause, Run, RunScope, RunState
from app.recognition.ledger.tables import (
    AccountRow,
    RerunChangeRow,
    RerunRow,
    SubmissionRow,
)

LONGEST_WHY = 500
MOST_NAMED = 1000
"""How many submissions or registrants one run may name."""
_AT_WORK = (RunState.WAITING.value, RunState.RUNNING.value, RunState.TELLING.value)
_RUN = (
    RerunRow.id,
    RerunRow.registry_id,
    RerunRow.cause,
    RerunRow.dry,
    RerunRow.state,
    RerunRow.why,
    RerunRow.scope,
    RerunRow.total,
    RerunRow.looked,
    RerunRow.changed,
    RerunRow.started_by,
    RerunRow.created_at,
    RerunRow.finished_at,
    RerunRow.trouble,
)


class RunOver(Conflict):
    """The run has ended."""

    code = "rerun-over"


@dataclass(frozen=True, slots=True)
class RunChange:
    """What a run changed, or would change: old, new, why."""

    id: str
    submission_id: str
    registrant_id: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]


def start(
    session: Session,
    registry_id: str,
    scope: RunScope,
    *,
    cause: Cause,
    why: str,
    dry: bool = False,
    who: str,
    at: datetime,
) -> Run:
    """Let decisions be made anew; the worker does it. Raises ``Invalid``, ``NotFound``.

    Dry, it keeps what would change and decides nothing.
    """
    _check(session, registry_id, scope, why=why, dry=dry)
    total = select(func.count()).where(SubmissionRow.registry_id == registry_id)
    run = Run(
        new_id(),
        registry_id,
        cause,
        dry,
        RunState.WAITING,
        why.strip(),
        scope,
        session.scalar(total) or 0,
        0,
        0,
        who,
        at,
    )
    session.execute(
        insert(RerunRow).values(
            id=run.id,
            registry_id=registry_id,
            cause=cause.value,
            dry=dry,
            state=run.state.value,
            why=run.why,
            scope=scope_as_json(scope),
            cursor="",
            total=run.total,
            looked=0,
            changed=0,
            started_by=who,
            created_at=at,
            told="",
        )
    )
    _note(session, "rerun.start", run, who=who, at=at, after={"dry": dry, "cause": cause.value})
    return run


def cancel(session: Session, registry_id: str, run_id: str, *, who: str, at: datetime) -> Run:
    """Stop a run. What it has decided stays decided. Raises ``NotFound``, ``RunOver``."""
    get(session, registry_id, run_id)
    run = lock(session, run_id)
    if run.state.value not in _AT_WORK:
        raise RunOver("The run has ended already.")
    change(session, run_id, state=RunState.CANCELLED.value, finished_at=at, process=None)
    _note(session, "rerun.cancel", run, who=who, at=at, after={"looked": run.looked})
    return get(session, registry_id, run_id)


def get(session: Session, registry_id: str, run_id: str) -> Run:
    """Raises ``NotFound``, also for another registry's."""
    row = session.execute(
        select(*_RUN).where(RerunRow.id == run_id, RerunRow.registry_id == registry_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such run.")
    return _made(row)


def lock(session: Session, run_id: str) -> Run:
    """The run, which nobody else changes until the transaction ends."""
    row = session.execute(select(*_RUN).where(RerunRow.id == run_id).with_for_update()).one()
    return _made(row)


def page(
    session: Session, registry_id: str, *, cursor: str | None = None, limit: int = 50
) -> Slice[Run]:
    """A registry's runs, the newest first."""
    query = select(*_RUN).where(RerunRow.registry_id == registry_id)
    if cursor is not None:
        query = query.where(RerunRow.id < decode_cursor(cursor))
    rows = session.execute(query.order_by(RerunRow.id.desc()).limit(limit + 1)).all()
    found = [_made(row) for row in rows[:limit]]
    return Slice(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def changes(
    session: Session, run_id: str, *, cursor: str | None = None, limit: int = 100
) -> Slice[RunChange]:
    """What a run changed, or would change, as far as it has come."""
    query = select(
        RerunChangeRow.id,
        RerunChangeRow.submission_id,
        RerunChangeRow.registrant_id,
        RerunChangeRow.old,
        RerunChangeRow.new,
    ).where(RerunChangeRow.run_id == run_id)
    if cursor is not None:
        query = query.where(RerunChangeRow.id > decode_cursor(cursor))
    rows = session.execute(query.order_by(RerunChangeRow.id).limit(limit + 1)).all()
    found = [RunChange(*row) for row in rows[:limit]]
    return Slice(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def insert_changes(
    session: Session, run_id: str, rows: Sequence[tuple[str, str, Any, Any]]
) -> None:
    """Registrant, submission, old and new of each."""
    if rows:
        session.execute(
            insert(RerunChangeRow),
            [
                {
                    "id": new_id(),
                    "run_id": run_id,
                    "registrant_id": registrant_id,
                    "submission_id": submission_id,
                    "old": old,
                    "new": new,
                }
                for registrant_id, submission_id, old, new in rows
            ],
        )


def concerned(session: Session, run_id: str, *, after: str, limit: int) -> Sequence[str]:
    """The next registrants for whom a run changed something."""
    return session.scalars(
        select(RerunChangeRow.registrant_id)
        .where(RerunChangeRow.run_id == run_id, RerunChangeRow.registrant_id > after)
        .distinct()
        .order_by(RerunChangeRow.registrant_id)
        .limit(limit)
    ).all()


def next_registrants(
    session: Session, run: Run, *, after: str, limit: int, submissions: int
) -> Sequence[str]:
    """The next registrants that a run looks at, in their order: some, or one who has very many."""
    query = select(AccountRow.registrant_id, AccountRow.last_number).where(
        AccountRow.registry_id == run.registry_id, AccountRow.registrant_id > after
    )
    if named := _named(session, run.scope):
        query = query.where(AccountRow.registrant_id.in_(named))
    found: list[str] = []
    for registrant_id, number in session.execute(
        query.order_by(AccountRow.registrant_id).limit(limit)
    ):
        submissions -= number
        if found and submissions < 0:
            break
        found.append(registrant_id)
    return found


def accounts(session: Session, registry_id: str, *, after: str, limit: int) -> Sequence[str]:
    """The next registrants of a registry who submitted anything, in their order."""
    return session.scalars(
        select(AccountRow.registrant_id)
        .where(AccountRow.registry_id == registry_id, AccountRow.registrant_id > after)
        .order_by(AccountRow.registrant_id)
        .limit(limit)
    ).all()


def at_work(session: Session) -> Sequence[str]:
    """Runs that have something to do, the oldest first."""
    return session.scalars(
        select(RerunRow.id).where(RerunRow.state.in_(_AT_WORK)).order_by(RerunRow.id)
    ).all()


def cursors(session: Session, run_id: str) -> tuple[str, str]:
    """The last registrant that was decided, and the last who was told."""
    row = session.execute(select(RerunRow.cursor, RerunRow.told).where(RerunRow.id == run_id)).one()
    return row.cursor, row.told


def holder(session: Session, run_id: str) -> tuple[Process, datetime] | None:
    """Which process is at the run, and when it was heard of last."""
    row = session.execute(
        select(RerunRow.host, RerunRow.pid, RerunRow.process, RerunRow.heard_at).where(
            RerunRow.id == run_id
        )
    ).one()
    if row.process is None or row.heard_at is None:
        return None
    return Process(row.host or "", row.pid or 0, row.process), row.heard_at


def hold(
    session: Session, run_id: str, process: Process, *, instead: str | None, at: datetime
) -> bool:
    """Take a run, from the process that is known to hold it; false when another was quicker."""
    taken = session.execute(
        update(RerunRow)
        .where(
            RerunRow.id == run_id,
            RerunRow.state.in_(_AT_WORK),
            RerunRow.process.is_(None) if instead is None else RerunRow.process == instead,
        )
        .values(host=process.host, pid=process.pid, process=process.name, heard_at=at)
        .returning(RerunRow.id)
    )
    return taken.one_or_none() is not None


def release(session: Session, run_id: str, process: Process) -> None:
    session.execute(
        update(RerunRow)
        .where(RerunRow.id == run_id, RerunRow.process == process.name)
        .values(process=None)
    )


def change(session: Session, run_id: str, **columns: object) -> None:
    session.execute(update(RerunRow).where(RerunRow.id == run_id).values(**columns))


def find(session: Session, run_id: str) -> Run | None:
    row = session.execute(select(*_RUN).where(RerunRow.id == run_id)).one_or_none()
    return None if row is None else _made(row)


def newest_check(session: Session, registry_id: str, *, who: str) -> datetime | None:
    """When somebody last let all records of a registry be verified again."""
    return session.scalar(
        select(func.max(RerunRow.created_at)).where(
            RerunRow.registry_id == registry_id, RerunRow.started_by == who
        )
    )


def _named(session: Session, scope: RunScope) -> Collection[str]:
    named = set(scope.registrants)
    if scope.submissions:
        named |= set(
            session.scalars(
                select(SubmissionRow.registrant_id).where(SubmissionRow.id.in_(scope.submissions))
            )
        )
    return named


def _check(session: Session, registry_id: str, scope: RunScope, *, why: str, dry: bool) -> None:
    problems = []
    if not why.strip() or len(why) > LONGEST_WHY or "\x00" in why:
        mend = f"Say why, in up to {LONGEST_WHY} characters."
        problems.append(FieldProblem("/why", "text-form", mend))
    if max(len(scope.submissions), len(scope.registrants)) > MOST_NAMED:
        mend = f"Name up to {MOST_NAMED}, or none for all."
        problems.append(FieldProblem("/submissions", "too-many", mend))
    if scope.since and scope.until and scope.until < scope.since:
        mend = "Let the last day come after the first."
        problems.append(FieldProblem("/until", "time-order", mend))
    if scope.policy_version is not None and not (dry and scope.policy_id):
        mend = "A version is named with its policy, and tried in a dry run alone."
        problems.append(FieldProblem("/policy_version", "version-unwanted", mend))
    if scope.verify and dry:
        mend = "Verifying again keeps what it finds; it cannot be tried out."
        problems.append(FieldProblem("/verify", "dry-verify", mend))
    if problems:
        raise Invalid("The run cannot be started like this.", fields=problems)
    if scope.policy_id is not None and scope.policy_version is not None:
        adoption.get_policy(session, registry_id, scope.policy_id, scope.policy_version)


def _note(
    session: Session, action: str, run: Run, *, who: str, at: datetime, after: dict[str, Any]
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"rerun:{run.id}",
        organisation_id=run.registry_id,
        at=at,
        after=after,
    )


def _made(row: Sequence[Any]) -> Run:
    given = list(row)
    given[2], given[4] = Cause(given[2]), RunState(given[4])
    given[6] = scope_from_json(given[6])
    return Run(*given)
