"""The database: one synchronous SQLAlchemy engine over SQLite or PostgreSQL.

Only the shell (a request, a page of a harvest, a worker's task) opens a transaction and commits;
a ``store`` function takes the session and never commits.

SQLite is used as its makers advise for a server: write-ahead log, ``BEGIN IMMEDIATE``, foreign
keys on. Its writers would wait for each other by polling, so one lock per process queues them.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, DateTime, Engine, MetaData, create_engine, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.url import make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

JSONColumn = JSON().with_variant(JSONB, "postgresql")
"""A JSON value: ``jsonb`` on PostgreSQL, text on SQLite."""


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets time zones; this gives them back, and refuses naive times."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value.isoformat()}")
        try:
            return value.astimezone(UTC)
        except OverflowError:  # hours before or after all time that can be written in UTC
            first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
            return first if value.year == 1 else last

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The parent of every domain's tables; names of constraints are fixed, as migrations need."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def make_engine(url: str) -> Engine:
    """An engine for ``sqlite:///path`` or ``postgresql://...``, set up for a server.

    Its errors leave out the values of a statement: they end in logs, and may be records.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    _keep_to_owner(parsed.database)
    engine = create_engine(
        parsed,
        connect_args={"timeout": 10, "check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy sends BEGIN itself, below
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "busy_timeout=10000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("opencpd_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _keep_to_owner(file: str | None) -> None:
    """Make a new SQLite file for its owner's eyes alone; its log files take after it."""
    if file and file != ":memory:" and not Path(file).exists():
        Path(file).touch(mode=0o600)


class Database:
    """Where transactions begin and end.

    ``read()`` gives a session whose changes are thrown away; ``write()`` gives one that commits
    when the block ends without an exception and rolls back otherwise.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writers = threading.RLock() if self.is_sqlite else nullcontext()
        self._writing = engine.execution_options(opencpd_write=True)

    @classmethod
    def open(cls, url: str) -> "Database":
        return cls(make_engine(url))

    @contextmanager
    def read(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        with (
            self._writers,
            Session(self._writing, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Whether nobody else is at the work ``name``; if so, nobody will be in this block.

        Ends with the process, whatever becomes of it. Several processes share PostgreSQL alone: of
        those that share an SQLite file, one has the index open.
        """
        if self.is_sqlite:
            yield True
            return
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7])
        with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            mine = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key})
            try:
                yield bool(mine)
            finally:
                if mine:
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})

    def ping(self) -> None:
        """Raise SQLAlchemy's ``OperationalError`` when the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self.engine.dispose()
