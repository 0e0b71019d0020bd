"""What editors wrote over the words of the sources. Private to this package."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime


class CourseOverrideRow(Base):
    """One field of a course, or one language of a text, as an editor wants it."""

    __tablename__ = "course_override"
    __table_args__ = (UniqueConstraint("course_id", "field", "language"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    course_id: Mapped[str] = mapped_column(ForeignKey("course.id"))
    field: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(64))
    """Of a text; empty for every other field."""
    value: Mapped[dict[str, Any]] = mapped_column(JSONColumn)
    """``{"value": ...}``, or empty where the field shall be empty."""
    replaced: Mapped[dict[str, Any]] = mapped_column(JSONColumn)
    """What the sources said when it was written, in the same form."""
    reason: Mapped[str] = mapped_column(Text)
    written_by: Mapped[str] = mapped_column(String(128))
    written_for: Mapped[str] = mapped_column(String(64))
    """The organisation in whose name: the course's society, or who runs the node."""
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
