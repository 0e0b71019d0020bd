"""The tables of telling. Private to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime

_ID = String(36)


class SourceReportsRow(Base):
    """When a source's contacts are told; without a row, when there is trouble."""

    __tablename__ = "source_reports"

    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), primary_key=True)
    wanted: Mapped[str] = mapped_column(String(12))


class SourceContactRow(Base):
    __tablename__ = "source_contact"

    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)


class RunSummaryRow(Base):
    __tablename__ = "run_summary"
    __table_args__ = (Index("ix_run_summary_listed", "source_id", "finished_at"),)

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"))
    state: Mapped[str] = mapped_column(String(20))
    finished_at: Mapped[datetime] = mapped_column(UTCDateTime)
    counters: Mapped[dict[str, int]] = mapped_column(JSONColumn)
    courses: Mapped[int]
    points: Mapped[int]
    """The sum of the courses' quality."""
    bands: Mapped[list[int]] = mapped_column(JSONColumn)
    missing: Mapped[dict[str, int]] = mapped_column(JSONColumn)
    codes: Mapped[list[list[Any]]] = mapped_column(JSONColumn)
    """[severity, code, count, hint], the most important first."""


class RunReportRow(Base):
    """A letter about a run to one person; the unique pair keeps it one."""

    __tablename__ = "run_report"
    __table_args__ = (
        UniqueConstraint("run_id", "person_id"),
        Index("ix_run_report_due", "state", "due_at"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    attempts: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
    """Why the last attempt did not do."""


class SourceRemovalRow(Base):
    """A source that is being removed: in parts, since it may have brought much."""

    __tablename__ = "source_removal"

    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), primary_key=True)
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
