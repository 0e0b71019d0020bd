"""Who manages an organisation's members, decided anew where the change is made.

The door let the actor in some moments ago. Whoever was removed in between, by somebody whose change
came first, must not get a last one through; so the organisation is held still and asked again.
"""

from collections.abc import Collection

from sqlalchemy.orm import Session

from app.identity.access import Forbidden
from app.identity.model import Actor, Organisation, Role
from app.identity.people import rules, store
from app.identity.rules import allowed
from app.platform.problems import NotFound

SCOPE = "admin:organisation"


def hold(session: Session, actor: Actor) -> Organisation:
    """The actor's organisation, its members held still until the transaction ends.

    Raises ``NotFound``, and ``Forbidden`` for a person who manages it no more. A client was asked
    for at the door, and ends with its token.
    """
    organisation = store.lock_organisation(session, actor.organisation_id)
    if organisation is None:
        raise NotFound("There is no such organisation.")
    if actor.person_id:
        member = store.find_member(session, organisation.id, actor.person_id)
        if member is None or SCOPE not in allowed(member.roles, organisation.kind):
            raise Forbidden("You do not manage this organisation any more.")
    return organisation


def refuse_beyond(actor: Actor, roles: Collection[Role], organisation: Organisation) -> None:
    """Raise ``Forbidden`` where a role allows more than the actor may do."""
    beyond = rules.beyond(actor.scopes, roles, organisation.kind)
    if beyond:
        named = ", ".join(sorted(beyond))
        raise Forbidden(f"You can neither give nor take a role that allows more than you: {named}.")
