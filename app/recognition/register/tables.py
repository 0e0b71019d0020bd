"""The tables of the register; private to this package."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime

_ID = String(36)
_WHO = String(128)
_REGISTRY = "organisation.id"
_HOLDS = text("undone_at IS NULL")


class RegistrantRow(Base):
    __tablename__ = "registrant"
    __table_args__ = (UniqueConstraint("registry_id", "number"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    registry_id: Mapped[str] = mapped_column(ForeignKey(_REGISTRY))
    number: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str | None] = mapped_column(String(35))
    registered_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    folded: Mapped[str] = mapped_column(String(800))
    """Number and name as they are searched."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class FormerNumberRow(Base):
    """A number that a registrant had before; it stays that registrant's for good."""

    __tablename__ = "registrant_former_number"

    registry_id: Mapped[str] = mapped_column(ForeignKey(_REGISTRY), primary_key=True)
    number: Mapped[str] = mapped_column(String(100), primary_key=True)
    registrant_id: Mapped[str] = mapped_column(ForeignKey("registrant.id"), index=True)
    until: Mapped[datetime] = mapped_column(UTCDateTime)


class RegistrantLinkRow(Base):
    """Which person of this node a registrant is. Goes with the account; the register stays."""

    __tablename__ = "registrant_link"

    registrant_id: Mapped[str] = mapped_column(ForeignKey("registrant.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    linked_at: Mapped[datetime] = mapped_column(UTCDateTime)


class HolderBindingRow(Base):
    """Kept when it is undone; of those that hold there is one for each holder."""

    __tablename__ = "holder_binding"
    __table_args__ = (
        Index(
            "uq_holder_binding_holds",
            "registry_id",
            "holder_id",
            unique=True,
            sqlite_where=_HOLDS,
            postgresql_where=_HOLDS,
        ),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    registry_id: Mapped[str] = mapped_column(ForeignKey(_REGISTRY))
    registrant_id: Mapped[str] = mapped_column(ForeignKey("registrant.id"), index=True)
    holder_id: Mapped[str] = mapped_column(String(300))
    bound_at: Mapped[datetime] = mapped_column(UTCDateTime)
    bound_by: Mapped[str] = mapped_column(_WHO)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    undone_by: Mapped[str | None] = mapped_column(_WHO)
    reason: Mapped[str | None] = mapped_column(String(500))


class NumberTypesRow(Base):
    """Which types of identifiers a registry takes for its own numbers, beside the one it has."""

    __tablename__ = "registry_number_types"

    registry_id: Mapped[str] = mapped_column(ForeignKey(_REGISTRY), primary_key=True)
    types: Mapped[list[str]] = mapped_column(JSONColumn)


class IssuerListingRow(Base):
    """Never deleted: what was decided by it must be repeatable."""

    __tablename__ = "issuer_listing"
    __table_args__ = (Index("ix_issuer_listing_registry_id_issuer_id", "registry_id", "issuer_id"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    registry_id: Mapped[str] = mapped_column(ForeignKey(_REGISTRY))
    issuer_id: Mapped[str] = mapped_column(String(400))
    tag: Mapped[str] = mapped_column(String(100))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(500), server_default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(_WHO)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by: Mapped[str | None] = mapped_column(_WHO)
    struck: Mapped[bool] = mapped_column(server_default=false())
    reason: Mapped[str | None] = mapped_column(String(500))


class ApprovalListingRow(Base):
    """Never deleted, like a listed issuer."""

    __tablename__ = "approval_listing"
    __table_args__ = (Index("ix_approval_listing_registry_id_number", "registry_id", "number"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    registry_id: Mapped[str] = mapped_column(ForeignKey(_REGISTRY))
    body: Mapped[str] = mapped_column(String(100))
    number: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(500), server_default="")
    issuer_id: Mapped[str | None] = mapped_column(String(400))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(_WHO)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by: Mapped[str | None] = mapped_column(_WHO)
    struck: Mapped[bool] = mapped_column(server_default=false())
    reason: Mapped[str | None] = mapped_column(String(500))
