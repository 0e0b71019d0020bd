"""The endpoints' logic: Authlib's framework-free server, with our programs, tokens and tables.

Grants: client credentials (RFC 6749 §4.4), authorization code with PKCE (§4.1, RFC 7636) and
refresh token (§6). Endpoints: revocation (RFC 7009) and introspection (RFC 7662). What Authlib
leaves open is closed here: a scope that a program lacks is ``invalid_scope`` and never an empty
token, and no text of a request reaches an error's description, where Authlib would stumble over it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.errors import (
    InvalidClientError,
    InvalidGrantError,
    InvalidScopeError,
    OAuth2Error,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from app.identity.model import Client, ClientKind
from app.identity.oauth import book
from app.identity.oauth.endpoints import Introspection, Revocation
from app.identity.oauth.grants import Code, Credentials, Pkce, Refresh
from app.identity.oauth.model import Answer, Authorization
from app.identity.oauth.presenting import form_of
from app.identity.oauth.proving import UNPROVEN, Prover
from app.identity.oauth.token_keys import LIFETIME
from app.identity.oauth.tokens import AccessTokens
from app.platform.db import Database

_GRANTS = {
    ClientKind.SERVICE: frozenset({Credentials.GRANT_TYPE}),
    ClientKind.WEB: frozenset({Code.GRANT_TYPE, Refresh.GRANT_TYPE}),
    ClientKind.NATIVE: frozenset({Code.GRANT_TYPE, Refresh.GRANT_TYPE}),
}
GRANT_TYPES = tuple(grant.GRANT_TYPE for grant in (Credentials, Code, Refresh))


class Endpoint(StrEnum):
    """What is asked, by the name that Authlib has for it."""

    TOKEN = "token"  # noqa: S105 - the name of an endpoint
    REVOCATION = "revocation"
    INTROSPECTION = "introspection"


@dataclass(frozen=True, slots=True)
class Question:
    """A request to an endpoint whose public address is ``uri``; ``form`` as it came."""

    endpoint: Endpoint
    uri: str
    form: Sequence[tuple[str, str]]
    authorization: str | None
    address: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the questions of programs are answered."""

    database: Database
    tokens: AccessTokens
    prover: Prover

    def answer(self, question: Question, *, at: datetime) -> Answer:
        """Answer one question. Raises ``TooManyRequests`` and ``Busy``, and nothing for bad input.

        Authlib wants errors as exceptions and gives them back as answers, so each question has a
        server of its own, which knows its time.
        """
        rate = self.prover.rates.address
        if rate:
            self.prover.limits.take("oauth-address", question.address, rate=rate)
        server = _Server(self, question.address, at)
        try:
            form = form_of(question.form)
            request = _Request(question.uri, form, question.authorization)
            if question.endpoint is Endpoint.TOKEN:
                answer: Answer = server.create_token_response(request)
            else:
                answer = server.create_endpoint_response(str(question.endpoint), request)
        except OAuth2Error as error:
            answer = server.handle_response(*error())
        return answer


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A program that has proved itself, as Authlib wants to see it."""

    client: Client

    def get_client_id(self) -> str:
        return self.client.id

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in _GRANTS[self.client.kind]

    def get_allowed_scope(self, scope: str | None) -> str:
        """What a program gets that acts for itself: what it asks for, or all that it has."""
        wanted = set(scope.split()) if scope else self.client.scopes
        if not wanted or not wanted <= self.client.scopes:
            raise InvalidScopeError(description="The client does not have the requested scope.")
        return " ".join(sorted(wanted))


class _Request(OAuth2Request):  # type: ignore[misc] # Authlib has no types
    def __init__(self, uri: str, form: Mapping[str, str], authorization: str | None) -> None:
        super().__init__("POST", uri, headers={"Authorization": authorization or ""})
        self.payload = BasicOAuth2Payload(dict(form))

    @property
    def form(self) -> Mapping[str, str]:
        return self.payload.data  # type: ignore[no-any-return] # Authlib has no types


class _Server(AuthorizationServer):  # type: ignore[misc] # Authlib has no types
    def __init__(self, desk: Desk, address: str, at: datetime) -> None:
        super().__init__()
        self.desk, self.at, self._address = desk, at, address
        self.register_grant(Credentials)
        self.register_grant(Code, [Pkce()])
        self.register_grant(Refresh)
        self.register_endpoint(Revocation)
        self.register_endpoint(Introspection)

    def authenticate_client(
        self, request: _Request, methods: Sequence[str], endpoint: str = "token"
    ) -> OAuthClient:
        authorization = request.headers["Authorization"] or None
        client = self.desk.prover.prove(
            request.form, authorization, address=self._address, at=self.at
        )
        if client.method not in methods:
            raise InvalidClientError(status_code=401, description=UNPROVEN)
        request.auth_method = str(client.method)
        return OAuthClient(client)

    def create_oauth2_request(self, request: _Request) -> _Request:
        return request

    def generate_token(  # noqa: PLR0917 - Authlib's own shape
        self,
        grant_type: str,
        client: OAuthClient,
        user: Authorization | None = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,  # noqa: FBT001, FBT002
    ) -> dict[str, Any]:
        """``user`` is what our grants call so: the authorization that a person gave."""
        if user is None:
            scope = client.get_allowed_scope(scope)
            organisation_id, person_id, authorization_id = client.client.organisation_id, "", ""
        else:
            # The program may have lost a scope since; what it lost is not given again.
            scope = " ".join(sorted(set((scope or "").split()) & client.client.scopes))
            organisation_id, person_id = user.organisation_id, user.person_id
            authorization_id = user.id
        if not scope:
            raise InvalidScopeError(description="None of the scopes can be given any more.")
        token = {
            "token_type": "Bearer",
            "access_token": self.desk.tokens.issue(
                client.client.id,
                organisation_id=organisation_id,
                scope=scope,
                at=self.at,
                person_id=person_id,
                authorization_id=authorization_id,
            ),
            "expires_in": int(LIFETIME.total_seconds()),
            "scope": scope,
        }
        return token | ({"refresh_token": book.new_refresh_token()} if user else {})

    def save_token(self, token: Mapping[str, Any], request: _Request) -> None:
        """Use up what the token was given for. Access tokens are signed; there is none to keep."""
        if request.authorization_code:
            kept = book.redeem(
                self.desk.database,
                request.authorization_code,
                token["refresh_token"],
                at=self.at,
            )
        elif request.refresh_token:
            kept = book.rotate(
                self.desk.database, request.refresh_token, token["refresh_token"], at=self.at
            )
        else:
            return
        if not kept:
            raise InvalidGrantError(description="It was used before.")

    def send_signal(self, *_args: object, **_kwargs: object) -> None:
        """Nobody listens to Authlib's signals."""

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Answer:
        said = dict(headers)
        challenge = said.get("WWW-Authenticate")
        if challenge is not None:  # RFC 7617 §2 wants a realm
            said["WWW-Authenticate"] = challenge.replace("Basic ", 'Basic realm="opencpd", ', 1)
        return Answer(status, dict(body), said)
