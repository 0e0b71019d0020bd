"""Use cases: a society lets another organisation act in its stead, and ends that.

A grant names one action and a span of time. It is the society's to give: the grantee cannot pass it
on, and what it did under the grant stays done when the grant has ended.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit, rules, store
from app.identity.model import GRANTABLE, Actor, Grant, Kind
from app.identity.service import get_organisation
from app.platform.ids import new_id
from app.platform.problems import FieldProblem, Invalid, NotFound


def may(session: Session, actor: Actor, action: str, organisation_id: str, *, at: datetime) -> bool:
    """``rules.may`` with the grants that there are."""
    if actor.organisation_id == organisation_id:
        return rules.may(actor, action, organisation_id)
    given = store.grants(session, organisation_id, grantee_id=actor.organisation_id)
    return rules.may(actor, action, organisation_id, grants=given, at=at)


def add_grant(
    session: Session,
    society_id: str,
    *,
    grantee_id: str,
    action: str,
    at: datetime,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    who: str = "system",
) -> tuple[Grant, bool]:
    """Give a grant; says whether it is new, since one that is there and holds is given again.

    Raises ``NotFound`` for a society that there is not, ``Invalid`` naming each bad field.
    """
    society = get_organisation(session, society_id)
    grant = Grant(new_id(), society_id, grantee_id, action, valid_from or at, valid_until)
    problems = []
    if society.kind is not Kind.SOCIETY:
        raise NotFound(f"{society_id} is no society.")
    grantee = store.find_organisation(session, grantee_id) if grantee_id.isprintable() else None
    if grantee_id == society_id or grantee is None:
        problems.append(
            FieldProblem("/grantee", "grantee-unknown", "Name another organisation of this node.")
        )
    if action not in GRANTABLE:
        known = ", ".join(GRANTABLE)
        problems.append(FieldProblem("/action", "action-unknown", f"Choose from {known}."))
    if valid_until is not None and valid_until <= max(grant.valid_from, at):
        problems.append(
            FieldProblem("/valid_until", "time-order", "Let it end after it began, and after now.")
        )
    if problems:
        raise Invalid("The grant cannot be given as described.", fields=problems)
    for earlier in store.grants(session, society_id, grantee_id=grantee_id):
        same = (earlier.action, earlier.valid_until) == (action, valid_until)
        if same and rules.holds(earlier, at=grant.valid_from):
            return earlier, False
    store.insert_grant(session, grant)
    audit.record(
        session,
        who=who,
        action="grant.add",
        subject=f"organisation:{society_id}",
        at=at,
        after={"grant": grant.id, "grantee": grantee_id, "action": action},
    )
    return grant, True


def list_grants(session: Session, society_id: str) -> Sequence[Grant]:
    """A society's grants, those that have ended too. Raises ``NotFound``."""
    get_organisation(session, society_id)
    return store.grants(session, society_id)


def end_grant(
    session: Session, society_id: str, grant_id: str, *, at: datetime, who: str = "system"
) -> Grant:
    """End a grant at once. Doing it twice changes nothing. Raises ``NotFound``."""
    found = next((one for one in store.grants(session, society_id) if one.id == grant_id), None)
    if found is None:
        raise NotFound(f"{society_id} gave no grant {grant_id}.")
    if found.ended_at is not None:
        return found
    store.mark_grant_ended(session, grant_id, at=at)
    audit.record(
        session,
        who=who,
        action="grant.end",
        subject=f"organisation:{society_id}",
        at=at,
        before={"grant": grant_id, "grantee": found.grantee_id, "action": found.action},
        after={"grant": grant_id, "ended": True},
    )
    return next(one for one in store.grants(session, society_id) if one.id == grant_id)
