"""The three ways to a token, as Authlib's grants over our tables.

Client credentials give a program its own organisation's things; a code and the refresh tokens that
follow it give it what a person allowed. PKCE with S256 is demanded of every program that asks
people, whether it keeps a secret or not (RFC 9700 §2.1.1).
"""

from typing import Any

from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
)
from authlib.oauth2.rfc7636 import CodeChallenge

from app.identity.model import AuthMethod
from app.identity.oauth import book
from app.identity.oauth.model import Authorization, RefreshToken

PROVEN = (AuthMethod.SECRET_BASIC, AuthMethod.SECRET_POST, AuthMethod.PRIVATE_KEY_JWT)
ANY = (*PROVEN, AuthMethod.NONE)


class Credentials(ClientCredentialsGrant):  # type: ignore[misc] # Authlib has no types
    """RFC 6749 §4.4."""

    TOKEN_ENDPOINT_AUTH_METHODS = PROVEN


class Code(AuthorizationCodeGrant):  # type: ignore[misc] # Authlib has no types
    """RFC 6749 §4.1.3. What people see before is ``asking``'s and the pages' affair."""

    TOKEN_ENDPOINT_AUTH_METHODS = ANY

    def query_authorization_code(self, code: str, client: Any) -> Authorization | None:
        server = self.server
        return book.code(server.desk.database, code, client_id=client.client.id, at=server.at)

    def authenticate_user(self, authorization_code: Authorization) -> Authorization:
        return authorization_code

    def delete_authorization_code(self, authorization_code: Authorization) -> None:
        """It was used up when the token was saved, in the same transaction."""


class Refresh(RefreshTokenGrant):  # type: ignore[misc] # Authlib has no types
    """RFC 6749 §6, each token good once (RFC 9700 §4.14.2)."""

    TOKEN_ENDPOINT_AUTH_METHODS = ANY
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken | None:
        server, client = self.server, self.request.client.client
        return book.refresh_token(
            server.desk.database, refresh_token, client_id=client.id, at=server.at
        )

    def authenticate_user(self, refresh_token: RefreshToken) -> Authorization:
        return refresh_token.authorization

    def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
        """It was used up when its successor was saved, in the same transaction."""


class Pkce(CodeChallenge):  # type: ignore[misc] # Authlib has no types
    """RFC 7636; our codes all have a challenge, so a verifier is always asked for."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)
