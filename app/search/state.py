"""How the index stands, for all processes of a node: trouble and its pause, rebuilds, checks.

Kept in the database, since who serves pages and who works may be different processes. Takes the
session and never commits.
"""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.search.tables import IndexStateRow

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(seconds=30)
MAX_REASON = 2000


@dataclass(frozen=True, slots=True)
class IndexState:
    """How the index stands."""

    failures: int
    """How often in a row the engine could not be written to."""
    failing_since: datetime | None
    resumes_at: datetime | None
    """When the engine is asked again."""
    reason: str | None
    drained_at: datetime | None
    """When a change last reached the index."""
    rebuild_asked_at: datetime | None
    rebuilt_at: datetime | None
    rebuilds: int
    rebuild_seconds: float | None
    checked_at: datetime | None
    """When index and catalogue were last compared; what differed then:"""
    missing: int
    surplus: int
    stale: int


_COLUMNS = [getattr(IndexStateRow, one.name) for one in fields(IndexState)]


def get(session: Session) -> IndexState:
    """How it stands."""
    return IndexState(*session.execute(select(*_COLUMNS)).one())


def pauses(session: Session, *, at: datetime) -> bool:
    """Whether the engine was away just now and is left in peace."""
    resumes_at = session.scalar(select(IndexStateRow.resumes_at))
    return resumes_at is not None and at < resumes_at


def pause(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: twice as long each time, up to a most."""
    doubled: int = 2 ** min(max(failures - 1, 0), 10)
    return min(LONGEST_PAUSE, FIRST_PAUSE * doubled)


def failed(session: Session, reason: str, *, at: datetime) -> None:
    """The engine could not be written to: ask it again after a pause that grows."""
    known = get(session)
    _set(
        session,
        failures=known.failures + 1,
        failing_since=known.failing_since or at,
        resumes_at=at + pause(known.failures + 1),
        reason=reason[:MAX_REASON],
    )


def answered(session: Session, *, at: datetime | None = None) -> None:
    """The engine takes writes; ``at`` when changes have just reached the index."""
    drained = {} if at is None else {"drained_at": at}
    _set(session, failures=0, failing_since=None, resumes_at=None, reason=None, **drained)


def ask_rebuild(session: Session, *, at: datetime) -> None:
    """Let whoever works build the index anew."""
    _set(session, rebuild_asked_at=at)


def rebuilt(session: Session, *, began: datetime, at: datetime) -> None:
    """The index was built anew from what the catalogue was at ``began``."""
    known = get(session)
    asked = known.rebuild_asked_at
    _set(
        session,
        rebuilt_at=at,
        rebuilds=known.rebuilds + 1,
        rebuild_seconds=(at - began).total_seconds(),
        rebuild_asked_at=asked if asked and asked > began else None,
    )


def checked(session: Session, *, missing: int, surplus: int, stale: int, at: datetime) -> None:
    """Index and catalogue were compared."""
    _set(session, missing=missing, surplus=surplus, stale=stale, checked_at=at)


def ask_check(session: Session) -> None:
    """Let whoever works compare index and catalogue at the next turn."""
    _set(session, checked_at=None)


def _set(session: Session, **values: Any) -> None:
    session.execute(update(IndexStateRow).values(**values))
