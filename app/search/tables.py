"""The tables of keeping the index: how it stands, and which writes are under way.

Nothing that is found is kept here: a check of the whole index finds what they would have told.
"""

from datetime import datetime

from sqlalchemy import Float, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime


class IndexStateRow(Base):
    """How the index stands; one row, made with the table."""

    __tablename__ = "search_index_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    failures: Mapped[int]
    failing_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    resumes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
    drained_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    rebuild_asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    rebuilt_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    rebuilds: Mapped[int]
    rebuild_seconds: Mapped[float | None] = mapped_column(Float)
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    missing: Mapped[int]
    surplus: Mapped[int]
    stale: Mapped[int]


class IndexWriteRow(Base):
    """A write to the index that was begun and is not yet known to have ended."""

    __tablename__ = "search_index_write"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    process: Mapped[str] = mapped_column(String(36))
    begun_at: Mapped[datetime] = mapped_column(UTCDateTime)
    keys: Mapped[list[str] | None] = mapped_column(JSONColumn)
    """The courses it writes; null for a whole index built anew."""
