"""Where the search for like courses keeps its place, what it found, and what people decided.

Private to this package. A pair is two source records, the lesser id first: courses are joined and
parted again, source records stay what they are.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime

_ID = String(36)


class MatchProfileRow(Base):
    """What is compared of a source record: little, so that many can be read at once."""

    __tablename__ = "match_profile"

    source_record_id: Mapped[str] = mapped_column(ForeignKey("source_record.id"), primary_key=True)
    provider: Mapped[str | None] = mapped_column(String(200), index=True)
    """Whom the source names as the provider, as names are compared."""
    data: Mapped[dict[str, Any]] = mapped_column(JSONColumn)


class MatchBlockRow(Base):
    """A rough trait that two like records share, as a number; only those are compared."""

    __tablename__ = "match_block"

    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    source_record_id: Mapped[str] = mapped_column(
        ForeignKey("source_record.id"), primary_key=True, index=True
    )


class MatchSuggestionRow(Base):
    """A pair that waits for a person."""

    __tablename__ = "match_suggestion"
    __table_args__ = (
        UniqueConstraint("record_a", "record_b", "kind"),
        Index("ix_match_suggestion_kind_score", "kind", "score", "id"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    record_a: Mapped[str] = mapped_column(ForeignKey("source_record.id"))
    record_b: Mapped[str] = mapped_column(ForeignKey("source_record.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    score: Mapped[int]
    evidence: Mapped[list[str]] = mapped_column(JSONColumn)
    found_at: Mapped[datetime] = mapped_column(UTCDateTime)


class MatchDecisionRow(Base):
    """What somebody decided of a pair. It stands until it is lifted; nothing deletes it."""

    __tablename__ = "match_decision"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    record_a: Mapped[str] = mapped_column(ForeignKey("source_record.id"), index=True)
    record_b: Mapped[str] = mapped_column(ForeignKey("source_record.id"), index=True)
    verdict: Mapped[str] = mapped_column(String(16))
    rule: Mapped[str] = mapped_column(String(32))
    score: Mapped[int | None]
    evidence: Mapped[list[str]] = mapped_column(JSONColumn)
    kept_course: Mapped[str | None] = mapped_column(_ID)
    gone_course: Mapped[str | None] = mapped_column(_ID)
    """Where a merge took its records from, so that it can be undone."""
    moved: Mapped[list[str]] = mapped_column(JSONColumn)
    original: Mapped[str | None] = mapped_column(_ID)
    """Of a translation: the record of the course that the other one was translated from."""
    decided_by: Mapped[str] = mapped_column(String(128))
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    note: Mapped[str] = mapped_column(Text)
    lifted_by: Mapped[str | None] = mapped_column(String(128))
    lifted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
