"""The tables of signing in by OpenID Connect; private to this package.

A person's rows go when the person goes, a session's when the session ends.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, UTCDateTime

_ID, _HASH, _NAME = String(36), String(64), String(255)


class ExternalIdentityRow(Base):
    __tablename__ = "external_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(_NAME)
    subject: Mapped[str] = mapped_column(_NAME)
    shown: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime] = mapped_column(UTCDateTime)


class OidcAttemptRow(Base):
    """Somebody is at a provider; deleted when he or she comes back. Of the state only the hash."""

    __tablename__ = "oidc_attempt"

    state_hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    asked_by: Mapped[str] = mapped_column(_HASH)
    """The hash of what the browser that went there keeps in a cookie."""
    provider_id: Mapped[str] = mapped_column(String(32))
    purpose: Mapped[str] = mapped_column(String(16))
    nonce: Mapped[str] = mapped_column(_HASH)
    verifier: Mapped[str] = mapped_column(String(128))
    then: Mapped[str] = mapped_column(String(1000))
    person_id: Mapped[str | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    session_id: Mapped[str | None] = mapped_column(_ID)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class OidcWaitingRow(Base):
    """An identity that waits for the owner of an account to link it, in one browser."""

    __tablename__ = "oidc_waiting"

    asked_by: Mapped[str] = mapped_column(_HASH, primary_key=True)
    """The hash of what the browser keeps in a cookie."""
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    issuer: Mapped[str] = mapped_column(_NAME)
    subject: Mapped[str] = mapped_column(_NAME)
    shown: Mapped[str] = mapped_column(String(200))
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class OidcSessionRow(Base):
    """Which session here a provider's sign-in began."""

    __tablename__ = "oidc_session"
    __table_args__ = (Index("ix_oidc_session_issuer_subject", "issuer", "subject"),)

    session_id: Mapped[str] = mapped_column(
        ForeignKey("login_session.id", ondelete="CASCADE"), primary_key=True
    )
    issuer: Mapped[str] = mapped_column(_NAME)
    subject: Mapped[str] = mapped_column(_NAME)
    sid: Mapped[str | None] = mapped_column(_NAME)


class OidcLogoutRow(Base):
    """A logout token that was obeyed, so that it cannot be sent again."""

    __tablename__ = "oidc_logout"

    token_hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
