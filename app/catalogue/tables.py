"""The catalogue's tables. Private to this domain.

``course.data`` holds the merged course as JSON, so that reading one is one row; its runs and offers
are rows beside it, for whoever counts or filters them, and are written in the same transaction.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Float,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime

_ID = String(36)


class SocietyRow(Base):
    __tablename__ = "society"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    names: Mapped[dict[str, str]] = mapped_column(JSONColumn)
    country: Mapped[str | None] = mapped_column(String(2))
    url: Mapped[str | None] = mapped_column(Text)
    aliases: Mapped[list[str]] = mapped_column(JSONColumn)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class CourseRow(Base):
    __tablename__ = "course"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    society_id: Mapped[str] = mapped_column(ForeignKey("society.id"), index=True)
    status: Mapped[str] = mapped_column(String(16), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSONColumn)
    sources: Mapped[list[dict[str, str]]] = mapped_column(JSONColumn)
    quality: Mapped[int]
    missing: Mapped[list[str]] = mapped_column(JSONColumn)
    digest: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    merged_into: Mapped[str | None] = mapped_column(_ID, index=True)
    """The course that this one was found to be; never one that was itself merged (``joining``)."""
    translations: Mapped[list[str]] = mapped_column(JSONColumn, server_default=text("'[]'"))
    translation_of: Mapped[str | None] = mapped_column(_ID)
    overridden: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether an editor wrote over a field, so that nobody looks for such rows in vain."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    modified_at: Mapped[datetime] = mapped_column(UTCDateTime)


class CourseRunRow(Base):
    __tablename__ = "course_run"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    course_id: Mapped[str] = mapped_column(ForeignKey("course.id"), index=True)
    position: Mapped[int]
    start: Mapped[str | None] = mapped_column(String(40), index=True)
    end: Mapped[str | None] = mapped_column(String(40))
    enrol_start: Mapped[str | None] = mapped_column(String(40))
    enrol_end: Mapped[str | None] = mapped_column(String(40))
    timezone: Mapped[str | None] = mapped_column(String(64))
    place_name: Mapped[str | None] = mapped_column(Text)
    place_country: Mapped[str | None] = mapped_column(String(2))
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    delivery: Mapped[str | None] = mapped_column(String(32))
    language: Mapped[str | None] = mapped_column(String(64))
    url: Mapped[str | None] = mapped_column(Text)


class OfferRow(Base):
    """A price of a course, or of one of its runs when ``course_run_id`` is set."""

    __tablename__ = "offer"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    course_id: Mapped[str] = mapped_column(ForeignKey("course.id"), index=True)
    course_run_id: Mapped[str | None] = mapped_column(_ID)
    position: Mapped[int]
    amount: Mapped[str | None] = mapped_column(String(24))
    currency: Mapped[str | None] = mapped_column(String(3))
    category: Mapped[str | None] = mapped_column(String(16))
    audience: Mapped[str | None] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)


class SourceRecordRow(Base):
    __tablename__ = "source_record"
    __table_args__ = (
        UniqueConstraint("source_id", "remote_hash"),
        Index(
            "ix_source_record_search_due",
            "id",
            sqlite_where=text("search_due = 1"),
            postgresql_where=text("search_due"),
        ),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    source_id: Mapped[str] = mapped_column(String(64))
    """A source's id, or where the society pushed it itself, ``service.pushed_source``."""
    pushed: Mapped[bool] = mapped_column(default=False, server_default=false())
    remote_id: Mapped[str] = mapped_column(Text)
    remote_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of ``remote_id``, which may be longer than an index can hold."""
    society_id: Mapped[str] = mapped_column(ForeignKey("society.id"))
    course_id: Mapped[str] = mapped_column(ForeignKey("course.id"), index=True)
    status: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64))
    normaliser: Mapped[int]
    data: Mapped[dict[str, Any]] = mapped_column(JSONColumn)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    search_due: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether it is new or differs since others like it were looked for (``reviewing.finding``)."""


class MatchKeyRow(Base):
    """Evidence by which a source record may be recognised; kept while withdrawn, for its return."""

    __tablename__ = "match_key"
    __table_args__ = (Index("ix_match_key_key", "key"),)

    source_record_id: Mapped[str] = mapped_column(ForeignKey("source_record.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(240), primary_key=True)


class FieldProvenanceRow(Base):
    __tablename__ = "field_provenance"

    course_id: Mapped[str] = mapped_column(ForeignKey("course.id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(120), primary_key=True)
    source_record_id: Mapped[str | None] = mapped_column(ForeignKey("source_record.id"))
    """``None`` where an editor wrote over what the sources say."""
