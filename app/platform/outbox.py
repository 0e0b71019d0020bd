"""The outbox: what must follow a change, written in the change's own transaction.

A row says that ``key`` (an id) of ``topic`` (``course.changed``) has changed; a consumer reads the
present state of that key and acts on it, so doing it twice does no harm. Rows of one topic are
taken in order. A row that keeps failing is set aside with its reason and shown; it blocks no other.

A topic has one consumer, which takes its rows away. Who else wants to hear of it follows it: each
of its keys is entered a second time, under a topic of the follower's own. While nobody follows,
that costs one look a transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Index,
    String,
    Text,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.platform import bulk
from app.platform.db import Base, UTCDateTime

MAX_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=2)
MAX_REASON = 2000
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


@dataclass(frozen=True, slots=True)
class Failing:
    """A key whose effect keeps failing. ``set_aside_at`` once it is no longer tried by itself."""

    key: str
    since: datetime
    reason: str | None
    attempts: int
    due_at: datetime
    set_aside_at: datetime | None


def publish(session: Session, topic: str, keys: Iterable[str], *, at: datetime) -> None:
    """Say, inside the caller's transaction, that these keys changed."""
    _enter(session, [topic, *_followers(session, topic)], keys, at=at)


def say_again(session: Session, topic: str, keys: Iterable[str], *, at: datetime) -> None:
    """Let the topic's own consumer do these keys again; nothing has happened to tell others."""
    _enter(session, [topic], keys, at=at)


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


def due(
    session: Session, *topics: str, at: datetime, limit: int, after: int = 0
) -> Sequence[Entry]:
    """The oldest entries of ``topics`` that may be tried now, from the one ``after`` on."""
    rows = session.execute(
        select(
            OutboxRow.id,
            OutboxRow.topic,
            OutboxRow.key,
            OutboxRow.attempts,
            OutboxRow.created_at,
        )
        .where(
            OutboxRow.topic.in_(topics),
            OutboxRow.set_aside_at.is_(None),
            OutboxRow.due_at <= at,
            OutboxRow.id > after,
        )
        .order_by(OutboxRow.id)
        .limit(limit)
    )
    return [Entry(*row) for row in rows]


def done(session: Session, ids: Sequence[int]) -> None:
    """Forget entries whose effect has been confirmed."""
    session.execute(delete(OutboxRow).where(OutboxRow.id.in_(ids)))


def held_back(session: Session, topic: str, *, at: datetime) -> dict[str, list[int]]:
    """The entries that are not tried now, since they failed: their ids by key."""
    found: dict[str, list[int]] = {}
    for entry_id, key in session.execute(
        select(OutboxRow.id, OutboxRow.key).where(
            OutboxRow.topic == topic,
            or_(
                OutboxRow.set_aside_at.is_not(None),
                and_(OutboxRow.set_aside_at.is_(None), OutboxRow.due_at > at),
            ),
        )
    ):
        found.setdefault(key, []).append(entry_id)
    return found


def failed(session: Session, entry: Entry, reason: str, *, at: datetime) -> None:
    """Try again after a growing pause, or set the entry aside when it has failed too often."""
    attempts = entry.attempts + 1
    gone = attempts >= MAX_ATTEMPTS
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == entry.id)
        .values(
            attempts=attempts,
            created_at=entry.created_at,
            last_error=reason[:MAX_REASON],
            due_at=at + FIRST_PAUSE * 2 ** min(attempts - 1, 10),
            set_aside_at=at if gone else None,
        )
    )


def set_aside(session: Session, topic: str, reasons: Mapping[str, str], *, at: datetime) -> None:
    """Set these keys aside at once, each with its reason."""
    session.execute(
        delete(OutboxRow).where(
            OutboxRow.topic == topic, OutboxRow.key.in_(reasons), OutboxRow.attempts > 0
        )
    )
    for key, reason in reasons.items():
        session.execute(
            insert(OutboxRow).values(
                topic=topic, key=key, created_at=at, due_at=at, attempts=MAX_ATTEMPTS,
                last_error=reason[:MAX_REASON], set_aside_at=at,
            )
        )  # fmt: skip


def failing(session: Session, topic: str, *, limit: int) -> Sequence[Failing]:
    """What keeps failing, the longest first: what was set aside and what is yet tried again."""
    rows = session.execute(
        select(
            OutboxRow.key,
            OutboxRow.created_at,
            OutboxRow.last_error,
            OutboxRow.attempts,
            OutboxRow.due_at,
            OutboxRow.set_aside_at,
        )
        .where(OutboxRow.topic == topic, OutboxRow.attempts > 0)
        .order_by(OutboxRow.id)
        .limit(limit)
    )
    return [Failing(*row) for row in rows]


def try_again(session: Session, topic: str, key: str | None = None, *, at: datetime) -> int:
    """Let what failed be done now, and have all its attempts again: one key, or all of them.

    Says how many entries there were.
    """
    wanted = [OutboxRow.topic == topic, OutboxRow.attempts > 0]
    if key is not None:
        wanted.append(OutboxRow.key == key)
    done: Any = session.execute(
        update(OutboxRow).where(*wanted).values(attempts=0, due_at=at, set_aside_at=None)
    )
    return int(done.rowcount)


def still_waiting(session: Session, ids: Sequence[int]) -> set[str]:
    """The keys of those of these entries that nobody has taken away."""
    return set(session.scalars(select(OutboxRow.key).where(OutboxRow.id.in_(ids))))


def waiting_keys(session: Session, topic: str, keys: Sequence[str]) -> set[str]:
    """Those of these keys that have an entry that will be tried."""
    return set(
        session.scalars(
            select(OutboxRow.key).where(
                OutboxRow.topic == topic, OutboxRow.key.in_(keys), OutboxRow.set_aside_at.is_(None)
            )
        )
    )


def backlog(session: Session, topic: str) -> Backlog:
    """What is waiting, since when, and how much was set aside."""
    return backlogs(session, topic).get(topic, Backlog(0, None, 0))


def backlogs(session: Session, *topics: str) -> dict[str, Backlog]:
    """The same of each topic that has any entry; of all topics when none is named."""
    query = select(
        OutboxRow.topic,
        func.count() - func.count(OutboxRow.set_aside_at),
        func.min(case((OutboxRow.set_aside_at.is_(None), OutboxRow.created_at))),
        func.count(OutboxRow.set_aside_at),
    ).group_by(OutboxRow.topic)
    if topics:
        query = query.where(OutboxRow.topic.in_(topics))
    return {topic: Backlog(*rest) for topic, *rest in session.execute(query)}
