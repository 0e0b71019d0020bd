"""Links in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from app.records.sharing.model import HolderLink, ShareLink
from app.records.sharing.tables import HolderLinkRow, ShareLinkRow
from app.records.tables import RecordRow

_HOLDER = (
    HolderLinkRow.id,
    HolderLinkRow.record_id,
    HolderLinkRow.created_at,
    HolderLinkRow.ends_at,
    HolderLinkRow.ended_at,
)
_SHARE = (
    ShareLinkRow.id,
    ShareLinkRow.record_id,
    ShareLinkRow.holder_link_id,
    ShareLinkRow.label,
    ShareLinkRow.downloads,
    ShareLinkRow.created_at,
    ShareLinkRow.ends_at,
    ShareLinkRow.ended_at,
)


def society_of(session: Session, record_id: str) -> str | None:
    """Whose record it is."""
    return session.scalar(select(RecordRow.society_id).where(RecordRow.id == record_id))


def insert_holder_link(session: Session, link: HolderLink, *, secret_hash: str) -> None:
    session.add(
        HolderLinkRow(
            id=link.id,
            record_id=link.record_id,
            secret_hash=secret_hash,
            created_at=link.created_at,
            ends_at=link.ends_at,
            ended_at=link.ended_at,
        )
    )
    session.flush()


def insert_share(session: Session, share: ShareLink, *, secret_hash: str) -> None:
    session.add(
        ShareLinkRow(
            id=share.id,
            record_id=share.record_id,
            holder_link_id=share.holder_link_id,
            secret_hash=secret_hash,
            label=share.label,
            downloads=share.downloads,
            created_at=share.created_at,
            ends_at=share.ends_at,
            ended_at=share.ended_at,
        )
    )
    session.flush()


def find_holder_link(session: Session, *, secret_hash: str) -> HolderLink | None:
    query = select(*_HOLDER).where(HolderLinkRow.secret_hash == secret_hash)
    row = session.execute(query).one_or_none()
    return None if row is None else HolderLink(*row)


def newest_holder_link(session: Session, record_id: str) -> HolderLink | None:
    query = select(*_HOLDER).where(HolderLinkRow.record_id == record_id)
    newest = query.order_by(HolderLinkRow.created_at.desc(), HolderLinkRow.id.desc()).limit(1)
    row = session.execute(newest).one_or_none()
    return None if row is None else HolderLink(*row)


def end_holder_links(session: Session, record_id: str, *, at: datetime) -> Sequence[str]:
    """End those of a record that have not ended; gives their ids."""
    ended = session.scalars(
        update(HolderLinkRow)
        .where(HolderLinkRow.record_id == record_id, HolderLinkRow.ended_at.is_(None))
        .values(ended_at=at)
        .returning(HolderLinkRow.id)
    )
    return ended.all()


def find_share(session: Session, *, secret_hash: str) -> ShareLink | None:
    row = session.execute(
        select(*_SHARE).where(ShareLinkRow.secret_hash == secret_hash)
    ).one_or_none()
    return None if row is None else _share(row)


def shares(session: Session, record_id: str) -> Sequence[ShareLink]:
    """The newest first."""
    query = select(*_SHARE).where(ShareLinkRow.record_id == record_id)
    ordered = query.order_by(ShareLinkRow.created_at.desc(), ShareLinkRow.id.desc())
    return [_share(row) for row in session.execute(ordered)]


def count_open(session: Session, record_id: str, *, at: datetime) -> int:
    query = select(func.count()).where(
        ShareLinkRow.record_id == record_id,
        ShareLinkRow.ended_at.is_(None),
        ShareLinkRow.ends_at > at,
    )
    return session.scalar(query) or 0


def end_share(session: Session, share_id: str, *, record_id: str, at: datetime) -> bool:
    """False when it had ended, or is not a share of this record."""
    ended = session.execute(
        update(ShareLinkRow)
        .where(
            ShareLinkRow.id == share_id,
            ShareLinkRow.record_id == record_id,
            ShareLinkRow.ended_at.is_(None),
        )
        .values(ended_at=at)
        .returning(ShareLinkRow.id)
    )
    return ended.one_or_none() is not None


def _share(row: Row[*tuple[Any, ...]]) -> ShareLink:
    return ShareLink(*row)
