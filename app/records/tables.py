"""The tables of records; private to this domain."""

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, UTCDateTime


class RecordRow(Base):
    """An intent from the moment it was decided, a record once ``json`` and ``jwt`` are there."""

    __tablename__ = "record"
    __table_args__ = (
        UniqueConstraint("society_id", "idempotency_key", name="uq_record_idempotency"),
        UniqueConstraint("society_id", "activity_key", name="uq_record_activity"),
        UniqueConstraint("society_id", "list_no", "list_index", name="uq_record_slot"),
        UniqueConstraint("supersedes", name="uq_record_supersedes"),
        Index("ix_record_state", "state", "prepared_at"),
        Index("ix_record_issued", "society_id", "issued_at"),
        Index("ix_record_listed", "society_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    society_id: Mapped[str] = mapped_column(String(64))
    issuer_id: Mapped[str] = mapped_column(String(400))
    holder_id: Mapped[str] = mapped_column(String(45), index=True)
    course_id: Mapped[str | None] = mapped_column(String(64))
    idempotency_key: Mapped[str] = mapped_column(String(200))
    activity_key: Mapped[str | None] = mapped_column(String(64))
    facts_hash: Mapped[str] = mapped_column(String(64))
    list_no: Mapped[int]
    list_index: Mapped[int]
    document: Mapped[str] = mapped_column(Text)
    proof_key_id: Mapped[str] = mapped_column(String(450))
    jwt_key_id: Mapped[str] = mapped_column(String(450))
    prepared_at: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    json: Mapped[str | None] = mapped_column(Text)
    jwt: Mapped[str | None] = mapped_column(Text)
    issued_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revocation_reason: Mapped[str | None] = mapped_column(String(32))
    suspended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    superseded_by: Mapped[str | None] = mapped_column(String(36))
    supersedes: Mapped[str | None] = mapped_column(String(36))
    pending_activity: Mapped[str | None] = mapped_column(String(64))
    course_run: Mapped[str | None] = mapped_column(String(100))
    roster_id: Mapped[str | None] = mapped_column(String(36), index=True)


class HolderRow(Base):
    """The opaque id a society's records use for a holder known only by identifiers.

    The fingerprint is a plain hash: who can read this table can guess short identifiers.
    """

    __tablename__ = "record_holder"

    society_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder_id: Mapped[str] = mapped_column(String(45))
