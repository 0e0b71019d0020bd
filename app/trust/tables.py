"""The tables of trust; private to this domain."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text, true
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, UTCDateTime


class IssuerRow(Base):
    __tablename__ = "issuer"

    id: Mapped[str] = mapped_column(String(400), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    society_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The society or registry of this node that it signs for; registries came later."""
    name: Mapped[str] = mapped_column(String(300))
    url: Mapped[str | None] = mapped_column(String(2000))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    publisher_id: Mapped[str | None] = mapped_column(String(400), index=True)
    """Who vouches for a foreign issuer now; nobody does when it is null."""
    status_issuers: Mapped[str] = mapped_column(Text, server_default="")
    """Ids, separated by spaces."""


class IssuerKeyRow(Base):
    __tablename__ = "issuer_key"

    id: Mapped[str] = mapped_column(String(450), primary_key=True)
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"), index=True)
    multibase: Mapped[str] = mapped_column(String(128))
    valid_from: Mapped[datetime] = mapped_column(UTCDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    compromised_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    listed: Mapped[bool] = mapped_column(server_default=true())
    """Whether the publisher of a foreign issuer still names the key."""


class StatusListCopyRow(Base):
    """A signed status list as it was served: this node's own, or one a bundle brought."""

    __tablename__ = "status_list_copy"

    url: Mapped[str] = mapped_column(String(700), primary_key=True)
    own: Mapped[bool]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    fetched_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revision: Mapped[int] = mapped_column(server_default="0")
    """Another number with every change, so that an unchanged list need not be read again."""


class PublisherRow(Base):
    """Another node whose bundles are believed, and the last one that was."""

    __tablename__ = "trust_publisher"

    id: Mapped[str] = mapped_column(String(400), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    imported_at: Mapped[datetime] = mapped_column(UTCDateTime)


class PublicationRow(Base):
    """The newest bundle that this node signed."""

    __tablename__ = "trust_publication"

    publisher_id: Mapped[str] = mapped_column(String(400), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    trust_version: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)


class TrustVersionRow(Base):
    """One row: how many transactions have changed what is trusted."""

    __tablename__ = "trust_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
