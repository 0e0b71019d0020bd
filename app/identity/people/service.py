"""Use cases: accounts. One function a verb; the caller owns the transaction."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.model import Role
from app.identity.people import invitation_store, rules, store
from app.identity.people.model import Person
from app.platform.ids import new_id
from app.platform.problems import Conflict, NotFound


def person_of_email(session: Session, email: str, *, at: datetime) -> Person:
    """The person whose address this is, made when there is none; the address was shown to be his.

    Raises ``Invalid`` for what is no address.
    """
    address = rules.email(email)
    known = store.person_by_email(session, address)
    if known is not None:
        return known
    try:
        with session.begin_nested():
            person = add_person(session, at=at)
            store.insert_email(session, person.id, address, at=at, primary=True)
            return person
    except IntegrityError:  # two links to one new address, used at once
        known = store.person_by_email(session, address)
        if known is None:
            raise
        return known


def add_person(
    session: Session, *, at: datetime, name: str = "", language: str | None = None
) -> Person:
    """Make an account that has no address yet."""
    person = Person(new_id(), rules.name(name) if name else "", language, at)
    store.insert_person(session, person)
    audit.record(
        session,
        who=f"person:{person.id}",
        action="person.add",
        subject=f"person:{person.id}",
        at=at,
    )
    return person


def get_person(session: Session, person_id: str) -> Person:
    """Raises ``NotFound``."""
    found = store.find_person(session, person_id)
    if found is None:
        raise NotFound(f"There is no person {person_id}.")
    return found


def set_profile(
    session: Session, person_id: str, *, name: str, language: str, at: datetime
) -> None:
    """Say what a person is called and reads; no language is none in particular.

    Raises ``Invalid``, ``NotFound``.
    """
    person, given = get_person(session, person_id), rules.name(name)
    read = rules.language(language) if language else None
    if (given, read) == (person.name, person.language):
        return
    store.set_profile(session, person_id, name=given, language=read)
    # Without the name: it is personal and can be deleted, which the trail cannot.
    audit.record(
        session,
        who=f"person:{person_id}",
        action="person.profile",
        subject=f"person:{person_id}",
        at=at,
    )


class LastOwner(Conflict):
    """Nobody would be left who may manage the organisation."""

    code = "last-owner"

    def __init__(self) -> None:
        super().__init__(
            "An organisation needs an owner: make another member an owner first, then do this."
        )


def set_roles(
    session: Session,
    organisation_id: str,
    person_id: str,
    roles: Collection[Role],
    *,
    at: datetime,
    who: str,
) -> None:
    """Make a person a member, or change what a member may do.

    Whether ``who`` may do so was decided before. An owner whom somebody else makes less takes along
    the invitations that he or she made. Raises ``NotFound``, ``Invalid``, ``LastOwner``.
    """
    if store.lock_organisation(session, organisation_id) is None:
        raise NotFound(f"There is no organisation {organisation_id}.")
    if not store.lock_person(session, person_id):
        raise NotFound(f"There is no person {person_id}.")
    wanted = rules.roles(roles)
    member = store.find_member(session, organisation_id, person_id)
    if member and member.roles == wanted:
        return
    if rules.leaves_no_owner(store.owners(session, organisation_id), person_id, wanted):
        raise LastOwner
    store.set_membership(session, person_id, organisation_id, wanted, at=at)
    audit.record(
        session,
        who=who,
        action="member.set",
        subject=f"organisation:{organisation_id}",
        at=at,
        before=None if member is None else {"person": person_id, "roles": sorted(member.roles)},
        after={"person": person_id, "roles": sorted(wanted)},
    )
    if member and Role.OWNER in member.roles - wanted:
        _withdraw_invitations(session, organisation_id, person_id, at=at, who=who)


def end_membership(
    session: Session, organisation_id: str, person_id: str, *, at: datetime, who: str
) -> None:
    """End what a person is to an organisation.

    Who leaves freely leaves the invitations that he or she made, since they were made in the
    organisation's name; whoever is removed takes them along. Raises ``NotFound``, ``LastOwner``.
    """
    if store.lock_organisation(session, organisation_id) is None:
        raise NotFound(f"There is no organisation {organisation_id}.")
    member = store.find_member(session, organisation_id, person_id)
    if member is None:
        raise NotFound("There is no such member.")
    if rules.leaves_no_owner(store.owners(session, organisation_id), person_id, ()):
        raise LastOwner
    store.delete_membership(session, person_id, organisation_id)
    audit.record(
        session,
        who=who,
        action="member.remove",
        subject=f"organisation:{organisation_id}",
        at=at,
        before={"person": person_id, "roles": sorted(member.roles)},
    )
    _withdraw_invitations(session, organisation_id, person_id, at=at, who=who)


def _withdraw_invitations(
    session: Session, organisation_id: str, person_id: str, *, at: datetime, who: str
) -> None:
    made_by = f"person:{person_id}"
    if who == made_by:
        return
    for invitation_id in invitation_store.mark_withdrawn(
        session, organisation_id, at=at, made_by=made_by
    ):
        audit.record(
            session,
            who=who,
            action="invitation.withdraw",
            subject=f"organisation:{organisation_id}",
            at=at,
            before={"invitation": invitation_id},
        )
