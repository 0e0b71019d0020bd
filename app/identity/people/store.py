"""People and their memberships in the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.orm import Session

from app.identity.model import Kind, Membership, Organisation, Role
from app.identity.people.model import Address, Member, Person
from app.identity.people.tables import MembershipRow, PersonEmailRow, PersonRow
from app.identity.tables import OrganisationRow


def insert_person(session: Session, person: Person) -> None:
    session.execute(
        insert(PersonRow).values(
            id=person.id,
            name=person.name,
            language=person.language,
            created_at=person.created_at,
        )
    )


def find_person(session: Session, person_id: str) -> Person | None:
    row = session.execute(
        select(PersonRow.id, PersonRow.name, PersonRow.language, PersonRow.created_at).where(
            PersonRow.id == person_id
        )
    ).one_or_none()
    return None if row is None else Person(*row)


def set_profile(session: Session, person_id: str, *, name: str, language: str | None) -> None:
    session.execute(
        update(PersonRow).where(PersonRow.id == person_id).values(name=name, language=language)
    )


def person_by_email(session: Session, email: str) -> Person | None:
    row = session.execute(
        select(PersonRow.id, PersonRow.name, PersonRow.language, PersonRow.created_at)
        .join(PersonEmailRow, PersonEmailRow.person_id == PersonRow.id)
        .where(PersonEmailRow.email == email)
    ).one_or_none()
    return None if row is None else Person(*row)


def insert_email(
    session: Session, person_id: str, email: str, *, at: datetime, primary: bool
) -> None:
    session.execute(
        insert(PersonEmailRow).values(
            email=email, person_id=person_id, verified_at=at, is_primary=primary
        )
    )


def emails(session: Session, person_id: str) -> Sequence[Address]:
    """A person's addresses, the primary one first."""
    rows = session.execute(
        select(PersonEmailRow.email, PersonEmailRow.verified_at, PersonEmailRow.is_primary)
        .where(PersonEmailRow.person_id == person_id)
        .order_by(PersonEmailRow.is_primary.desc(), PersonEmailRow.email)
    )
    return [Address(*row) for row in rows]


def set_primary(session: Session, person_id: str, email: str) -> None:
    """Make one of a person's addresses the primary one, and the others not."""
    session.execute(
        update(PersonEmailRow)
        .where(PersonEmailRow.person_id == person_id)
        .values(is_primary=PersonEmailRow.email == email)
    )


def delete_email(session: Session, person_id: str, email: str) -> None:
    session.execute(
        delete(PersonEmailRow).where(
            PersonEmailRow.person_id == person_id, PersonEmailRow.email == email
        )
    )


def memberships(session: Session, person_id: str) -> tuple[Membership, ...]:
    """What a person is to which organisations, by their ids."""
    rows = session.execute(
        select(OrganisationRow.id, OrganisationRow.kind, OrganisationRow.name, MembershipRow.roles)
        .join(MembershipRow, MembershipRow.organisation_id == OrganisationRow.id)
        .where(MembershipRow.person_id == person_id)
        .order_by(OrganisationRow.id)
    )
    return tuple(
        Membership(Organisation(row.id, Kind(row.kind), row.name), frozenset(map(Role, row.roles)))
        for row in rows
    )


def set_membership(
    session: Session, person_id: str, organisation_id: str, roles: Collection[Role], *, at: datetime
) -> None:
    """Make a person a member with these roles, or give a member these roles."""
    told = sorted(map(str, roles))
    found = session.execute(
        update(MembershipRow)
        .where(
            MembershipRow.person_id == person_id, MembershipRow.organisation_id == organisation_id
        )
        .values(roles=told)
        .returning(MembershipRow.person_id)
    ).one_or_none()
    if found is None:
        session.execute(
            insert(MembershipRow).values(
                person_id=person_id, organisation_id=organisation_id, roles=told, created_at=at
            )
        )


def delete_membership(session: Session, person_id: str, organisation_id: str) -> None:
    session.execute(
        delete(MembershipRow).where(
            MembershipRow.person_id == person_id, MembershipRow.organisation_id == organisation_id
        )
    )


def lock_organisation(session: Session, organisation_id: str) -> Organisation | None:
    """The organisation, its members held still until the transaction ends.

    On SQLite a writer is alone anyway; PostgreSQL locks the row. The weaker lock lets others go on
    to write rows that point to the organisation.
    """
    row = session.execute(
        select(OrganisationRow.id, OrganisationRow.kind, OrganisationRow.name)
        .where(OrganisationRow.id == organisation_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    return None if row is None else Organisation(row.id, Kind(row.kind), row.name)


def owners(session: Session, organisation_id: str) -> frozenset[str]:
    """The persons who own an organisation."""
    rows = session.execute(
        select(MembershipRow.person_id, MembershipRow.roles).where(
            MembershipRow.organisation_id == organisation_id
        )
    )
    return frozenset(row.person_id for row in rows if Role.OWNER in row.roles)


_MEMBER = (
    select(
        MembershipRow.person_id,
        PersonRow.name,
        PersonEmailRow.email,
        MembershipRow.roles,
        MembershipRow.created_at,
    )
    .join(PersonRow, PersonRow.id == MembershipRow.person_id)
    .outerjoin(
        PersonEmailRow,
        (PersonEmailRow.person_id == PersonRow.id) & PersonEmailRow.is_primary,
    )
)


def find_member(session: Session, organisation_id: str, person_id: str) -> Member | None:
    row = session.execute(
        _MEMBER.where(
            MembershipRow.organisation_id == organisation_id, MembershipRow.person_id == person_id
        )
    ).first()
    return None if row is None else _member(row)


def members(
    session: Session, organisation_id: str, *, after: str = "", limit: int | None = None
) -> Sequence[Member]:
    """An organisation's members by their ids, from the one after ``after``."""
    query = _MEMBER.where(
        MembershipRow.organisation_id == organisation_id, MembershipRow.person_id > after
    )
    rows = session.execute(query.order_by(MembershipRow.person_id).limit(limit))
    return [_member(row) for row in rows]


def _member(row: Row[*tuple[Any, ...]]) -> Member:
    roles = frozenset(map(Role, row.roles))
    return Member(row.person_id, row.name, row.email or "", roles, row.created_at)


def lock_person(session: Session, person_id: str, *, to_delete: bool = False) -> bool:
    """Hold a person's account still until the transaction ends; false when it is gone.

    Whoever adds something to an account holds it, and finds out here that it is gone. ``to_delete``
    also holds off who only writes a row that points to the person.
    """
    query = select(PersonRow.id).where(PersonRow.id == person_id)
    held = query.with_for_update(key_share=not to_delete)
    return session.execute(held).one_or_none() is not None
