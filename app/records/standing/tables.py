"""The table of changes of standing; private to ``records.standing``."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, UTCDateTime


class StandingRow(Base):
    """One change of a record's standing. Rows are added and never changed."""

    __tablename__ = "record_standing"
    __table_args__ = (Index("ix_record_standing_record", "record_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    who: Mapped[str] = mapped_column(String(128))
    action: Mapped[str] = mapped_column(String(16))
    before: Mapped[str] = mapped_column(String(16))
    after: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))
    reference: Mapped[str | None] = mapped_column(String(64))
    successor: Mapped[str | None] = mapped_column(String(36))
