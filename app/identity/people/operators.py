"""Who runs this node: members of the one organisation that is its operator."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import store
from app.identity.model import Kind, Role
from app.identity.people import service
from app.identity.people.model import Person
from app.identity.service import add_organisation

OPERATOR = "operator"
"""The id of the organisation that runs a node; made when its first member is added."""


def add(session: Session, email: str, *, node_name: str, at: datetime, who: str) -> Person:
    """Let the person with this address run the node, with an account made if need be.

    Raises ``Invalid`` for what is no address. Done again it changes nothing.
    """
    known = [one.id for one in store.organisations(session, kind=Kind.OPERATOR)]
    if not known:
        add_organisation(session, id=OPERATOR, kind=Kind.OPERATOR, name=node_name, at=at, who=who)
    person = service.person_of_email(session, email, at=at)
    organisation = known[0] if known else OPERATOR
    service.set_roles(session, organisation, person.id, {Role.OWNER}, at=at, who=who)
    return person
