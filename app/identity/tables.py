"""The tables of identity; private to this domain."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime


class OrganisationRow(Base):
    __tablename__ = "organisation"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ClientRow(Base):
    __tablename__ = "client"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(16), server_default="service")
    method: Mapped[str] = mapped_column(String(32), server_default="client_secret_basic")
    secret_hash: Mapped[str] = mapped_column(String(200))
    """Empty for a program that proves itself without a secret."""
    former_secret_hash: Mapped[str | None] = mapped_column(String(200))
    former_secret_ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    jwks: Mapped[Any | None] = mapped_column(JSONColumn)
    jwks_uri: Mapped[str | None] = mapped_column(String(1000))
    redirect_uris: Mapped[list[str]] = mapped_column(JSONColumn, server_default="[]")
    scopes: Mapped[list[str]] = mapped_column(JSONColumn)
    sandbox: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class GrantRow(Base):
    """A society's leave for another organisation; ended, never deleted."""

    __tablename__ = "organisation_grant"
    __table_args__ = (Index("ix_organisation_grant_pair", "society_id", "grantee_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    society_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    grantee_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    action: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[datetime] = mapped_column(UTCDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
