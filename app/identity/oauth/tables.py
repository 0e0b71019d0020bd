"""The tables of the authorization server; private to this package.

Of secrets (codes, refresh tokens) only hashes are kept. Rows that have ended are deleted when the
next one is made.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime

_ID = String(36)


class EndedTokenRow(Base):
    """An access token that was ended before its time; needed only until that time."""

    __tablename__ = "ended_token"
    __table_args__ = (Index("ix_ended_token_ends_at", "ends_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)


class UsedAssertionRow(Base):
    """An assertion by which a program proved itself, so that nobody can use it again."""

    __tablename__ = "used_assertion"
    __table_args__ = (Index("ix_used_assertion_ends_at", "ends_at"),)

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the client's id and the assertion's own."""
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)


class PermissionRow(Base):
    """What a person let a program do, for which organisation; deleted when it ends."""

    __tablename__ = "permission"
    __table_args__ = (UniqueConstraint("person_id", "client_id", "organisation_id"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(String(64))
    """Empty where a program acts in the person's own affairs alone."""
    scopes: Mapped[list[str]] = mapped_column(JSONColumn)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class AuthorizationRow(Base):
    """One time a program was let in under a permission: its code, then all that came of it."""

    __tablename__ = "oauth_authorization"
    __table_args__ = (Index("ix_oauth_authorization_ends_at", "ends_at"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    permission_id: Mapped[str] = mapped_column(
        ForeignKey("permission.id", ondelete="CASCADE"), index=True
    )
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSONColumn)
    redirect_uri: Mapped[str] = mapped_column(String(1000))
    challenge: Mapped[str] = mapped_column(String(43))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    redeemed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """Of the code while it is not redeemed, then of everything that came of it."""


class RefreshTokenRow(Base):
    """A refresh token; each is good once, and a second use ends its whole authorization."""

    __tablename__ = "refresh_token"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    authorization_id: Mapped[str] = mapped_column(
        ForeignKey("oauth_authorization.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
