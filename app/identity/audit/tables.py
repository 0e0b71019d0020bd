"""The tables of the audit trail; private to this package.

Triggers of migration 0011 refuse to change or delete what is in ``audit`` and ``audit_seal``, and
put every new row of ``audit`` into ``audit_waiting``.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime

_NUMBER = BigInteger().with_variant(Integer, "sqlite")


class AuditRow(Base):
    """One change of state. Rows are added and read, never changed."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_subject", "subject", "id"),
        Index("ix_audit_organisation", "organisation_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    who: Mapped[str] = mapped_column(String(128))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[str | None] = mapped_column(String(64))
    before: Mapped[Any | None] = mapped_column(JSONColumn)
    after: Mapped[Any | None] = mapped_column(JSONColumn)


class AuditSealRow(Base):
    """A row's place in the chain, and the hash of the chain up to it."""

    __tablename__ = "audit_seal"

    position: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    """From 1, without gaps."""
    audit_id: Mapped[int] = mapped_column(unique=True)
    hash: Mapped[str] = mapped_column(String(64))


class AuditWaitingRow(Base):
    """A row that has no place in the chain yet."""

    __tablename__ = "audit_waiting"

    audit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
