"""The tables of publishing. Private to this domain."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime


class PushedCourseRow(Base):
    """A course that a society pushed, or tried out in its sandbox."""

    __tablename__ = "pushed_course"
    __table_args__ = (
        UniqueConstraint("society_id", "sandbox", "remote_hash"),
        Index("ix_pushed_course_listed", "society_id", "sandbox", "state", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    society_id: Mapped[str] = mapped_column(String(64))
    sandbox: Mapped[bool]
    remote_id: Mapped[str] = mapped_column(Text)
    remote_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of ``remote_id``, which may be longer than an index can hold."""
    course_id: Mapped[str] = mapped_column(String(36))
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)
    """JSON with every sign beyond ASCII escaped, so that any database holds any text."""
    title: Mapped[str] = mapped_column(Text)
    found_by: Mapped[str] = mapped_column(Text)
    """Its titles and its id in lower case, for whoever looks for it."""
    codes: Mapped[str] = mapped_column(Text)
    """The codes of its issues, each between blanks."""
    issues: Mapped[list[dict[str, Any]]] = mapped_column(JSONColumn)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class CourseSheetRow(Base):
    """The rows of an uploaded spreadsheet, for the day in which they may be published."""

    __tablename__ = "course_sheet"
    __table_args__ = (Index("ix_course_sheet_ends_at", "ends_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    society_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    sheet: Mapped[bytes] = mapped_column(LargeBinary)
    who: Mapped[str] = mapped_column(String(128))
    kept_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    counts: Mapped[dict[str, int]] = mapped_column(JSONColumn)
