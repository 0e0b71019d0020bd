"""Use cases: a person decides what a program may do, sees what was decided, and takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import rules
from app.identity import store as organisations
from app.identity.clients import service as clients
from app.identity.model import Client, ClientKind, Organisation, Visitor
from app.identity.oauth import book, store
from app.identity.oauth.asking import Asking
from app.identity.oauth.book import Asked
from app.identity.oauth.model import Permission
from app.platform.problems import FieldProblem, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Allowed:
    """One permission with what it is about, for the person to read."""

    permission: Permission
    client: Client
    owner: Organisation
    organisation: Organisation | None


def choices(asking: Asking, visitor: Visitor) -> Sequence[Organisation]:
    """For which organisations the visitor could let the program act; none for personal matters.

    A person lends what he or she has, so each of them must give every scope that is asked for.
    """
    if not asking.for_organisation:
        return ()
    return [
        one.organisation
        for one in visitor.memberships
        if asking.organisation_id in (None, one.organisation.id)
        and asking.for_organisation <= rules.allowed(one.roles, one.organisation.kind)
    ]


def remembered(session: Session, asking: Asking, visitor: Visitor) -> str | None:
    """For which organisation the same was allowed before, so that nobody need be asked again.

    Empty for personal matters. ``None`` when the person must be asked: what was allowed is less,
    there is a choice, or the program keeps no secret, so that another one could take its place
    (RFC 8252 §8.6).
    """
    found = choices(asking, visitor)
    if asking.client.kind is not ClientKind.WEB or len(found) > 1:
        return None
    if asking.for_organisation and not found:
        return None
    organisation_id = found[0].id if found else ""
    permission = store.find_permission(
        session,
        person_id=visitor.person_id,
        client_id=asking.client.id,
        organisation_id=organisation_id,
    )
    covers = permission is not None and asking.scopes <= permission.scopes
    return organisation_id if covers else None


def allow(
    session: Session, asking: Asking, visitor: Visitor, organisation_id: str, *, at: datetime
) -> str:
    """Let the program in; gives the code. Raises ``Invalid`` for an organisation not to choose."""
    possible = {one.id for one in choices(asking, visitor)} or {""}
    if (organisation_id == "") != (not asking.for_organisation) or organisation_id not in possible:
        mend = "Choose one of the organisations that are shown."
        raise Invalid(mend, fields=[FieldProblem("/organisation", "organisation", mend)])
    asked = Asked(asking.client, asking.scopes, asking.way_back.redirect_uri, asking.challenge)
    return book.allow(
        session, asked, person_id=visitor.person_id, organisation_id=organisation_id, at=at
    )


def owner(session: Session, client: Client) -> Organisation:
    """Whose program it is."""
    found = organisations.find_organisation(session, client.organisation_id)
    if found is None:
        raise NotFound("The program's organisation is gone.")
    return found


def allowed(session: Session, person_id: str) -> Sequence[Allowed]:
    """Everything that the person lets programs do, the newest first."""
    found = []
    for permission in book.permissions(session, person_id):
        client = clients.find(session, permission.client_id)
        organisation = organisations.find_organisation(session, permission.organisation_id)
        found.append(Allowed(permission, client, owner(session, client), organisation))
    return found
