"""An organisation's programs, managed by somebody who acts for it: a member, or another program.

Nobody gives more than he has. A new secret, or another key, of a program is as good as everything
that it may do, so changing a program needs the same scopes as making it. Ending one needs none.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.identity import rules as access
from app.identity.access import Forbidden
from app.identity.clients import rules, service
from app.identity.clients.rules import NewClient
from app.identity.clients.service import Made
from app.identity.model import Actor, Client
from app.platform.problems import FieldProblem, Invalid

SCOPE = "admin:clients"


def make(session: Session, actor: Actor, new: NewClient, *, at: datetime) -> Made:
    """Make a program of the actor's organisation. Raises ``Invalid`` naming each bad field."""
    _may_manage(actor, new.organisation_id)
    if not rules.may_give(actor.scopes, new.scopes):
        lacking = ", ".join(sorted(new.scopes - actor.scopes))
        mend = f"Leave out what you may not do yourself: {lacking}."
        raise Invalid(mend, fields=[FieldProblem("/scopes", "scope-not-yours", mend)])
    return service.add(session, new, at=at, who=actor.who)


def renew_secret(
    session: Session, actor: Actor, client_id: str, *, overlap: timedelta, at: datetime
) -> Made:
    """Give a program another secret. Raises ``NotFound``, ``Forbidden``, ``Conflict``."""
    client = _changeable(session, actor, client_id)
    return service.rotate_secret(session, client, at=at, who=actor.who, overlap=overlap)


def change_keys(
    session: Session,
    actor: Actor,
    client_id: str,
    *,
    jwks: Mapping[str, Any] | None,
    jwks_uri: str | None,
    at: datetime,
) -> Client:
    """Give a program other public keys. Raises ``NotFound``, ``Forbidden``, ``Invalid``."""
    client = _changeable(session, actor, client_id)
    return service.set_keys(session, client, jwks=jwks, jwks_uri=jwks_uri, at=at, who=actor.who)


def end(session: Session, actor: Actor, client_id: str, *, at: datetime) -> Client:
    """End a program at once, its tokens with it. Raises ``NotFound``."""
    _may_manage(actor, actor.organisation_id)
    client = service.get(session, actor.organisation_id, client_id, lock=True)
    return service.revoke(session, client, at=at, who=actor.who)


def _changeable(session: Session, actor: Actor, client_id: str) -> Client:
    _may_manage(actor, actor.organisation_id)
    client = service.get(session, actor.organisation_id, client_id, lock=True)
    if not rules.may_give(actor.scopes, client.scopes):
        raise Forbidden("This program may do more than you; you can end it, but not become it.")
    return client


def _may_manage(actor: Actor, organisation_id: str) -> None:
    if not access.may(actor, SCOPE, organisation_id) or actor.sandbox:
        raise Forbidden("An organisation's programs are its own to manage.")
