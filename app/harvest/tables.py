r"""The tables of harvesting. Private to this domain.

``raw_item.raw`` is text: exactly the JSON the source gave, which a JSON column would change (order,
numbers) or refuse (``\u0000``).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime

_ID = String(36)


class SourceRow(Base):
    __tablename__ = "source"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    society_id: Mapped[str] = mapped_column(_ID, index=True)
    name: Mapped[str] = mapped_column(Text)
    connector: Mapped[str] = mapped_column(String(64))
    config: Mapped[dict[str, Any]] = mapped_column(JSONColumn)
    every_hours: Mapped[int | None]
    cursor: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    opens: Mapped[str | None] = mapped_column(String(5))
    closes: Mapped[str | None] = mapped_column(String(5))
    timezone: Mapped[str | None] = mapped_column(String(64))
    paused: Mapped[bool] = mapped_column(server_default=false())
    failures: Mapped[int] = mapped_column(server_default="0")
    next_due_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)


class RunRow(Base):
    __tablename__ = "run"
    __table_args__ = (
        Index("ix_run_source_id_started_at", "source_id", "started_at"),
        Index(
            "uq_run_of_source",
            "source_id",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running')"),
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"))
    mode: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(20), index=True)
    config_digest: Mapped[str] = mapped_column(String(64))
    cursor: Mapped[str | None] = mapped_column(Text)
    from_beginning: Mapped[bool]
    pass_no: Mapped[int]
    """Raised whenever the run starts from the beginning; marks which items were seen since."""
    seen: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    tombstone: Mapped[int] = mapped_column(default=0)
    withdrawn: Mapped[int] = mapped_column(default=0)
    warned: Mapped[int] = mapped_column(default=0)
    repeated: Mapped[int] = mapped_column(default=0)
    pages: Mapped[int] = mapped_column(default=0)
    expected: Mapped[int | None]
    complete: Mapped[bool] = mapped_column(default=False)
    deletions: Mapped[str | None] = mapped_column(String(16))
    """What the connector promised when it had read the last page."""
    failure: Mapped[str | None] = mapped_column(String(20))
    message: Mapped[str | None] = mapped_column(Text)
    vanishing: Mapped[int] = mapped_column(default=0)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    process: Mapped[str] = mapped_column(String(36))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    heartbeat_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lease: Mapped[str | None] = mapped_column(String(36))
    """Who may write to it: a name that each claim makes anew, so that nobody writes by an old one.
    """
    asked_by: Mapped[str] = mapped_column(String(80), server_default="system:schedule")
    asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Its place in the queue."""
    targets: Mapped[list[str]] = mapped_column(JSONColumn, server_default="[]")
    """The hosts that it asks."""
    most: Mapped[int | None]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONColumn, deferred=True)


class RawItemRow(Base):
    __tablename__ = "raw_item"
    __table_args__ = (Index("ix_raw_item_source_id_state", "source_id", "state"),)

    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), primary_key=True)
    remote_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of ``remote_id``, which may be longer than an index can hold."""
    remote_id: Mapped[str] = mapped_column(Text)
    raw: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Of ``raw`` and of what it was read with (``runs.conditional.reading``)."""
    state: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(16))
    course_id: Mapped[str | None] = mapped_column(_ID)
    first_run_id: Mapped[str] = mapped_column(_ID)
    seen_run_id: Mapped[str] = mapped_column(_ID)
    seen_pass: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    unread: Mapped[bool] = mapped_column(server_default=false())
    """Whether ``raw`` is nothing that the connector could map: there is no sense in replaying it.
    """


class AnswerRow(Base):
    """Of which version a source's file was when a run had read it to the end (RFC 9110 §8.8)."""

    __tablename__ = "source_answer"

    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), primary_key=True)
    url_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of what was asked for, which may hold a secret."""
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    reading: Mapped[str] = mapped_column(String(64))
    """What it was read with: configuration, connector, normaliser."""
    run_id: Mapped[str] = mapped_column(_ID)


class IssueRow(Base):
    """An open issue of an item, or of a run when ``remote_hash`` is empty."""

    __tablename__ = "issue"
    __table_args__ = (
        Index("ix_issue_source_id_remote_hash", "source_id", "remote_hash"),
        Index("ix_issue_run_id", "run_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"))
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"))
    remote_hash: Mapped[str] = mapped_column(String(64))
    remote_id: Mapped[str | None] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(String(8))
    code: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    value: Mapped[str | None] = mapped_column(Text)
    hint: Mapped[str | None] = mapped_column(Text)
