"""The outbox: what must follow a change, written in the change's own transaction.

A row says that ``key`` (an id) of ``topic`` (``course.changed``) has changed; a consumer reads the
present state of that key and acts on it, so doing it twice does no harm. Rows of one topic are
taken in order. A row that keeps failing is set aside with its reason and shown; it blocks no other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, String, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.platform.db import Base, UTCDateTime

MAX_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=2)


class OutboxRow(Base):
    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "topic", "set_aside_at", "due_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    topic: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    set_aside_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to do."""

    id: int
    key: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """How far a topic's consumer is behind."""

    waiting: int
    oldest: datetime | None
    set_aside: int


def publish(session: Session, topic: str, keys: Iterable[str], *, at: datetime) -> None:
    """Say, inside the caller's transaction, that these keys changed."""
    session.add_all(
        OutboxRow(topic=topic, key=key, created_at=at, due_at=at, attempts=0) for key in keys
    )


def due(session: Session, topic: str, *, at: datetime, limit: int) -> Sequence[Entry]:
    """The oldest entries of ``topic`` that may be tried now."""
    rows = session.execute(
        select(OutboxRow.id, OutboxRow.key, OutboxRow.attempts)
        .where(OutboxRow.topic == topic, OutboxRow.set_aside_at.is_(None), OutboxRow.due_at <= at)
        .order_by(OutboxRow.id)
        .limit(limit)
    )
    return [Entry(*row) for row in rows]


def done(session: Session, ids: Sequence[int]) -> None:
    """Forget entries whose effect has been confirmed."""
    session.execute(delete(OutboxRow).where(OutboxRow.id.in_(ids)))


def failed(session: Session, entry: Entry, reason: str, *, at: datetime) -> None:
    """Try again after a growing pause, or set the entry aside when it has failed too often."""
    attempts = entry.attempts + 1
    gone = attempts >= MAX_ATTEMPTS
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == entry.id)
        .values(
            attempts=attempts,
            last_error=reason[:2000],
            due_at=at + FIRST_PAUSE * 2 ** min(attempts - 1, 10),
            set_aside_at=at if gone else None,
        )
    )


def backlog(session: Session, topic: str) -> Backlog:
    """What is waiting, since when, and how much was set aside."""
    waiting, oldest = session.execute(
        select(func.count(), func.min(OutboxRow.created_at)).where(
            OutboxRow.topic == topic, OutboxRow.set_aside_at.is_(None)
        )
    ).one()
    aside = session.scalar(
        select(func.count()).where(OutboxRow.topic == topic, OutboxRow.set_aside_at.is_not(None))
    )
    return Backlog(waiting, oldest, aside or 0)
