"""OpenID providers in memory: an honest one, which a test makes lie in one thing."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote_plus, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from app.identity.oidc.tokens import LOGOUT_EVENT
from app.platform.fetch import Answer, NoAnswer
from app.platform.settings import OidcProvider

CLIENT_ID, CLIENT_SECRET = "opencpd", "a secret: 100 % für tests"
JSON_TYPE = "application/json"

Claims = dict[str, Any]


def said(value: Any, *, status: int = 200) -> Answer:
    """An answer in JSON."""
    return Answer(status, JSON_TYPE, json.dumps(value).encode())


def signed(claims: Claims, key: Any, header: Mapping[str, Any]) -> str:
    """A compact JWS, with whatever header and algorithm."""
    registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    return jws.serialize_compact(dict(header), json.dumps(claims), key, registry=registry)


def unsigned(claims: Claims) -> str:
    """A token with the algorithm ``none``."""
    parts = ({"alg": "none"}, claims)
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*texts, b""]).decode()


@dataclass
class SimulatedProvider:
    """A provider and its accounts. It is honest unless a test says otherwise.

    ``lie`` changes the claims of an ID token, ``forge`` writes the token itself, ``answers`` stands
    in for what an address would answer.
    """

    now: Callable[[], datetime]
    issuer: str = "https://id.example"
    names_itself: bool = True
    document: Claims = field(default_factory=dict)
    """What its discovery document says otherwise than usual."""
    person: Claims = field(default_factory=lambda: {"sub": "248289761001"})
    """Who signs in next: the claims of the userinfo endpoint."""
    in_token: tuple[str, ...] = ("sub",)
    """Which of them are in the ID token too."""
    lie: Callable[[Claims], None] = lambda _claims: None
    forge: Callable[[Claims], str] | None = None
    answers: dict[str, Answer | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for."""

    def __post_init__(self) -> None:
        self.turn_keys("first")
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, Claims] = {}

    def turn_keys(self, kid: str) -> None:
        """Sign with another key from now on, and publish no other."""
        self.key = ECKey.generate_key("P-256")
        self.header: dict[str, Any] = {"alg": "ES256", "kid": kid}
        self.published: list[dict[str, Any]] = [
            self.key.as_dict(private=False) | {"kid": kid, "use": "sig", "alg": "ES256"}
        ]

    def sign_with_rsa(self) -> RSAKey:
        """Sign with RS256 from now on."""
        key = RSAKey.generate_key(2048)
        self.key, self.header = key, {"alg": "RS256", "kid": "rsa"}
        self.published = [key.as_dict(private=False) | {"kid": "rsa"}]
        return key

    def settings(self, **changes: Any) -> OidcProvider:
        """How a node is told of this provider."""
        usual = {"id": "id", "label": "Example ID", "issuer": self.issuer, "client_id": CLIENT_ID}
        return OidcProvider(**(usual | {"client_secret": CLIENT_SECRET} | changes))

    def close(self) -> None:
        """Nothing is open."""

    # What a node asks.

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b""
    ) -> Answer:
        path = urlsplit(url).path
        self.asked.append(path)
        instead = self.answers.get(path)
        if isinstance(instead, Exception):
            raise instead
        if instead is not None:
            return instead
        if path == "/.well-known/openid-configuration":
            return said(self._document() | self.document)
        if path == "/jwks":
            return said({"keys": self.published})
        if path == "/token" and method == "POST":
            return self._token(dict(headers), dict(parse_qsl(content.decode())))
        if path == "/me":
            found = self._tokens.get(dict(headers)["Authorization"].removeprefix("Bearer "))
            return said(found) if found else said({"error": "invalid_token"}, status=401)
        return said({"error": "not_found"}, status=404)

    def _document(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/me",
            "end_session_endpoint": f"{self.issuer}/session/end",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
            "authorization_response_iss_parameter_supported": self.names_itself,
        }

    def _token(self, headers: Mapping[str, str], form: Mapping[str, str]) -> Answer:
        basic = base64.b64encode(f"{CLIENT_ID}:{quote_plus(CLIENT_SECRET)}".encode()).decode()
        if headers.get("Authorization") != f"Basic {basic}":
            return said({"error": "invalid_client"}, status=401)
        asked = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or challenge != asked["code_challenge"]
            or form.get("redirect_uri") != asked["redirect_uri"]
        ):
            return said({"error": "invalid_grant"}, status=400)
        access = f"access-{len(self._tokens)}"
        self._tokens[access] = dict(self.person)
        token = self.id_token(nonce=asked["nonce"], access_token=access)
        return said({"access_token": access, "token_type": "Bearer", "id_token": token})

    # What a test does.

    def id_token(self, *, nonce: str, access_token: str = "") -> str:
        """An ID token of the person who signs in."""
        at = int(self.now().timestamp())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims: Claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": at,
            "exp": at + 300,
            "nonce": nonce,
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            **{name: self.person[name] for name in self.in_token if name in self.person},
        }
        self.lie(claims)
        return self.forge(claims) if self.forge else signed(claims, self.key, self.header)

    def logout_token(self, **changes: Any) -> str:
        """A logout token for the person's sign-ins; a claim that is ``None`` is left out."""
        at = self.now()
        claims: Claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": int(at.timestamp()),
            "exp": int((at + timedelta(minutes=2)).timestamp()),
            "jti": f"jti-{at.timestamp()}",
            "sub": self.person["sub"],
            "events": {LOGOUT_EVENT: {}},
        } | changes
        kept = {name: value for name, value in claims.items() if value is not None}
        return signed(kept, self.key, self.header | {"typ": "logout+jwt"})

    def sign_in(self, address: str, **changes: str | None) -> str:
        """Somebody signs in at the address a node sent to; gives the address to come back to."""
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}" == self.issuer
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(asked['state'])}-{len(self._codes)}-{asked['state'][:8]}"
        self._codes[code] = asked
        answer: dict[str, str | None] = {"code": code, "state": asked["state"]}
        if self.names_itself:
            answer["iss"] = self.issuer
        kept = {name: value for name, value in (answer | changes).items() if value is not None}
        return f"{asked['redirect_uri']}?{urlencode(kept)}"


class Internet:
    """Everything that can be reached: these providers and nothing else."""

    def __init__(self, *providers: SimulatedProvider) -> None:
        self._providers = {provider.issuer: provider for provider in providers}

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b""
    ) -> Answer:
        parts = urlsplit(url)
        provider = self._providers.get(f"{parts.scheme}://{parts.netloc}")
        if provider is None:
            raise NoAnswer("no such host")
        return provider(method, url, headers=headers, content=content)

    def close(self) -> None:
        """Nothing is open."""
