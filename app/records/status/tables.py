"""The tables of status lists; private to ``records.status``."""

from datetime import datetime

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, UTCDateTime


class StatusListRow(Base):
    """One list number of a society: which places are given away, and nothing of standing.

    Reserving places locks this row; publishing locks those of ``PublishedListRow``. So neither
    waits for the other.
    """

    __tablename__ = "record_status_list"

    society_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    url: Mapped[str] = mapped_column(String(700), unique=True)
    size: Mapped[int]
    allocated: Mapped[int]
    taken: Mapped[bytes] = mapped_column(LargeBinary)


class PublishedListRow(Base):
    """A list as it is published for one purpose.

    Its bits say what the records say; they are kept so that publishing need not read the records.
    """

    __tablename__ = "record_published_list"

    society_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    purpose: Mapped[str] = mapped_column(String(16), primary_key=True)
    url: Mapped[str] = mapped_column(String(720), unique=True)
    bits: Mapped[bytes] = mapped_column(LargeBinary)
    dirty_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    json: Mapped[str] = mapped_column(Text)
    jwt: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(43))
    published_at: Mapped[datetime] = mapped_column(UTCDateTime)
    dated: Mapped[bool]
    valid_until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
