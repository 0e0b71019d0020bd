"""Status lists in the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select, update
from sqlalchemy.orm import Session

from app.records.status.model import Published, Purpose, SlotList
from app.records.status.tables import PublishedListRow, StatusListRow
from app.records.tables import RecordRow

_SLOTS = (
    StatusListRow.society_id,
    StatusListRow.number,
    StatusListRow.url,
    StatusListRow.size,
    StatusListRow.allocated,
    StatusListRow.taken,
)
_PUBLISHED = (
    PublishedListRow.society_id,
    PublishedListRow.number,
    PublishedListRow.purpose,
    PublishedListRow.url,
    PublishedListRow.bits,
    PublishedListRow.dirty_since,
    PublishedListRow.json,
    PublishedListRow.jwt,
    PublishedListRow.digest,
    PublishedListRow.published_at,
    PublishedListRow.dated,
    PublishedListRow.valid_until,
)
_SAID: dict[Purpose, ColumnElement[bool]] = {
    Purpose.REVOCATION: RecordRow.revoked_at.is_not(None),
    # A suspended record that is revoked keeps this bit, so that whoever fetches one list before
    # the revocation and the other after it never sees the record as valid.
    Purpose.SUSPENSION: RecordRow.suspended_at.is_not(None),
    Purpose.REFRESH: RecordRow.superseded_by.is_not(None),
}
"""What makes a record's bit a one."""


def newest(session: Session, society_id: str) -> SlotList | None:
    """The list that new records go into, locked until the transaction ends."""
    row = session.execute(
        select(*_SLOTS)
        .where(StatusListRow.society_id == society_id)
        .order_by(StatusListRow.number.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    return None if row is None else SlotList(*row)


def find(session: Session, *, society_id: str, number: int) -> SlotList | None:
    row = session.execute(
        select(*_SLOTS).where(
            StatusListRow.society_id == society_id, StatusListRow.number == number
        )
    ).one_or_none()
    return None if row is None else SlotList(*row)


def insert(session: Session, begun: SlotList) -> None:
    """Raises SQLAlchemy's ``IntegrityError`` when somebody else began it first."""
    session.add(
        StatusListRow(
            society_id=begun.society_id,
            number=begun.number,
            url=begun.url,
            size=begun.size,
            allocated=begun.allocated,
            taken=begun.taken,
        )
    )
    session.flush()


def take(session: Session, held: SlotList, *, allocated: int, taken: bytes) -> None:
    session.execute(
        update(StatusListRow)
        .where(StatusListRow.society_id == held.society_id, StatusListRow.number == held.number)
        .values(allocated=allocated, taken=taken)
    )


def published(
    session: Session,
    *,
    society_id: str,
    number: int,
    purposes: Collection[Purpose] = tuple(Purpose),
    lock: bool = False,
) -> dict[Purpose, Published]:
    """The lists of one number as they are published; locked in one order, whoever asks."""
    query = (
        select(*_PUBLISHED)
        .where(
            PublishedListRow.society_id == society_id,
            PublishedListRow.number == number,
            PublishedListRow.purpose.in_(purposes),
        )
        .order_by(PublishedListRow.purpose)
    )
    rows = session.execute(query.with_for_update() if lock else query)
    return {one.purpose: one for one in map(_published, rows)}


def lock(session: Session, *, society_id: str, number: int) -> None:
    """Lock the lists of one number for every purpose, in one order, whoever asks."""
    session.execute(
        select(PublishedListRow.purpose)
        .where(PublishedListRow.society_id == society_id, PublishedListRow.number == number)
        .order_by(PublishedListRow.purpose)
        .with_for_update()
    ).all()


def put(session: Session, one: Published) -> None:
    """Keep a list as it is now published."""
    session.merge(
        PublishedListRow(
            society_id=one.society_id,
            number=one.number,
            purpose=one.purpose,
            url=one.url,
            bits=one.bits,
            dirty_since=one.dirty_since,
            json=one.json.decode(),
            jwt=one.jwt,
            digest=one.digest,
            published_at=one.published_at,
            dated=one.dated,
            valid_until=one.valid_until,
        )
    )
    session.flush()


def change_bits(session: Session, one: Published, *, bits: bytes, at: datetime) -> None:
    """Keep what a list must say from now on, to be signed soon."""
    session.execute(
        update(PublishedListRow)
        .where(
            PublishedListRow.society_id == one.society_id,
            PublishedListRow.number == one.number,
            PublishedListRow.purpose == one.purpose,
        )
        .values(bits=bits, dirty_since=one.dirty_since or at)
    )


def due(session: Session, *, ending: datetime, changed: datetime) -> Sequence[tuple[str, int]]:
    """Lists that end before ``ending``, lack a purpose, or were changed before ``changed``.

    Changed ones come first, then what ends first.
    """
    ends, lists = func.min(PublishedListRow.valid_until), func.count(PublishedListRow.purpose)
    waiting = func.count().filter(PublishedListRow.dirty_since < changed)
    rows = session.execute(
        select(StatusListRow.society_id, StatusListRow.number)
        .outerjoin(
            PublishedListRow,
            (PublishedListRow.society_id == StatusListRow.society_id)
            & (PublishedListRow.number == StatusListRow.number),
        )
        .group_by(StatusListRow.society_id, StatusListRow.number)
        .having(or_(lists < len(Purpose), ends < ending, waiting > 0))
        .order_by(waiting.desc(), ends, StatusListRow.society_id, StatusListRow.number)
    )
    return [(row.society_id, row.number) for row in rows]


def numbers(session: Session, *, society_id: str | None = None) -> Sequence[tuple[str, int]]:
    """Every list there is, or every one of a society."""
    query = select(StatusListRow.society_id, StatusListRow.number)
    if society_id is not None:
        query = query.where(StatusListRow.society_id == society_id)
    rows = session.execute(query.order_by(StatusListRow.society_id, StatusListRow.number))
    return [(row.society_id, row.number) for row in rows]


def indexes(session: Session, *, society_id: str, number: int, purpose: Purpose) -> Sequence[int]:
    """The places whose bit is a one, as the records say."""
    return session.scalars(
        select(RecordRow.list_index).where(
            RecordRow.society_id == society_id, RecordRow.list_no == number, _SAID[purpose]
        )
    ).all()


def _published(row: Row[*tuple[Any, ...]]) -> Published:
    return Published(
        society_id=row.society_id,
        number=row.number,
        purpose=Purpose(row.purpose),
        url=row.url,
        bits=row.bits,
        dirty_since=row.dirty_since,
        json=row.json.encode(),
        jwt=row.jwt,
        digest=row.digest,
        published_at=row.published_at,
        dated=row.dated,
        valid_until=row.valid_until,
    )
