"""The tables of rosters; private to ``records.rosters``."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, UTCDateTime


class RosterRow(Base):
    """One uploaded roster: how far it has come, and which process is at work on it."""

    __tablename__ = "roster"
    __table_args__ = (
        UniqueConstraint("society_id", "idempotency_key", name="uq_roster_idempotency"),
        Index("ix_roster_society", "society_id", "id"),
        Index("ix_roster_state", "state", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    society_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(24))
    format: Mapped[str] = mapped_column(String(8))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    all_or_nothing: Mapped[bool]
    approval: Mapped[bool]
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    submitted_by: Mapped[str] = mapped_column(String(128))
    submitted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_row: Mapped[int]
    rows: Mapped[int]
    bad: Mapped[int]
    issued: Mapped[int]
    existed: Mapped[int]
    failed: Mapped[int]
    decided_by: Mapped[str | None] = mapped_column(String(128))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
    began_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    host: Mapped[str | None] = mapped_column(String(255))
    pid: Mapped[int | None]
    process: Mapped[str | None] = mapped_column(String(36))
    heard_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class RosterPartRow(Base):
    """A piece of an uploaded file; gone once the file has been checked."""

    __tablename__ = "roster_part"

    roster_id: Mapped[str] = mapped_column(ForeignKey("roster.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class RosterLineRow(Base):
    """A row without a fault; ``completion`` is emptied once its record is issued."""

    __tablename__ = "roster_row"
    __table_args__ = (
        Index("ix_roster_row_state", "roster_id", "state", "number"),
        Index("ix_roster_row_activity", "roster_id", "activity"),
    )

    roster_id: Mapped[str] = mapped_column(ForeignKey("roster.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(8))
    activity: Mapped[str] = mapped_column(String(64))
    completion: Mapped[str | None] = mapped_column(Text)
    record_id: Mapped[str | None] = mapped_column(String(36))


class RosterErrorRow(Base):
    """What is wrong in one field of one row; never holds what identifies a holder."""

    __tablename__ = "roster_error"
    __table_args__ = (Index("ix_roster_error_roster", "roster_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    roster_id: Mapped[str] = mapped_column(ForeignKey("roster.id"))
    number: Mapped[int]
    letter: Mapped[str | None] = mapped_column(String(8))
    field: Mapped[str] = mapped_column(String(200))
    value: Mapped[str | None] = mapped_column(String(100))
    code: Mapped[str] = mapped_column(String(64))
    mend: Mapped[str] = mapped_column(Text)


class RosterPolicyRow(Base):
    """What a society wants of its rosters; without a row it wants no approval."""

    __tablename__ = "roster_policy"

    society_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    approval: Mapped[bool]
