"""Invitations in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app.identity.model import Role
from app.identity.people.model import Invitation
from app.identity.people.tables import InvitationRow

_INVITATION = (
    InvitationRow.id,
    InvitationRow.organisation_id,
    InvitationRow.email,
    InvitationRow.roles,
    InvitationRow.note,
    InvitationRow.invited_by,
    InvitationRow.created_at,
    InvitationRow.ends_at,
    InvitationRow.accepted_at,
    InvitationRow.withdrawn_at,
)
_OPEN = (InvitationRow.accepted_at.is_(None), InvitationRow.withdrawn_at.is_(None))


def insert_invitation(session: Session, invitation: Invitation, *, secret_hash: str) -> None:
    session.execute(
        insert(InvitationRow).values(
            id=invitation.id,
            organisation_id=invitation.organisation_id,
            email=invitation.email,
            roles=sorted(invitation.roles),
            note=invitation.note,
            secret_hash=secret_hash,
            invited_by=invitation.invited_by,
            created_at=invitation.created_at,
            ends_at=invitation.ends_at,
        )
    )


def find_by_secret(session: Session, secret_hash: str) -> Invitation | None:
    query = select(*_INVITATION).where(InvitationRow.secret_hash == secret_hash)
    return _one(session.execute(query).one_or_none())


def find(session: Session, organisation_id: str, invitation_id: str) -> Invitation | None:
    query = select(*_INVITATION).where(
        InvitationRow.id == invitation_id, InvitationRow.organisation_id == organisation_id
    )
    return _one(session.execute(query).one_or_none())


def pending(
    session: Session,
    organisation_id: str,
    *,
    at: datetime,
    email: str | None = None,
    after: str = "",
    limit: int | None = None,
) -> Sequence[Invitation]:
    """Those that can still be accepted, by their ids, from the one after ``after``."""
    query = select(*_INVITATION).where(
        InvitationRow.organisation_id == organisation_id,
        InvitationRow.ends_at > at,
        InvitationRow.id > after,
        *_OPEN,
    )
    if email is not None:
        query = query.where(InvitationRow.email == email)
    rows = session.execute(query.order_by(InvitationRow.id).limit(limit))
    return [_invitation(row) for row in rows]


def count_pending(session: Session, organisation_id: str, *, at: datetime) -> int:
    query = select(func.count()).where(
        InvitationRow.organisation_id == organisation_id, InvitationRow.ends_at > at, *_OPEN
    )
    return session.scalar(query) or 0


def renew(
    session: Session,
    invitation_id: str,
    *,
    secret_hash: str,
    invited_by: str,
    ends_at: datetime,
) -> None:
    """Give an invitation another secret and another end; the secret before opens nothing."""
    session.execute(
        update(InvitationRow)
        .where(InvitationRow.id == invitation_id)
        .values(secret_hash=secret_hash, invited_by=invited_by, ends_at=ends_at)
    )


def mark_accepted(session: Session, invitation_id: str, *, at: datetime) -> bool:
    """False when it could not be accepted any more: one statement decides between two who try."""
    query = (
        update(InvitationRow)
        .where(InvitationRow.id == invitation_id, InvitationRow.ends_at > at, *_OPEN)
        .values(accepted_at=at)
        .returning(InvitationRow.id)
    )
    return session.execute(query).one_or_none() is not None


def mark_withdrawn(
    session: Session,
    organisation_id: str,
    *,
    at: datetime,
    only: str | None = None,
    made_by: str | None = None,
) -> Sequence[str]:
    """Withdraw the open one with the id ``only``, or all that ``made_by`` made; gives their ids."""
    query = update(InvitationRow).where(InvitationRow.organisation_id == organisation_id, *_OPEN)
    if only is not None:
        query = query.where(InvitationRow.id == only)
    if made_by is not None:
        query = query.where(InvitationRow.invited_by == made_by)
    return session.scalars(query.values(withdrawn_at=at).returning(InvitationRow.id)).all()


def forget(session: Session, organisation_id: str, *, before: datetime) -> None:
    """Delete those that nobody can accept and that ended before then: they name a mailbox."""
    session.execute(
        delete(InvitationRow).where(
            InvitationRow.organisation_id == organisation_id,
            or_(
                InvitationRow.ends_at <= before,
                InvitationRow.accepted_at <= before,
                InvitationRow.withdrawn_at <= before,
            ),
        )
    )


def _one(row: Row[*tuple[Any, ...]] | None) -> Invitation | None:
    return None if row is None else _invitation(row)


def _invitation(row: Row[*tuple[Any, ...]]) -> Invitation:
    return Invitation(
        id=row.id,
        organisation_id=row.organisation_id,
        email=row.email,
        roles=frozenset(map(Role, row.roles)),
        note=row.note,
        invited_by=row.invited_by,
        created_at=row.created_at,
        ends_at=row.ends_at,
        accepted_at=row.accepted_at,
        withdrawn_at=row.withdrawn_at,
    )
