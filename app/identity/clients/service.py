"""Use cases: an organisation's programs. One function a verb; the caller owns the transaction."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.identity import audit, secrets
from app.identity.clients import keys, rules, store
from app.identity.clients.rules import NewClient
from app.identity.model import Client
from app.identity.people.rules import name as checked_name
from app.identity.store import find_organisation
from app.platform.ids import new_id
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound

OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=30)
_CLIENT_ID = re.compile(r"[0-9a-f-]{36}")


class Made(NamedTuple):
    """A new program, or one with a new secret. The secret is shown this once; kept is its hash."""

    client: Client
    secret: str | None


def add(session: Session, new: NewClient, *, at: datetime, who: str = "system") -> Made:
    """Make a program. Raises ``NotFound``, or ``Invalid`` naming each bad field."""
    organisation = find_organisation(session, new.organisation_id)
    if organisation is None:
        raise NotFound(f"There is no organisation {new.organisation_id}.")
    name, jwks, problems = _checked(new)
    problems += rules.problems(new, organisation.kind)
    if problems:
        raise Invalid("The program cannot be made as described.", fields=problems)
    secret = secrets.new_secret() if new.method in rules.SECRET_METHODS else None
    client = Client(
        id=new_id(),
        organisation_id=organisation.id,
        name=name,
        secret_hash=secrets.hash_secret(secret) if secret else "",
        scopes=new.scopes,
        created_at=at,
        revoked_at=None,
        kind=new.kind,
        method=new.method,
        jwks=jwks,
        jwks_uri=new.jwks_uri,
        redirect_uris=new.redirect_uris,
        sandbox=new.sandbox,
    )
    store.insert(session, client)
    _record(session, client, "client.new", at=at, who=who, after=_told(client))
    return Made(client, secret)


def get(session: Session, organisation_id: str, client_id: str, *, lock: bool = False) -> Client:
    """A program of that organisation and of no other. Raises ``NotFound``."""
    found = _any(session, client_id, lock=lock)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound("The organisation has no such program.")
    return found


def find(session: Session, client_id: str) -> Client:
    """A program, whosever it is. Raises ``NotFound``. ``client_id`` may be anything."""
    found = _any(session, client_id)
    if found is None:
        raise NotFound(f"There is no client {client_id}.")
    return found


def live(session: Session, client_id: str) -> Client | None:
    """The program, unless there is none or it was revoked. ``client_id`` may be anything."""
    client = _any(session, client_id)
    return None if client is None or client.revoked_at is not None else client


def of_organisation(
    session: Session, organisation_id: str, *, after: str = "", limit: int | None = None
) -> Sequence[Client]:
    """An organisation's programs by their ids, those that were revoked too."""
    return store.of_organisation(session, organisation_id, after=after, limit=limit)


def rotate_secret(
    session: Session,
    client: Client,
    *,
    at: datetime,
    who: str = "system",
    overlap: timedelta = OVERLAP,
) -> Made:
    """Give a program another secret; the one it has is good for ``overlap`` longer.

    Of earlier ones none is. Raises ``Conflict`` for a program that is revoked or has no secret.
    """
    _must_last(client)
    if not rules.keeps_secret(client):
        raise Conflict("This program proves itself without a secret.")
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        mend = f"Let the old secret last 0 to {LONGEST_OVERLAP.days} days longer."
        raise Invalid(mend, fields=[FieldProblem("/overlap_hours", "overlap", mend)])
    secret = secrets.new_secret()
    changed = replace(
        client,
        secret_hash=secrets.hash_secret(secret),
        former_secret_hash=client.secret_hash if overlap else None,
        former_secret_ends_at=at + overlap if overlap else None,
    )
    store.set_secrets(session, changed)
    ends = {"former_secret_ends_at": (at + overlap).isoformat()}
    _record(session, client, "client.rotate-secret", at=at, who=who, after=ends)
    return Made(changed, secret)


def set_keys(
    session: Session,
    client: Client,
    *,
    jwks: Mapping[str, Any] | None,
    jwks_uri: str | None,
    at: datetime,
    who: str = "system",
) -> Client:
    """Give a program other public keys. Raises ``Invalid`` or ``Conflict``."""
    _must_last(client)
    new = NewClient(
        organisation_id=client.organisation_id,
        name=client.name,
        scopes=client.scopes,
        kind=client.kind,
        method=client.method,
        jwks=jwks,
        jwks_uri=jwks_uri,
        redirect_uris=client.redirect_uris,
    )
    _, kept, problems = _checked(new)
    problems += rules.key_problems(new)
    if problems:
        raise Invalid("The keys cannot be used.", fields=problems)
    changed = replace(client, jwks=kept, jwks_uri=jwks_uri)
    store.set_keys(session, changed)
    _record(
        session, client, "client.set-keys", at=at, who=who,
        before=_of_keys(client), after=_of_keys(changed),
    )  # fmt: skip
    return changed


def revoke(session: Session, client: Client, *, at: datetime, who: str = "system") -> Client:
    """End a program at once, its tokens with it. Doing it twice changes nothing."""
    if client.revoked_at is not None:
        return client
    store.mark_revoked(session, client.id, at=at)
    _record(
        session, client, "client.revoke", at=at, who=who,
        before={"revoked": False}, after={"revoked": True},
    )  # fmt: skip
    return replace(client, revoked_at=at)


def _any(session: Session, client_id: str, *, lock: bool = False) -> Client | None:
    """No database is asked for what cannot be an id: it may hold what none can store."""
    return store.find(session, client_id, lock=lock) if _CLIENT_ID.fullmatch(client_id) else None


def _must_last(client: Client) -> None:
    if client.revoked_at is not None:
        raise Conflict("This program was revoked; make a new one.")


def _checked(new: NewClient) -> tuple[str, dict[str, Any] | None, list[FieldProblem]]:
    """The name and the keys in the form they are kept in, and what is wrong with them."""
    problems: list[FieldProblem] = []
    name, jwks = "", None
    try:
        name = checked_name(new.name)
    except Invalid as error:
        problems += error.fields
    try:
        jwks = keys.as_set(keys.read_keys(new.jwks)) if new.jwks is not None else None
    except keys.KeysUnusable as error:
        problems += error.fields
    return name, jwks, problems


def _told(client: Client) -> dict[str, Any]:
    return {
        "organisation": client.organisation_id,
        "name": client.name,
        "kind": client.kind.value,
        "method": client.method.value,
        "scopes": sorted(client.scopes),
        "redirect_uris": list(client.redirect_uris),
        "sandbox": client.sandbox,
    }


def _of_keys(client: Client) -> dict[str, Any]:
    return {"jwks": client.jwks, "jwks_uri": client.jwks_uri}


def _record(
    session: Session,
    client: Client,
    action: str,
    *,
    at: datetime,
    who: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"client:{client.id}",
        organisation_id=client.organisation_id,
        at=at,
        before=before,
        after=after,
    )
