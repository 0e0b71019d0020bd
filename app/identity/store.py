"""Organisations and grants in the database."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.identity.model import Grant, Kind, Organisation
from app.identity.people.tables import MembershipRow
from app.identity.tables import GrantRow, OrganisationRow


def insert_organisation(session: Session, organisation: Organisation, *, at: datetime) -> None:
    session.add(
        OrganisationRow(
            id=organisation.id, kind=organisation.kind, name=organisation.name, created_at=at
        )
    )
    session.flush()


def find_organisation(session: Session, organisation_id: str) -> Organisation | None:
    row = session.execute(
        select(OrganisationRow.id, OrganisationRow.kind, OrganisationRow.name).where(
            OrganisationRow.id == organisation_id
        )
    ).one_or_none()
    return None if row is None else Organisation(row.id, Kind(row.kind), row.name)


def organisations(
    session: Session, *, kind: Kind | None = None, after: str = "", limit: int | None = None
) -> Sequence[Organisation]:
    """The organisations of this node by their ids, from the one after ``after``."""
    query = select(OrganisationRow.id, OrganisationRow.kind, OrganisationRow.name).where(
        OrganisationRow.id > after
    )
    if kind is not None:
        query = query.where(OrganisationRow.kind == kind)
    rows = session.execute(query.order_by(OrganisationRow.id).limit(limit))
    return [Organisation(row.id, Kind(row.kind), row.name) for row in rows]


def member_counts(session: Session, ids: Collection[str]) -> Mapping[str, int]:
    """How many members these organisations have; who has none is left out."""
    rows = session.execute(
        select(MembershipRow.organisation_id, func.count())
        .where(MembershipRow.organisation_id.in_(ids))
        .group_by(MembershipRow.organisation_id)
    )
    return {row[0]: row[1] for row in rows}


def rename_organisation(session: Session, organisation_id: str, name: str) -> None:
    session.execute(
        update(OrganisationRow).where(OrganisationRow.id == organisation_id).values(name=name)
    )


def insert_grant(session: Session, grant: Grant) -> None:
    session.add(
        GrantRow(
            id=grant.id,
            society_id=grant.society_id,
            grantee_id=grant.grantee_id,
            action=grant.action,
            valid_from=grant.valid_from,
            valid_until=grant.valid_until,
            ended_at=grant.ended_at,
        )
    )
    session.flush()


def grants(session: Session, society_id: str, *, grantee_id: str | None = None) -> Sequence[Grant]:
    """A society's grants, those that were ended too, oldest first."""
    query = select(
        GrantRow.id,
        GrantRow.society_id,
        GrantRow.grantee_id,
        GrantRow.action,
        GrantRow.valid_from,
        GrantRow.valid_until,
        GrantRow.ended_at,
    ).where(GrantRow.society_id == society_id)
    if grantee_id is not None:
        query = query.where(GrantRow.grantee_id == grantee_id)
    return [Grant(*row) for row in session.execute(query.order_by(GrantRow.id))]


def mark_grant_ended(session: Session, grant_id: str, *, at: datetime) -> None:
    session.execute(update(GrantRow).where(GrantRow.id == grant_id).values(ended_at=at))
