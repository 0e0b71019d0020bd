"""Rate limits that several processes count together, in PostgreSQL.

A storage for the library ``limits`` that behaves as its memory storage does. Each key is one row,
changed by one statement: PostgreSQL locks that row alone, so different keys never wait for each
other, and of one key's hits each sees the one before. A moving window keeps the moments of its
last hits in an array, as many as the limit lets through. Keys are kept as hashes: what is counted
may be an e-mail address. The table is unlogged; a crash of the database forgets the counts.

It has connections of its own that give up soon, so that a slow database makes a limit fail, which
``platform.limits`` deals with, and never hang.
"""

import hashlib
import threading
import time
from typing import Any

from limits.storage import MovingWindowSupport, Storage
from sqlalchemy import JSON, Double, Engine, String, TextClause, create_engine, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base

PRUNED_EVERY = 60.0
_SECONDS = 3
_MILLISECONDS = 2000


class RateLimitRow(Base):
    """What one key has used of its limit."""

    __tablename__ = "rate_limit"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    taken: Mapped[Any | None] = mapped_column(JSON().with_variant(ARRAY(Double()), "postgresql"))
    """Of a moving window: seconds of the epoch, the newest first."""
    hits: Mapped[int | None]
    """Of a fixed window."""
    ends_at: Mapped[float] = mapped_column(Double())
    """When the row says nothing any more."""


_NOW = "CAST(extract(epoch FROM clock_timestamp()) AS float8)"
_HITS = "array_fill(%s, ARRAY[CAST(:amount AS integer)])"
_LATER = f"greatest({_NOW}, held.taken[1])"

# In the order of arrival at the row: a hit that waited for another is never older than that one.
_ACQUIRE = text(f"""
    INSERT INTO rate_limit AS held (key, taken, ends_at)
    VALUES (:key, {_HITS % _NOW}, {_NOW} + CAST(:expiry AS float8))
    ON CONFLICT (key) DO UPDATE SET
      taken = ({_HITS % _LATER} || held.taken)[1 : CAST(:most AS integer)],
      ends_at = {_NOW} + CAST(:expiry AS float8)
    WHERE held.taken[CAST(:last AS integer)] IS NULL
      OR held.taken[CAST(:last AS integer)] < {_NOW} - CAST(:expiry AS float8)
    RETURNING 1
""")
_WINDOW = text(f"""
    SELECT coalesce(min(hit), {_NOW}), count(hit) FROM rate_limit, unnest(taken) AS hit
    WHERE key = :key AND hit >= {_NOW} - CAST(:expiry AS float8)
""")
_INCREASE = text(f"""
    INSERT INTO rate_limit AS held (key, hits, ends_at)
    VALUES (:key, CAST(:amount AS integer), {_NOW} + CAST(:expiry AS float8))
    ON CONFLICT (key) DO UPDATE SET
      hits = CAST(:amount AS integer) + CASE WHEN held.ends_at > {_NOW} THEN held.hits ELSE 0 END,
      ends_at = CASE WHEN held.ends_at > {_NOW} THEN held.ends_at ELSE excluded.ends_at END
    RETURNING hits
""")
_COUNT = text(f"SELECT hits FROM rate_limit WHERE key = :key AND ends_at > {_NOW}")
_EXPIRY = text(f"SELECT coalesce((SELECT ends_at FROM rate_limit WHERE key = :key), {_NOW})")
_CLEAR = text("DELETE FROM rate_limit WHERE key IN (:key, :window)")
_PRUNE = text(f"""
    DELETE FROM rate_limit WHERE key IN (
      SELECT key FROM rate_limit WHERE ends_at < {_NOW} LIMIT 10000 FOR UPDATE SKIP LOCKED
    )
""")


class SharedStorage(Storage, MovingWindowSupport):
    """Counts in the table ``rate_limit`` of PostgreSQL. Close it in the end.

    ``pause`` are the seconds between two prunings; who counts then prunes.
    """

    STORAGE_SCHEME = None

    def __init__(self, url: str, *, pause: float = PRUNED_EVERY) -> None:
        super().__init__(wrap_exceptions=True)
        self._engine = _impatient(url)
        self._pause = pause
        self._prune_at = time.monotonic() + pause
        self._pruning = threading.Lock()

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return SQLAlchemyError

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Take ``amount`` hits, or none when that would be more than ``limit`` in ``expiry``."""
        if amount > limit:
            return False
        self._prune_when_due()
        last = limit - amount + 1
        given = {"amount": amount, "expiry": expiry, "most": limit, "last": last}
        return self._one(_ACQUIRE, key=_window(key), **given) is not None

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the window's oldest hit was, and how many there are."""
        with self._engine.connect() as connection:
            given = {"key": _window(key), "expiry": expiry}
            oldest, count = connection.execute(_WINDOW, given).one()
        return float(oldest), int(count)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        self._prune_when_due()
        return int(self._one(_INCREASE, key=_hash(key), expiry=expiry, amount=amount))

    def get(self, key: str) -> int:
        return int(self._one(_COUNT, key=_hash(key)) or 0)

    def get_expiry(self, key: str) -> float:
        return float(self._one(_EXPIRY, key=_hash(key)))

    def check(self) -> bool:
        """Whether the database answers."""
        try:
            self._one(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    def reset(self) -> int | None:
        with self._engine.connect() as connection:
            return connection.execute(text("DELETE FROM rate_limit")).rowcount

    def clear(self, key: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(_CLEAR, {"key": _hash(key), "window": _window(key)})

    def prune(self) -> None:
        """Forget what says nothing any more."""
        with self._engine.connect() as connection:
            connection.execute(_PRUNE)

    def close(self) -> None:
        self._engine.dispose()

    def _one(self, statement: TextClause, **given: str | int) -> Any:
        with self._engine.connect() as connection:
            return connection.scalar(statement, given)

    def _prune_when_due(self) -> None:
        if time.monotonic() < self._prune_at or not self._pruning.acquire(blocking=False):
            return
        try:
            self._prune_at = time.monotonic() + self._pause
            self.prune()
        finally:
            self._pruning.release()


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _window(key: str) -> str:
    """A moving window's row; a count of the same key has another."""
    return _hash(f"window {key}")


def _impatient(url: str) -> Engine:
    """Connections that give up soon, each statement its own transaction."""
    parsed = make_url(url)
    own = f"-c statement_timeout={_MILLISECONDS} -c lock_timeout={_MILLISECONDS}"
    options = " ".join([str(parsed.query.get("options", "")), own]).strip()
    return create_engine(
        parsed.difference_update_query(["options"]),
        connect_args={"connect_timeout": _SECONDS, "options": options},
        isolation_level="AUTOCOMMIT",
        pool_size=5,
        max_overflow=20,
        pool_timeout=_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
    )
