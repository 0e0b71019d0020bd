"""By which names, domains and identifiers societies are known. Private to this package."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, UTCDateTime


class SocietyAliasRow(Base):
    """One name, domain or ROR identifier of a society; each stands for one society alone."""

    __tablename__ = "society_alias"
    __table_args__ = (UniqueConstraint("kind", "key"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    society_id: Mapped[str] = mapped_column(ForeignKey("society.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    value: Mapped[str] = mapped_column(Text)
    """As it was entered."""
    key: Mapped[str] = mapped_column(String(200))
    """As it is compared."""
    added_by: Mapped[str] = mapped_column(String(128))
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
