"""The tables of searches that people keep; private to this package."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime


class SavedSearchRow(Base):
    """A search that somebody keeps."""

    __tablename__ = "saved_search"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    parameters: Mapped[dict[str, list[str]]] = mapped_column(JSONColumn)
    language: Mapped[str] = mapped_column(String(35))
    """Of the page it was kept from."""
    digest: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    told_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When it was last looked through for a mail."""
    told_until: Mapped[datetime] = mapped_column(UTCDateTime)
    """Courses that joined the catalogue until then were told, or were there before."""


class SearchMailRow(Base):
    """How the mails to one person stand; there as soon as one was ever wanted."""

    __tablename__ = "search_mail"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    """Ends these mails and opens nothing; it stands in each of them, so it is kept as it is."""
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    attempts: Mapped[int]
    """How often this one was tried."""
    doubts: Mapped[int]
    """How often it was handed over without a word of what became of it."""
    telling: Mapped[list[str]] = mapped_column(JSONColumn)
    """The searches in the mail that was handed over last."""
    telling_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
