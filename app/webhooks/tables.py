"""The tables of webhooks; private to this domain. No secret lies in them: see ``signing``."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime

_ID = String(36)


class EndpointRow(Base):
    """``held_by`` is the courier that is sending to it now, until ``held_until`` at the latest."""

    __tablename__ = "webhook_endpoint"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(JSONColumn)
    description: Mapped[str] = mapped_column(String(200))
    enabled: Mapped[bool]
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    disabled_why: Mapped[str | None] = mapped_column(String(16))
    notice_due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When its owners are to be told that it was disabled; empty when nothing is to be told."""
    version: Mapped[int]
    generation: Mapped[int]
    oldest_generation: Mapped[int]
    old_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failures: Mapped[int]
    failing_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    resting_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    held_by: Mapped[str | None] = mapped_column(_ID)
    held_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    served_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it last had its turn."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class EventRow(Base):
    """What is told, byte for byte, so that a repetition is the same."""

    __tablename__ = "webhook_event"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    type: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class DeliveryRow(Base):
    """``number`` tells the order in which events were heard."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhook_delivery_due", "endpoint_id", "state", "due_at", "number"),
        Index("ix_webhook_delivery_listed", "endpoint_id", "number"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoint.id"))
    event_id: Mapped[str] = mapped_column(ForeignKey("webhook_event.id"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    attempts: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    last_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    status: Mapped[int | None]
    milliseconds: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(300))
    answer: Mapped[str | None] = mapped_column(Text)
