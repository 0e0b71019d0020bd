"""The table of policy versions; private to this package."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, UTCDateTime

_WHO = String(128)


class PolicyVersionRow(Base):
    """Never deleted once it was adopted."""

    __tablename__ = "policy_version"
    __table_args__ = (
        Index(
            "uq_policy_version_registry_id_policy_id_version",
            "registry_id",
            "policy_id",
            "version",
            unique=True,
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    registry_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    policy_id: Mapped[str] = mapped_column(String(200))
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    statement: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(_WHO)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(_WHO)
    """Whose words it is in: not who adopts it, where there are two."""
    adopted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    adopted_by: Mapped[str | None] = mapped_column(_WHO)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_by: Mapped[str | None] = mapped_column(_WHO)
    withdrawn_from: Mapped[date | None]
    """The first day on which it decides no more."""
    withdrawn_reason: Mapped[str | None] = mapped_column(String(500))
