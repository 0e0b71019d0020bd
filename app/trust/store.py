"""Issuers, keys, status list copies and bundles in the database.

Every write that changes what is trusted also counts up ``trust_version``, in the same transaction,
so that no process verifies from a memory that another has made untrue. It is the transaction's last
statement: its row is locked for the moment of the commit alone, and never before another one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, event, select, update
from sqlalchemy.orm import Session

from app.proof.keys import from_multibase
from app.trust.model import Issuer, IssuerKey, Publication, Publisher, Role
from app.trust.tables import (
    IssuerKeyRow,
    IssuerRow,
    PublicationRow,
    PublisherRow,
    StatusListCopyRow,
    TrustVersionRow,
)

_CHANGED = "opencpd_trust_changed"
_ISSUER_IDS = select(IssuerRow.society_id, IssuerRow.id).where(
    IssuerRow.society_id.in_(bindparam("ids", expanding=True)), IssuerRow.role == Role.SOCIETY
)
"""Built once: it is asked with every search that counts."""


@dataclass(frozen=True, slots=True)
class StatusListCopy:
    """One signed status list as it was served."""

    url: str
    own: bool
    body: bytes
    fetched_at: datetime


@event.listens_for(Session, "before_commit")
def _count_up(session: Session) -> None:
    if session.info.get(_CHANGED) and not session.in_nested_transaction():
        session.info[_CHANGED] = False
        session.flush()
        session.execute(update(TrustVersionRow).values(number=TrustVersionRow.number + 1))


def _change(session: Session) -> None:
    session.info[_CHANGED] = True


def trust_version(session: Session) -> int:
    """How often what is trusted has changed. Two equal answers: nothing did in between."""
    return session.execute(select(TrustVersionRow.number)).scalar_one()


def insert_issuer(session: Session, issuer: Issuer, *, at: datetime) -> None:
    session.add(
        IssuerRow(
            id=issuer.id,
            role=issuer.role,
            society_id=issuer.organisation_id,
            name=issuer.name,
            url=issuer.url,
            created_at=at,
            publisher_id=issuer.publisher_id,
            status_issuers=" ".join(issuer.status_issuers),
        )
    )
    session.flush()
    for held in issuer.keys:
        insert_key(session, held)
    _change(session)


def update_issuer(
    session: Session,
    issuer_id: str,
    *,
    name: str,
    publisher_id: str | None,
    status_issuers: Sequence[str],
) -> None:
    """What a bundle may change of a foreign issuer beside its keys."""
    session.execute(
        update(IssuerRow)
        .where(IssuerRow.id == issuer_id)
        .values(name=name, publisher_id=publisher_id, status_issuers=" ".join(status_issuers))
    )
    _change(session)


def insert_key(session: Session, held: IssuerKey) -> None:
    session.add(
        IssuerKeyRow(
            id=held.key.id,
            issuer_id=held.key.controller,
            multibase=held.key.multibase,
            valid_from=held.valid_from,
            retired_at=held.retired_at,
            compromised_since=held.compromised_since,
            listed=held.listed,
        )
    )
    session.flush()
    _change(session)


def update_key(session: Session, held: IssuerKey) -> None:
    """Write a known key's history; the key itself never changes."""
    session.execute(
        update(IssuerKeyRow)
        .where(IssuerKeyRow.id == held.key.id)
        .values(
            retired_at=held.retired_at,
            compromised_since=held.compromised_since,
            listed=held.listed,
        )
    )
    _change(session)


def issuer_ids(session: Session, society_ids: Collection[str]) -> dict[str, str]:
    """Issuer by society, of those among these that are issuers here."""
    rows = session.connection().execute(_ISSUER_IDS, {"ids": list(society_ids)})
    return {str(society_id): issuer_id for society_id, issuer_id in rows}


