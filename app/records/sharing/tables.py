"""The tables of links; private to this package. No secret is in them, only SHA-256 of each.

A secret is 256 random bits, so a plain hash cannot be turned back, and who reads these tables can
open no link.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, UTCDateTime


class HolderLinkRow(Base):
    """The way of a holder to a record; at most one of a record's links has not ended."""

    __tablename__ = "record_holder_link"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ShareLinkRow(Base):
    """The way of somebody whom the holder shows a record to."""

    __tablename__ = "record_share_link"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"), index=True)
    holder_link_id: Mapped[str] = mapped_column(ForeignKey("record_holder_link.id"))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(80))
    downloads: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
