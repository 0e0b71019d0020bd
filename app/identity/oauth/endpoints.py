"""Ending a token (RFC 7009) and asking about one (RFC 7662), as Authlib's endpoints.

Whoever asks proves itself first. A program ends its own tokens alone; about any other text it is
told that it is done, as the standard wants. It is told about tokens that act for its organisation,
or that a program of its organisation holds; of all others, and of what is no token, that they are
not active.
"""

from typing import Any

from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.access import Unauthenticated
from app.identity.clients import service as clients
from app.identity.model import Client
from app.identity.oauth import book, store
from app.identity.oauth.authenticate import actor
from app.identity.oauth.grants import ANY, PROVEN
from app.identity.oauth.model import RefreshToken
from app.identity.oauth.tokens import LEEWAY, AccessToken

Held = AccessToken | RefreshToken


def _token(form: Any) -> str:
    """The token that is asked about. Its kind shows without a hint (RFC 7009 §2.1)."""
    token = form.get("token")
    if not token:
        raise InvalidRequestError(description="Give the token.")
    return str(token)


def _held(server: Any, text: str, client: Client) -> Held | None:
    """The good token that ``text`` is; of refresh tokens only the program's own."""
    if text.startswith(book.REFRESH_PREFIX):
        with server.desk.database.read() as session:
            found = store.find_refresh_token(session, book.hash_of(text))
        mine = found is not None and found.authorization.client_id == client.id
        return found if mine else None
    try:
        read: AccessToken = server.desk.tokens.read(text, at=server.at)
    except Unauthenticated:
        return None
    return read


class Revocation(RevocationEndpoint):  # type: ignore[misc] # Authlib has no types
    """RFC 7009 §2."""

    CLIENT_AUTH_METHODS = ANY

    def authenticate_token(self, request: Any, client: Any) -> Held | None:
        found = _held(self.server, _token(request.form), client.client)
        if isinstance(found, AccessToken) and found.client_id != client.client.id:
            return None
        return found

    def revoke_token(self, token: Held, request: Any) -> None:
        """A refresh token takes with it all that came of the same code; an access token nothing."""
        desk, at = self.server.desk, self.server.at
        if isinstance(token, RefreshToken):
            book.end_authorization(desk.database, token.authorization, at=at)
            return
        with desk.database.write() as session:
            if store.end_token(session, token.id, ends_at=token.ends_at + LEEWAY, at=at):
                audit.record(
                    session,
                    who=f"client:{token.client_id}",
                    action="token.end",
                    subject=f"client:{token.client_id}",
                    organisation_id=token.organisation_id or None,
                    at=at,
                    before={"token": token.id},
                )


class Introspection(IntrospectionEndpoint):  # type: ignore[misc] # Authlib has no types
    """RFC 7662 §2. A program that keeps no secret could be anybody, so it may not ask."""

    CLIENT_AUTH_METHODS = PROVEN

    def authenticate_token(self, request: Any, client: Any) -> tuple[Held | None, Client]:
        return _held(self.server, _token(request.form), client.client), client.client

    def create_introspection_payload(self, token: tuple[Held | None, Client]) -> dict[str, Any]:
        found, asking = token
        server = self.server
        with server.desk.database.read() as session:
            said = None
            if isinstance(found, AccessToken) and _concerns(session, found, asking):
                said = _of_access(session, found, server)
            elif isinstance(found, RefreshToken):
                said = _of_refresh(found, server)
        if said is None:
            return {"active": False}
        return {"active": True, "iss": server.desk.tokens.issuer, **said}


def _concerns(session: Session, token: AccessToken, asking: Client) -> bool:
    if token.organisation_id == asking.organisation_id:
        return True
    holder = clients.live(session, token.client_id)
    return holder is not None and holder.organisation_id == asking.organisation_id


def _of_access(session: Session, token: AccessToken, server: Any) -> dict[str, Any] | None:
    """What the token opens at this moment, which may be less than it says."""
    found = actor(session, token, at=server.at)
    if found is None or token.ends_at <= server.at:
        return None
    return {
        "token_type": "Bearer",
        "client_id": token.client_id,
        "sub": token.subject,
        "aud": server.desk.tokens.issuer,
        "org": token.organisation_id,
        "scope": " ".join(sorted(found.scopes)),
        "iat": int(token.issued_at.timestamp()),
        "exp": int(token.ends_at.timestamp()),
        "jti": token.id,
    }


def _of_refresh(token: RefreshToken, server: Any) -> dict[str, Any] | None:
    ends_at = min(token.ends_at, token.authorization.ends_at)
    if token.used_at is not None or ends_at <= server.at:
        return None
    return {
        "client_id": token.authorization.client_id,
        "sub": token.authorization.person_id,
        "scope": token.authorization.get_scope(),
        "exp": int(ends_at.timestamp()),
    }
