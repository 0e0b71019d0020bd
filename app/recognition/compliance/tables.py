"""The tables of home compliance; private to this package. A statement is never deleted."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime

_ID, _DID, _WHO = String(36), String(400), String(128)


class RequestRow(Base):
    """A registrant asks for a statement, or the registry does for an audit."""

    __tablename__ = "compliance_request"
    __table_args__ = (
        Index("ix_compliance_request_registry", "registry_id", "state", "id"),
        Index("ix_compliance_request_registrant", "registrant_id", "id"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    registry_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    registrant_id: Mapped[str] = mapped_column(_ID)
    state: Mapped[str] = mapped_column(String(16))
    day: Mapped[date]
    """A day of the cycle that is meant."""
    purposes: Mapped[Any] = mapped_column(JSONColumn)
    audience: Mapped[str | None] = mapped_column(_DID)
    number: Mapped[str | None] = mapped_column(String(100))
    """The registrant's number there; forgotten when the request is answered."""
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by: Mapped[str] = mapped_column(_WHO)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_by: Mapped[str | None] = mapped_column(_WHO)
    answer: Mapped[str | None] = mapped_column(Text)
    """Why it was refused."""
    statement_id: Mapped[str | None] = mapped_column(_ID)


class StatementRow(Base):
    """A statement as it was signed, and what became of it."""

    __tablename__ = "compliance_statement"
    __table_args__ = (
        Index("ix_compliance_statement_registry", "registry_id", "id"),
        Index("ix_compliance_statement_registrant", "registrant_id", "id"),
        Index("ix_compliance_statement_checked", "withdrawn_at", "checked_at"),
        UniqueConstraint("registry_id", "list_no", "list_index", name="uq_compliance_place"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    registry_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    registrant_id: Mapped[str] = mapped_column(_ID)
    met: Mapped[bool]
    first: Mapped[date]
    last: Mapped[date]
    judged_on: Mapped[date]
    policy_id: Mapped[str] = mapped_column(String(200))
    policy_version: Mapped[int]
    policy_hash: Mapped[str] = mapped_column(String(64))
    purposes: Mapped[Any] = mapped_column(JSONColumn)
    audience: Mapped[str | None] = mapped_column(_DID)
    json: Mapped[str] = mapped_column(Text)
    jwt: Mapped[str] = mapped_column(Text)
    list_no: Mapped[int]
    list_index: Mapped[int]
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    issued_by: Mapped[str] = mapped_column(_WHO)
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When the ledger last bore it out."""
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_by: Mapped[str | None] = mapped_column(_WHO)
    withdrawn_why: Mapped[str | None] = mapped_column(Text)
    found: Mapped[Any | None] = mapped_column(JSONColumn)
    """What the ledger said instead, when it was withdrawn for that."""


class ListRow(Base):
    """A status list of a registry: places given away, and which are withdrawn, signed."""

    __tablename__ = "compliance_list"

    registry_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    url: Mapped[str] = mapped_column(String(700), unique=True)
    allocated: Mapped[int]
    taken: Mapped[bytes] = mapped_column(LargeBinary)
    json: Mapped[str] = mapped_column(Text)
    jwt: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(43))
    published_at: Mapped[datetime] = mapped_column(UTCDateTime)
    valid_until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
