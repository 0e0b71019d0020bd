"""The table of kept records; private to this package."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, UTCDateTime


class KeptRecordRow(Base):
    """That a person keeps a record; deleted when that ends."""

    __tablename__ = "kept_record"

    person_id: Mapped[str] = mapped_column(String(36), ForeignKey("person.id"), primary_key=True)
    record_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("record.id"), primary_key=True, index=True
    )
    kept_at: Mapped[datetime] = mapped_column(UTCDateTime)
