"""Whose affair a registry is: the question of every route below one registry."""

from sqlalchemy.orm import Session

from app.identity import rules, store
from app.identity.access import Forbidden
from app.identity.model import Actor, Kind, Organisation
from app.platform.problems import NotFound


def own_registry(session: Session, actor: Actor, scope: str, organisation_id: str) -> Organisation:
    """The registry of a route's path, for who may do ``scope`` in it.

    Raises ``Forbidden`` for everybody else, and ``NotFound`` for what is no registry.
    """
    if not rules.may(actor, scope, organisation_id):
        raise Forbidden("A registry's affairs are its own.")
    return find_registry(session, organisation_id)


def find_registry(session: Session, organisation_id: str) -> Organisation:
    """A registry of this node. Raises ``NotFound``."""
    found = store.find_organisation(session, organisation_id)
    if found is None or found.kind is not Kind.REGISTRY:
        raise NotFound(f"There is no registry {organisation_id}.")
    return found
