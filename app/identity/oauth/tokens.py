"""Access tokens: JSON Web Tokens by RFC 9068, signed with ES256 by a key of this node's own.

A token says for which organisation it is good (``org``, empty for a person's own affairs alone),
and, when a program acts for a person, who that is (``sub``) and by which authorization. What it
opens at the moment of its use is decided in ``authenticate``. The time is always an argument.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from app.identity.access import Unauthenticated
from app.identity.oauth.token_keys import LIFETIME, TokenKeys
from app.proof import jose
from app.proof.errors import ProofError

LEEWAY = timedelta(seconds=30)
_ALGORITHMS = ["ES256"]
_TEXTS = ("sub", "client_id", "org", "scope", "jti")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a token says."""

    id: str
    client_id: str
    organisation_id: str
    scopes: frozenset[str]
    issued_at: datetime
    ends_at: datetime
    person_id: str = ""
    authorization_id: str = ""

    @property
    def subject(self) -> str:
        """Who acts: the person, or the program itself (RFC 9068 §2.2)."""
        return self.person_id or self.client_id


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """Gives out and reads the tokens of one node. ``issuer`` is the node's public address."""

    keys: TokenKeys
    issuer: str

    def issue(
        self,
        client_id: str,
        *,
        organisation_id: str,
        scope: str,
        at: datetime,
        person_id: str = "",
        authorization_id: str = "",
    ) -> str:
        """A token with the space-separated scopes of ``scope``."""
        issued = int(at.timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.issuer,
            "sub": person_id or client_id,
            "client_id": client_id,
            "org": organisation_id,
            "scope": scope,
            "iat": issued,
            "exp": issued + int(LIFETIME.total_seconds()),
            "jti": secrets.token_urlsafe(16),
        }
        if authorization_id:
            claims["authorization"] = authorization_id
        key = self.keys.good(at=at)[0]
        return jwt.encode(_header(key.id), claims, key.key, algorithms=_ALGORITHMS)

    def read(self, token: str, *, at: datetime) -> AccessToken:
        """What a good token says. Raises ``Unauthenticated`` for any other."""
        try:
            found = jwt.decode(token, self._key(token, at=at), algorithms=_ALGORITHMS)
            jwt.JWTClaimsRegistry(
                now=int(at.timestamp()),
                leeway=int(LEEWAY.total_seconds()),
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self.issuer},
                exp={"essential": True},
                iat={"essential": True},
            ).validate(found.claims)
        except (ProofError, JoseError, ValueError) as error:
            raise Unauthenticated("The token is not of this node, or has ended.") from error
        return _said(found.claims)

    def public_keys(self, *, at: datetime) -> Sequence[dict[str, Any]]:
        """The keys that others can check tokens with, as JSON Web Keys (RFC 7517)."""
        return [
            {**key.key.as_dict(private=False), "kid": key.id, "alg": "ES256", "use": "sig"}
            for key in self.keys.good(at=at)
        ]

    def _key(self, token: str, *, at: datetime) -> ECKey:
        """The key that signed, if the header, which nothing vouches for, is one that we write."""
        header = jose.split(token).header
        for key in self.keys.good(at=at):
            if header == _header(key.id):
                return key.key
        raise Unauthenticated("This is a token of another kind, or its key is not used any more.")


def _header(kid: str) -> dict[str, Any]:
    return {"alg": "ES256", "typ": "at+jwt", "kid": kid}


def _said(claims: dict[str, Any]) -> AccessToken:
    texts = {name: claims.get(name) for name in _TEXTS}
    authorization = claims.get("authorization", "")
    if not all(isinstance(text, str) for text in (*texts.values(), authorization)):
        raise Unauthenticated("This token was made by an earlier version; ask for a new one.")
    by_itself = texts["sub"] == texts["client_id"]
    if by_itself != (not authorization):
        raise Unauthenticated("This token does not say who let it in.")
    return AccessToken(
        id=str(texts["jti"]),
        client_id=str(texts["client_id"]),
        organisation_id=str(texts["org"]),
        scopes=frozenset(str(texts["scope"]).split()),
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        ends_at=datetime.fromtimestamp(claims["exp"], UTC),
        person_id="" if by_itself else str(texts["sub"]),
        authorization_id=str(authorization),
    )
