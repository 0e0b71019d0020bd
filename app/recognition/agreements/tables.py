"""The tables of agreements; private to this package.

What was signed is never changed or deleted: a draft that nobody signed may be.
"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, UTCDateTime

_ID, _DID, _WHO = String(36), String(400), String(128)


class AgreementRow(Base):
    """One version of an agreement, by the canonical JSON that both parties sign."""

    __tablename__ = "agreement"
    __table_args__ = (
        Index("ix_agreement_first_party", "first_party", "id"),
        Index("ix_agreement_second_party", "second_party", "id"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    first_party: Mapped[str] = mapped_column(_DID)
    second_party: Mapped[str] = mapped_column(_DID)
    drafted_by: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    """The registry of this node that wrote it or took it in; alone with it until somebody signs."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(_WHO)


def _version() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["agreement_id", "version"], ["agreement.id", "agreement.version"], ondelete="CASCADE"
    )


class SignatureRow(Base):
    """A party's signature on one version."""

    __tablename__ = "agreement_signature"
    __table_args__ = (_version(),)

    agreement_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    party_id: Mapped[str] = mapped_column(_DID, primary_key=True)
    token: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    received_by: Mapped[str] = mapped_column(_WHO)


class EndingRow(Base):
    """A party's signed notice that the agreement ends."""

    __tablename__ = "agreement_ending"
    __table_args__ = (_version(),)

    agreement_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    party_id: Mapped[str] = mapped_column(_DID, primary_key=True)
    token: Mapped[str] = mapped_column(Text)
    ends_on: Mapped[date]
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    received_by: Mapped[str] = mapped_column(_WHO)


class AnnexRow(Base):
    """A policy that an agreement binds by its hash, as it came with the file."""

    __tablename__ = "agreement_annex"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
