"""Use cases: organisations and their API clients."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.identity import audit, store
from app.identity.clients import service as clients
from app.identity.clients.rules import NewClient
from app.identity.model import Kind, Organisation
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class Credentials(NamedTuple):
    """What a new client's owner is shown, once."""

    client_id: str
    secret: str


def add_organisation(
    session: Session,
    *,
    id: str,  # noqa: A002 - what the column and the catalogue call it
    kind: Kind,
    name: str,
    at: datetime,
    who: str = "system",
) -> Organisation:
    """Let a body act through this node. Raises ``Invalid`` or ``Conflict``."""
    problems = []
    if not _ID.fullmatch(id):
        problems.append(
            FieldProblem("/id", "id-form", "Use up to 63 of a-z, 0-9 and '-', as in a host name.")
        )
    if not name.strip():
        problems.append(FieldProblem("/name", "name-missing", "Give the organisation's name."))
    if problems:
        raise Invalid("The organisation cannot be added as given.", fields=problems)
    if store.find_organisation(session, id) is not None:
        raise Conflict(f"There is an organisation {id} already.")
    organisation = Organisation(id, Kind(kind), name.strip())
    store.insert_organisation(session, organisation, at=at)
    audit.record(
        session,
        who=who,
        action="organisation.add",
        subject=f"organisation:{id}",
        at=at,
        after={"kind": organisation.kind.value, "name": organisation.name},
    )
    return organisation


def get_organisation(session: Session, organisation_id: str) -> Organisation:
    """Raises ``NotFound``."""
    found = store.find_organisation(session, organisation_id)
    if found is None:
        raise NotFound(f"There is no organisation {organisation_id}.")
    return found


def new_client(
    session: Session,
    *,
    organisation_id: str,
    name: str,
    scopes: Collection[str],
    at: datetime,
    who: str = "system",
) -> Credentials:
    """A program of the usual kind: it acts for its organisation and proves itself by a secret.

    Every other kind is made with ``clients.service``. Raises ``NotFound`` or ``Invalid``.
    """
    new = NewClient(organisation_id, name, frozenset(scopes))
    made = clients.add(session, new, at=at, who=who)
    return Credentials(made.client.id, made.secret or "")


def revoke_client(session: Session, client_id: str, *, at: datetime, who: str = "system") -> None:
    """End a program at once, its tokens with it. Raises ``NotFound``."""
    clients.revoke(session, clients.find(session, client_id), at=at, who=who)
