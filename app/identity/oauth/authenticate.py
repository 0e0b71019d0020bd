"""From an access token to its actor: what ``access.Guard`` asks at every call.

A token opens what it says only as long as everybody who stands behind it still lets it: the program
with its scopes, and, when it acts for a person, that person's permission and roles at this moment.
So revoking, ending, or taking a role away works at once, although the token is a signed statement.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import rules
from app.identity.access import Unauthenticated
from app.identity.clients import service as clients
from app.identity.model import PERSONAL_SCOPES, Actor, Client, ClientKind
from app.identity.oauth import store
from app.identity.oauth.tokens import AccessToken, AccessTokens
from app.identity.people import store as people
from app.platform import clock
from app.platform.db import Database


def authenticator(
    *, database: Database, tokens: AccessTokens, now: Callable[[], datetime] = clock.now
) -> Callable[[str], Actor]:
    """What ``Guard`` needs: from a token to its actor."""

    def authenticate(token: str) -> Actor:
        at = now()
        read = tokens.read(token, at=at)
        with database.read() as session:
            found = actor(session, read, at=at)
        if found is None:
            raise Unauthenticated("The token was ended, or who stood behind it lets it no more.")
        return found

    return authenticate


def actor(session: Session, token: AccessToken, *, at: datetime) -> Actor | None:
    """Who acts by a token that is good by itself; ``None`` when somebody has ended it."""
    client = clients.live(session, token.client_id)
    if client is None or store.is_ended(session, token.id):
        return None
    if not token.person_id:
        own = client.organisation_id == token.organisation_id
        if not own or client.kind is not ClientKind.SERVICE:
            return None
        scopes = token.scopes & client.scopes
        return Actor(client.id, client.organisation_id, scopes, sandbox=client.sandbox)
    return _for_person(session, token, client, at=at)


def _for_person(
    session: Session, token: AccessToken, client: Client, *, at: datetime
) -> Actor | None:
    found = store.find_authorization(session, token.authorization_id)
    said = (token.client_id, token.person_id, token.organisation_id)
    if found is None or (found.client_id, found.person_id, found.organisation_id) != said:
        return None
    if found.redeemed_at is None or found.ends_at <= at:
        return None
    given = frozenset(PERSONAL_SCOPES)
    for membership in people.memberships(session, token.person_id):
        if membership.organisation.id == token.organisation_id:
            given |= rules.allowed(membership.roles, membership.organisation.kind)
    return Actor(
        client.id,
        token.organisation_id,
        token.scopes & client.scopes & found.scopes & given,
        person_id=token.person_id,
        sandbox=client.sandbox,
    )
