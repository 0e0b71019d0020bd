"""Use cases: take along what this node holds of oneself, and end one's account.

Ending an account deletes everything it held. What stays: the audit trail, which names nobody but an
opaque id that then leads nowhere, and the records that societies issued, which are theirs.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.model import Organisation, Role
from app.identity.people import holdings, service, store
from app.identity.people.holdings import Holding, Owner
from app.platform.problems import Conflict

FORMAT = "opencpd-account/1"


def owner(session: Session, person_id: str) -> Owner:
    """The person as holdings know whose they are. Raises ``NotFound``."""
    service.get_person(session, person_id)
    return Owner(person_id, tuple(one.email for one in store.emails(session, person_id)))


def export(
    session: Session, person_id: str, held: Sequence[Holding], *, node: str, at: datetime
) -> Mapping[str, Any]:
    """Everything that this node holds of a person, to be written as JSON."""
    audit.record(
        session, who=f"person:{person_id}", action="person.export",
        subject=f"person:{person_id}", at=at,
    )  # fmt: skip
    told = holdings.export(session, owner(session, person_id), held)
    return {"format": FORMAT, "node": node, "made_at": at.isoformat(), **told}


def alone_in(session: Session, person_id: str) -> Sequence[Organisation]:
    """The organisations that would have no owner without this person."""
    return [
        membership.organisation
        for membership in store.memberships(session, person_id)
        if Role.OWNER in membership.roles
        and store.owners(session, membership.organisation.id) == {person_id}
    ]


def delete(
    session: Session, person_id: str, held: Sequence[Holding], *, at: datetime
) -> Sequence[str]:
    """End an account; gives the addresses that were its own, the primary one first.

    1. Every membership ends, which is refused where nobody would be left to own an organisation.
       The organisations are held in the order of their ids, as everywhere.
    2. The account is held, so that nothing is added to it any more.
    3. What the tables hold of the person goes, the person last.

    Raises ``NotFound`` and ``LastOwner``.
    """
    who = f"person:{person_id}"
    # 1
    for membership in store.memberships(session, person_id):
        service.end_membership(session, membership.organisation.id, person_id, at=at, who=who)
    # 2
    store.lock_person(session, person_id, to_delete=True)
    if store.memberships(session, person_id):
        raise Conflict("You became a member of an organisation at this moment; try again.")
    known = owner(session, person_id)
    # 3
    holdings.erase(session, known, held)
    audit.record(session, who=who, action="person.delete", subject=who, at=at)
    return known.emails
