"""The table of audit samples; private to this package."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime

_HASH = String(64)
_WHO = String(128)


class SampleRow(Base):
    """Never deleted: a sample that was announced cannot be taken back.

    Not secret from who can read the database: before the draw, the secret is in it.
    """

    __tablename__ = "audit_sample"
    __table_args__ = (UniqueConstraint("registry_id", "number"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    registry_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[int]
    share: Mapped[str] = mapped_column(String(16))
    """An exact fraction, such as ``1/40``."""
    secret: Mapped[str] = mapped_column(_HASH)
    commitment: Mapped[str] = mapped_column(_HASH)
    public_source: Mapped[str] = mapped_column(String(500))
    list_hash: Mapped[str] = mapped_column(_HASH)
    population: Mapped[int]
    listed: Mapped[bytes] = mapped_column(LargeBinary)
    """The sorted ids, each with a line feed after it, by zlib."""
    announced_at: Mapped[datetime] = mapped_column(UTCDateTime)
    announced_by: Mapped[str] = mapped_column(_WHO)
    public_value: Mapped[str | None] = mapped_column(String(500))
    seed: Mapped[str | None] = mapped_column(_HASH)
    chosen: Mapped[list[str] | None] = mapped_column(JSONColumn)
    drawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    drawn_by: Mapped[str | None] = mapped_column(_WHO)
