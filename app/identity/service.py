"""Use cases: organisations and their API clients."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.identity import audit, secrets, store
from app.identity.model import SCOPES, Client, Kind, Organisation
from app.platform.ids import new_id
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_CLIENT_ID = re.compile(r"[0-9a-f-]{36}")


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
    """Make a client and its secret, which is kept nowhere. Raises ``NotFound`` or ``Invalid``."""
    get_organisation(session, organisation_id)
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise Invalid(
            f"Unknown scopes: {', '.join(unknown)}." if unknown else "A client needs a scope.",
            fields=[FieldProblem("/scopes", "scope-unknown", f"Choose from {', '.join(SCOPES)}.")],
        )
    made = Credentials(new_id(), secrets.new_secret())
    store.insert_client(
        session,
        made.client_id,
        organisation_id=organisation_id,
        name=name,
        secret_hash=secrets.hash_secret(made.secret),
        scopes=scopes,
        at=at,
    )
    audit.record(
        session,
        who=who,
        action="client.new",
        subject=f"client:{made.client_id}",
        organisation_id=organisation_id,
        at=at,
        after={"organisation": organisation_id, "name": name, "scopes": sorted(scopes)},
    )
    return made


def revoke_client(session: Session, client_id: str, *, at: datetime, who: str = "system") -> None:
    """End a client at once, its tokens with it. Doing it twice changes nothing."""
    client = store.find_client(session, client_id)
    if client is None:
        raise NotFound(f"There is no client {client_id}.")
    if client.revoked_at is not None:
        return
    store.mark_revoked(session, client_id, at=at)
    audit.record(
        session,
        who=who,
        action="client.revoke",
        subject=f"client:{client_id}",
        organisation_id=client.organisation_id,
        at=at,
        before={"revoked": False},
        after={"revoked": True},
    )


def live_client(session: Session, client_id: str) -> Client | None:
    """The client, unless there is none or it was revoked. ``client_id`` may be anything."""
    if not _CLIENT_ID.fullmatch(client_id):
        return None
    client = store.find_client(session, client_id)
    return None if client is None or client.revoked_at is not None else client
