"""Issuers, keys and status list copies in the database."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.proof.keys import from_multibase
from app.trust.model import Issuer, IssuerKey, Role
from app.trust.tables import IssuerKeyRow, IssuerRow, StatusListCopyRow


@dataclass(frozen=True, slots=True)
class StatusListCopy:
    """One signed status list as it was served."""

    url: str
    own: bool
    body: bytes
    fetched_at: datetime


def insert_issuer(session: Session, issuer: Issuer, *, at: datetime) -> None:
    session.add(
        IssuerRow(
            id=issuer.id,
            role=issuer.role,
            society_id=issuer.society_id,
            name=issuer.name,
            url=issuer.url,
            created_at=at,
        )
    )
    session.flush()
    for held in issuer.keys:
        insert_key(session, held)


def insert_key(session: Session, held: IssuerKey) -> None:
    session.add(
        IssuerKeyRow(
            id=held.key.id,
            issuer_id=held.key.controller,
            multibase=held.key.multibase,
            valid_from=held.valid_from,
            retired_at=held.retired_at,
            compromised_since=held.compromised_since,
        )
    )
    session.flush()


def update_key(
    session: Session,
    key_id: str,
    *,
    valid_from: datetime,
    retired_at: datetime | None,
    compromised_since: datetime | None,
) -> None:
    session.execute(
        update(IssuerKeyRow)
        .where(IssuerKeyRow.id == key_id)
        .values(valid_from=valid_from, retired_at=retired_at, compromised_since=compromised_since)
    )


def issuers(
    session: Session,
    *,
    ids: Collection[str] | None = None,
    society_id: str | None = None,
    roles: Iterable[Role] = tuple(Role),
) -> Sequence[Issuer]:
    """Issuers with all their keys, oldest key first."""
    query = select(
        IssuerRow.id, IssuerRow.role, IssuerRow.society_id, IssuerRow.name, IssuerRow.url
    ).where(IssuerRow.role.in_(list(roles)))
    if ids is not None:
        query = query.where(IssuerRow.id.in_(ids))
    if society_id is not None:
        query = query.where(IssuerRow.society_id == society_id)
    rows = session.execute(query.order_by(IssuerRow.id)).all()
    keys: dict[str, list[IssuerKey]] = {row.id: [] for row in rows}
    for key in session.execute(
        select(
            IssuerKeyRow.id,
            IssuerKeyRow.issuer_id,
            IssuerKeyRow.multibase,
            IssuerKeyRow.valid_from,
            IssuerKeyRow.retired_at,
            IssuerKeyRow.compromised_since,
        )
        .where(IssuerKeyRow.issuer_id.in_(list(keys)))
        .order_by(IssuerKeyRow.valid_from, IssuerKeyRow.id)
    ):
        public = from_multibase(key.multibase, key_id=key.id, controller=key.issuer_id)
        keys[key.issuer_id].append(
            IssuerKey(public, key.valid_from, key.retired_at, key.compromised_since)
        )
    return [
        Issuer(row.id, Role(row.role), row.society_id, row.name, row.url, tuple(keys[row.id]))
        for row in rows
    ]


def put_status_list(session: Session, copy: StatusListCopy) -> None:
    session.merge(
        StatusListCopyRow(url=copy.url, own=copy.own, body=copy.body, fetched_at=copy.fetched_at)
    )
    session.flush()


def status_lists(
    session: Session, *, urls: Collection[str] | None = None
) -> Sequence[StatusListCopy]:
    query = select(
        StatusListCopyRow.url,
        StatusListCopyRow.own,
        StatusListCopyRow.body,
        StatusListCopyRow.fetched_at,
    )
    if urls is not None:
        query = query.where(StatusListCopyRow.url.in_(urls))
    return [StatusListCopy(*row) for row in session.execute(query.order_by(StatusListCopyRow.url))]
