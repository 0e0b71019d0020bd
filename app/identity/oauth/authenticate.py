"""From an access token to its actor: what ``access.Guard`` asks at every call."""

from collections.abc import Callable
from datetime import datetime

from app.identity import service
from app.identity.access import Unauthenticated
from app.identity.model import Actor
from app.identity.oauth.tokens import AccessTokens
from app.platform import clock
from app.platform.db import Database


def authenticator(
    *, database: Database, tokens: AccessTokens, now: Callable[[], datetime] = clock.now
) -> Callable[[str], Actor]:
    """What ``Guard`` needs: from a token to its actor.

    The client is looked up each time, so revoking it, or taking a scope from it, works at once.
    """

    def authenticate(token: str) -> Actor:
        client_id, scopes = tokens.read(token, at=now())
        with database.read() as session:
            client = service.live_client(session, client_id)
        if client is None:
            raise Unauthenticated("The client of this token was revoked.")
        return Actor(client.id, client.organisation_id, scopes & client.scopes)

    return authenticate
