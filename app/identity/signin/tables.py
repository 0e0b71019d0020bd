"""The tables of the ways in; private to this package. A person's rows go when the person goes."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, UTCDateTime

_HASH = String(64)


class MailLinkRow(Base):
    """A link that was mailed; deleted when it is used. Of its secret only the hash is kept."""

    __tablename__ = "mail_link"

    secret_hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    person_id: Mapped[str | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    """Whose address it is to become; empty for a link that signs in."""
    asked_by: Mapped[str | None] = mapped_column(_HASH, index=True)
    """The hash of what the browser that asked for it keeps in a cookie."""
    then: Mapped[str] = mapped_column(String(1000))
    """The page to go on to; a path of this site."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class PasskeyRow(Base):
    __tablename__ = "passkey"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    """As its authenticator chose it, in base64url; up to 1023 bytes (WebAuthn §4)."""
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class PasskeyChallengeRow(Base):
    """What an authenticator was asked to sign; deleted when an answer comes, right or wrong."""

    __tablename__ = "passkey_challenge"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    person_id: Mapped[str | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    """Who adds a passkey; empty where somebody signs in with one."""
    asked_by: Mapped[str] = mapped_column(_HASH)
    """The hash of what the browser that was asked keeps in a cookie."""
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
