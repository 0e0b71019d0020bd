"""The token endpoint's logic: Authlib's framework-free server, with our clients and tokens.

One grant: client credentials (RFC 6749 §4.4), with ``client_secret_basic`` or
``client_secret_post``. What Authlib leaves open is closed here: an unknown client, a revoked one
and a wrong secret look and cost the same; a scope the client lacks is ``invalid_scope`` and never
an empty token; a parameter given twice, or credentials given twice, are ``invalid_request``.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidScopeError, OAuth2Error
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator

from app.identity import secrets
from app.identity.model import SCOPES, Client
from app.identity.oauth.tokens import LIFETIME, AccessTokens

AUTH_METHODS = ("client_secret_basic", "client_secret_post")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the token endpoint says."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]


@cache
def _nobodys_hash() -> str:
    return secrets.hash_secret(secrets.new_secret())


@dataclass(frozen=True, slots=True)
class _OAuthClient:
    """A client as Authlib wants to see it; ``client`` is ``None`` for one that does not exist."""

    id: str
    client: Client | None

    def get_client_id(self) -> str:
        return self.id

    def check_client_secret(self, secret: str) -> bool:
        known = self.client.secret_hash if self.client else _nobodys_hash()
        return secrets.matches(secret, secret_hash=known) and self.client is not None

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in AUTH_METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return bool(grant_type == ClientCredentialsGrant.GRANT_TYPE)

    def get_allowed_scope(self, scope: str | None) -> str:
        allowed = self.client.scopes if self.client else frozenset()
        wanted = set(scope.split()) if scope else allowed
        if not wanted or not wanted <= allowed:
            raise InvalidScopeError(description="The client does not have the requested scope.")
        return " ".join(sorted(wanted))


class _Grant(ClientCredentialsGrant):  # type: ignore[misc] # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = list(AUTH_METHODS)  # noqa: RUF012 - Authlib's own shape


class _Request(OAuth2Request):  # type: ignore[misc] # Authlib has no types
    def __init__(self, uri: str, form: Mapping[str, str], authorization: str | None) -> None:
        super().__init__("POST", uri, headers={"Authorization": authorization or ""})
        self.payload = BasicOAuth2Payload(dict(form))

    @property
    def form(self) -> Mapping[str, str]:
        return self.payload.data  # type: ignore[no-any-return] # Authlib has no types


class _Server(AuthorizationServer):  # type: ignore[misc] # Authlib has no types
    def __init__(
        self, find_client: Callable[[str], Client | None], tokens: AccessTokens, at: datetime
    ) -> None:
        super().__init__(scopes_supported=list(SCOPES))
        self._find_client = find_client

        def access_token(*, client: _OAuthClient, scope: str, **_ignored: object) -> str:
            return tokens.issue(client.id, scope=scope, at=at)

        lifetime = int(LIFETIME.total_seconds())
        self.register_token_generator(
            "default", BearerTokenGenerator(access_token, expires_generator=lifetime).generate
        )
        self.register_grant(_Grant)

    def query_client(self, client_id: str) -> _OAuthClient:
        return _OAuthClient(client_id, self._find_client(client_id))

    def create_oauth2_request(self, request: _Request) -> _Request:
        return request

    def save_token(self, _token: object, _request: object) -> None:
        """Tokens are signed statements; there is nothing to keep."""

    def send_signal(self, *_args: object, **_kwargs: object) -> None:
        """Nobody listens to Authlib's signals."""

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Answer:
        return Answer(status, dict(body), dict(headers))


def answer_token_request(
    form: Sequence[tuple[str, str]],
    *,
    authorization: str | None,
    endpoint: str,
    find_client: Callable[[str], Client | None],
    tokens: AccessTokens,
    at: datetime,
) -> Answer:
    """Answer one request to the token endpoint, whose public address is ``endpoint``.

    ``form`` holds the pairs of the body as they came; ``find_client`` finds clients that are not
    revoked. Never raises for bad input.
    """
    server = _Server(find_client, tokens, at)
    try:
        _refuse_malformed(form, authorization)
        request = _Request(endpoint, dict(form), authorization)
    except OAuth2Error as error:
        return server.handle_response(*error())
    answer: Answer = server.create_token_response(request)
    return answer


def _refuse_malformed(form: Sequence[tuple[str, str]], authorization: str | None) -> None:
    """Raise ``InvalidRequestError`` for what Authlib lets pass or stumbles over."""
    names = [name for name, _ in form]
    if len(names) != len(set(names)):
        raise InvalidRequestError(description="A parameter is given more than once.")
    if "client_secret" in names and authorization:
        raise InvalidRequestError(description="Client credentials are given in two ways.")
    kind, _, encoded = (authorization or "").partition(" ")
    if kind.lower() == "basic":
        if not encoded.strip():
            raise InvalidRequestError(description="The Basic credentials are empty.")
        try:
            base64.b64decode(encoded.strip(), validate=True).decode()
        except ValueError as error:  # not ASCII, not base64, not UTF-8
            raise InvalidRequestError(description="The Basic credentials are garbled.") from error


def metadata(public_url: str, *, token_path: str, jwks_path: str) -> Mapping[str, Any]:
    """The authorization server's metadata (RFC 8414)."""
    return {
        "issuer": public_url,
        "token_endpoint": public_url + token_path,
        "jwks_uri": public_url + jwks_path,
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["none"],
        "grant_types_supported": [ClientCredentialsGrant.GRANT_TYPE],
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
    }
