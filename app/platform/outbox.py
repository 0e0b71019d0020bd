"""The outbox: what must follow a change, written in the change's own transaction.

A row says that ``key`` (an id) of ``topic`` (``course.changed``) has changed; a consumer reads the
present state of that key and acts on it, so doing it twice does no harm. Rows of one topic are
taken in order. A row that keeps failing is set aside with its reason and shown; it blocks no other.

A topic has one consumer, which takes its rows away. Who else wants to hear of it follows it: each
of its keys is entered a second time, under a topic of the follower's own. While nobody follows,
that costs one look a transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, String, Text, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.platform import bulk
from app.platform.db import Base, UTCDateTime

MAX_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=2)
_FOLLOWERS = "opencpd.outbox.followers"


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


class OutboxFollowerRow(Base):
    """Whatever is said of ``topic`` is said under ``as_topic`` too."""

    __tablename__ = "outbox_follower"

    topic: Mapped[str] = mapped_column(String(64), primary_key=True)
    as_topic: Mapped[str] = mapped_column(String(64), primary_key=True)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to do."""

    id: int
    topic: str
    key: str
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """How far a topic's consumer is behind."""

    waiting: int
    oldest: datetime | None
    set_aside: int


def publish(session: Session, topic: str, keys: Iterable[str], *, at: datetime) -> None:
    """Say, inside the caller's transaction, that these keys changed."""
    _enter(session, [topic, *_followers(session, topic)], keys, at=at)


def announce(session: Session, topic: str, keys: Iterable[str], *, at: datetime) -> None:
    """Say the same of a topic that has no consumer of its own: its followers alone hear of it."""
    _enter(session, _followers(session, topic), keys, at=at)


def _enter(session: Session, topics: Sequence[str], keys: Iterable[str], *, at: datetime) -> None:
    bulk.insert(
        session,
        OutboxRow,
        [
            {"topic": topic, "key": key, "created_at": at, "due_at": at, "attempts": 0}
            for key in keys
            for topic in topics
        ],
    )


def _followers(session: Session, topic: str) -> Sequence[str]:
    """The topics of who follows ``topic``, read once a session, which is once a transaction."""
    known: dict[str, list[str]] | None = session.info.get(_FOLLOWERS)
    if known is None:
        with session.no_autoflush:
            session.info[_FOLLOWERS] = known = followed(session)
    return known.get(topic, ())


def followed(session: Session) -> dict[str, list[str]]:
    """Which topics are followed, and under what names."""
    found: dict[str, list[str]] = {}
    for row in session.execute(select(OutboxFollowerRow.topic, OutboxFollowerRow.as_topic)):
        found.setdefault(row.topic, []).append(row.as_topic)
    return found


def follow(session: Session, topic: str, as_topic: str) -> None:
    """From the next transaction on, enter the keys of ``topic`` under ``as_topic`` too.

    Whoever follows and unfollows sees to it that no two transactions do so at once.
    """
    if as_topic not in followed(session).get(topic, ()):
        session.execute(insert(OutboxFollowerRow).values(topic=topic, as_topic=as_topic))


def unfollow(session: Session, topic: str, as_topic: str) -> None:
    """Hear no more of ``topic``, and forget what waits under ``as_topic``."""
    session.execute(
        delete(OutboxFollowerRow).where(
            OutboxFollowerRow.topic == topic, OutboxFollowerRow.as_topic == as_topic
        )
    )
    session.execute(delete(OutboxRow).where(OutboxRow.topic == as_topic))


def due(session: Session, *topics: str, at: datetime, limit: int) -> Sequence[Entry]:
    """The oldest entries of ``topics`` that may be tried now."""
    rows = session.execute(
        select(
            OutboxRow.id,
            OutboxRow.topic,
            OutboxRow.key,
            OutboxRow.attempts,
            OutboxRow.created_at,
        )
        .where(
            OutboxRow.topic.in_(topics), OutboxRow.set_aside_at.is_(None), OutboxRow.due_at <= at
        )
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