def issuers(
    session: Session,
    *,
    ids: Collection[str] | None = None,
    organisation_id: str | None = None,
    publisher_id: str | None = None,
    roles: Iterable[Role] = tuple(Role),
    lock: bool = False,
) -> Sequence[Issuer]:
    """Issuers with all their keys, oldest key first. ``lock`` holds them until the commit."""
    query = select(
        IssuerRow.id,
        IssuerRow.role,
        IssuerRow.society_id,
        IssuerRow.name,
        IssuerRow.url,
        IssuerRow.publisher_id,
        IssuerRow.status_issuers,
    ).where(IssuerRow.role.in_(list(roles)))
    for column, wanted in (
        (IssuerRow.society_id, organisation_id),
        (IssuerRow.publisher_id, publisher_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if ids is not None:
        query = query.where(IssuerRow.id.in_(ids))
    if lock:
        query = query.with_for_update()
    rows = session.execute(query.order_by(IssuerRow.id)).all()
    keys = _keys(session, [row.id for row in rows])
    return [
        Issuer(
            id=row.id,
            role=Role(row.role),
            organisation_id=row.society_id,
            name=row.name,
            url=row.url,
            keys=tuple(keys[row.id]),
            publisher_id=row.publisher_id,
            status_issuers=tuple(row.status_issuers.split()),
        )
        for row in rows
    ]


def _keys(session: Session, issuer_ids: Sequence[str]) -> Mapping[str, list[IssuerKey]]:
    keys: dict[str, list[IssuerKey]] = {issuer_id: [] for issuer_id in issuer_ids}
    for key in session.execute(
        select(
            IssuerKeyRow.id,
            IssuerKeyRow.issuer_id,
            IssuerKeyRow.multibase,
            IssuerKeyRow.valid_from,
            IssuerKeyRow.retired_at,
            IssuerKeyRow.compromised_since,
            IssuerKeyRow.listed,
        )
        .where(IssuerKeyRow.issuer_id.in_(issuer_ids))
        .order_by(IssuerKeyRow.valid_from, IssuerKeyRow.id)
    ):
        public = from_multibase(key.multibase, key_id=key.id, controller=key.issuer_id)
        keys[key.issuer_id].append(
            IssuerKey(public, key.valid_from, key.retired_at, key.compromised_since, key.listed)
        )
    return keys


def put_status_list(session: Session, copy: StatusListCopy) -> None:
    known = session.get(StatusListCopyRow, copy.url, with_for_update=True)
    if known is None:
        session.add(
            StatusListCopyRow(
                url=copy.url,
                own=copy.own,
                body=copy.body,
                fetched_at=copy.fetched_at,
                revision=0,
            )
        )
    else:
        known.own, known.body, known.fetched_at = copy.own, copy.body, copy.fetched_at
        known.revision += 1
    session.flush()
    _change(session)


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


def status_list_revisions(session: Session) -> Mapping[str, int]:
    """Which lists there are, and in which revision each is."""
    query = select(StatusListCopyRow.url, StatusListCopyRow.revision)
    return {row.url: row.revision for row in session.execute(query)}


def publishers(session: Session) -> Sequence[Publisher]:
    query = select(
        PublisherRow.id,
        PublisherRow.version,
        PublisherRow.digest,
        PublisherRow.issued_at,
        PublisherRow.imported_at,
    )
    return [Publisher(*row) for row in session.execute(query.order_by(PublisherRow.id))]


def find_publisher(session: Session, publisher_id: str) -> Publisher | None:
    """A publisher, held until the commit, so that two imports of it do not cross."""
    row = session.get(PublisherRow, publisher_id, with_for_update=True)
    if row is None:
        return None
    return Publisher(row.id, row.version, row.digest, row.issued_at, row.imported_at)


def put_publisher(session: Session, publisher: Publisher) -> None:
    session.merge(
        PublisherRow(
            id=publisher.id,
            version=publisher.version,
            digest=publisher.digest,
            issued_at=publisher.issued_at,
            imported_at=publisher.imported_at,
        )
    )
    session.flush()
    _change(session)


def delete_publisher(session: Session, publisher_id: str) -> None:
    row = session.get(PublisherRow, publisher_id)
    if row is not None:
        session.delete(row)
        session.flush()
    _change(session)


def find_publication(session: Session, publisher_id: str) -> Publication | None:
    """The newest bundle that this node signed."""
    row = session.get(PublicationRow, publisher_id, populate_existing=True)
    if row is None:
        return None
    return Publication(
        row.publisher_id, row.version, row.trust_version, row.digest, row.body, row.made_at
    )


def newest_publication(session: Session, publisher_id: str) -> tuple[str, int, datetime] | None:
    """Digest, version of what was trusted, and time of the newest bundle; not the bundle itself."""
    query = select(
        PublicationRow.digest, PublicationRow.trust_version, PublicationRow.made_at
    ).where(PublicationRow.publisher_id == publisher_id)
    row = session.execute(query).one_or_none()
    return row and (row.digest, row.trust_version, row.made_at)


def put_publication(session: Session, publication: Publication) -> None:
    session.merge(
        PublicationRow(
            publisher_id=publication.publisher_id,
            version=publication.version,
            trust_version=publication.trust_version,
            digest=publication.digest,
            body=publication.body,
            made_at=publication.made_at,
        )
    )
    session.flush()
