"""The tables of trust; private to this domain."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, UTCDateTime


class IssuerRow(Base):
    __tablename__ = "issuer"

    id: Mapped[str] = mapped_column(String(400), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    society_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    url: Mapped[str | None] = mapped_column(String(2000))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class IssuerKeyRow(Base):
    __tablename__ = "issuer_key"

    id: Mapped[str] = mapped_column(String(450), primary_key=True)
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"), index=True)
    multibase: Mapped[str] = mapped_column(String(128))
    valid_from: Mapped[datetime] = mapped_column(UTCDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    compromised_since: Mapped[datetime | None] = mapped_column(UTCDateTime)


class StatusListCopyRow(Base):
    """A signed status list as it was served: this node's own, or one a bundle brought."""

    __tablename__ = "status_list_copy"

    url: Mapped[str] = mapped_column(String(700), primary_key=True)
    own: Mapped[bool]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    fetched_at: Mapped[datetime] = mapped_column(UTCDateTime)
