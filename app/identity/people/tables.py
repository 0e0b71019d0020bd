"""The tables of people; private to this package."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime

_ID = String(36)


class PersonRow(Base):
    __tablename__ = "person"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str | None] = mapped_column(String(35))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class PersonEmailRow(Base):
    """An address that was shown to be the person's; one person's alone."""

    __tablename__ = "person_email"

    email: Mapped[str] = mapped_column(String(254), primary_key=True)
    """As ``rules.email`` writes it."""
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    verified_at: Mapped[datetime] = mapped_column(UTCDateTime)
    is_primary: Mapped[bool]


class MembershipRow(Base):
    """Deleted when it ends; the audit trail remembers."""

    __tablename__ = "membership"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True, index=True
    )
    roles: Mapped[list[str]] = mapped_column(JSONColumn)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class InvitationRow(Base):
    __tablename__ = "invitation"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    roles: Mapped[list[str]] = mapped_column(JSONColumn)
    note: Mapped[str] = mapped_column(String(500), server_default="")
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SessionRow(Base):
    """One signed-in browser; deleted when it ends. Of its secret only the hash is kept."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_person_id_ends_at", "person_id", "ends_at"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    method: Mapped[str] = mapped_column(String(16))
    browser: Mapped[str] = mapped_column(String(300))
    address: Mapped[str] = mapped_column(String(45))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class RegistrationRow(Base):
    __tablename__ = "registration"
    __table_args__ = (UniqueConstraint("person_id", "registry_id", "number"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    registry_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    number: Mapped[str] = mapped_column(String(100))
    since: Mapped[date | None]
    until: Mapped[date | None]
    answer: Mapped[str | None] = mapped_column(String(16))
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answer_note: Mapped[str | None] = mapped_column(String(500))
