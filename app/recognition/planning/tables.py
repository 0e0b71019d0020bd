"""The tables of what engineers note for themselves; private to this package."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime

_ID = String(36)
_ORGANISATION = String(64)


class EntryRow(Base):
    """An activity that an engineer entered by hand."""

    __tablename__ = "cpd_entry"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    title: Mapped[str] = mapped_column(String(300))
    provider: Mapped[str] = mapped_column(String(200))
    completed: Mapped[date]
    kind: Mapped[str] = mapped_column(String(32))
    mode: Mapped[str | None] = mapped_column(String(32))
    role: Mapped[str | None] = mapped_column(String(32))
    contact_minutes: Mapped[int | None]
    workload_minutes: Mapped[int | None]
    assessed: Mapped[bool | None]
    tags: Mapped[list[str]] = mapped_column(JSONColumn)
    competences: Mapped[list[str]] = mapped_column(JSONColumn)
    language: Mapped[str | None] = mapped_column(String(35))
    link: Mapped[str] = mapped_column(String(1000))
    details: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class EvidenceRow(Base):
    """A file that shows that an activity took place; its engineer's own copy."""

    __tablename__ = "cpd_evidence"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("cpd_entry.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class EntryGivenRow(Base):
    """That an entry was handed to a registry, and as which submission."""

    __tablename__ = "cpd_entry_given"

    entry_id: Mapped[str] = mapped_column(ForeignKey("cpd_entry.id"), primary_key=True)
    registry_id: Mapped[str] = mapped_column(_ORGANISATION, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    submission_id: Mapped[str] = mapped_column(_ID)
    given_at: Mapped[datetime] = mapped_column(UTCDateTime)


class GivenEvidenceRow(Base):
    """The registry's copy of a file that was handed over; it stays when the account ends."""

    __tablename__ = "cpd_given_evidence"

    submission_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    registry_id: Mapped[str] = mapped_column(_ORGANISATION)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    given_at: Mapped[datetime] = mapped_column(UTCDateTime)


class NoteRow(Base):
    """A thought of an engineer's about his or her own development; for nobody else."""

    __tablename__ = "cpd_note"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    registry_id: Mapped[str | None] = mapped_column(_ORGANISATION)
    stage: Mapped[str] = mapped_column(String(16))
    day: Mapped[date]
    text: Mapped[str] = mapped_column(Text)
    in_pack: Mapped[bool]
    """Whether the engineer chose that it goes into the audit pack."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ChoiceRow(Base):
    """A course that an engineer means to take."""

    __tablename__ = "cpd_choice"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    course_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    title: Mapped[str] = mapped_column(String(500))
    language: Mapped[str | None] = mapped_column(String(35))
    day: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class CalendarRow(Base):
    """The address of an engineer's calendar; deleted when it ends."""

    __tablename__ = "cpd_calendar"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ReminderRow(Base):
    """That an engineer wants to be reminded by mail; deleted when he or she does not."""

    __tablename__ = "cpd_reminder"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UTCDateTime)


class RemindedRow(Base):
    """That a reminder was written, so that nobody gets it twice."""

    __tablename__ = "cpd_reminded"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    registry_id: Mapped[str] = mapped_column(_ORGANISATION, primary_key=True)
    cycle_ends: Mapped[date] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
