"""How much an organisation has of what identity keeps, in one query."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.people.tables import InvitationRow, MembershipRow
from app.identity.tables import ClientRow


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures for an organisation's first page."""

    members: int
    invitations: int
    """Those that wait for an answer."""
    programs: int
    """API clients that were not revoked."""


def counts(session: Session, organisation_id: str, *, at: datetime) -> Counts:
    """The figures of one organisation."""
    members = select(func.count()).where(MembershipRow.organisation_id == organisation_id)
    invitations = select(func.count()).where(
        InvitationRow.organisation_id == organisation_id,
        InvitationRow.accepted_at.is_(None),
        InvitationRow.withdrawn_at.is_(None),
        InvitationRow.ends_at > at,
    )
    programs = select(func.count()).where(
        ClientRow.organisation_id == organisation_id, ClientRow.revoked_at.is_(None)
    )
    row = session.execute(
        select(members.scalar_subquery(), invitations.scalar_subquery(), programs.scalar_subquery())
    ).one()
    return Counts(*row)
