"""Programs that ask for tokens, and what answers them where there is no whole node."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from app.identity.oauth import assertions
from app.identity.oauth.client_keys import ClientKeys
from app.identity.oauth.proving import Prover, Rates
from app.identity.oauth.server import Desk
from app.identity.oauth.token_keys import TokenKey
from app.identity.oauth.tokens import AccessTokens
from app.platform.db import Database
from app.platform.limits import RateLimits
from app.platform.problems import Unavailable
from tests.conftest import NOW

OFTEN = Rates(client="10000/second", address="10000/second")


class MemoryKeys:
    """One key for access tokens that lasts as long as the test."""

    def __init__(self) -> None:
        self.key = TokenKey(ECKey.generate_key("P-256"), NOW)

    def good(self, *, at: datetime) -> Sequence[TokenKey]:
        return [self.key]


def no_network(url: str) -> bytes:
    raise Unavailable(f"{url}: nothing is fetched here")


def make_desk(
    database: Database,
    tokens: AccessTokens,
    *,
    fetch: Callable[[str], bytes] = no_network,
    rates: Rates = OFTEN,
) -> Desk:
    """Where programs ask for tokens; it counts their questions, but allows many."""
    prover = Prover(database, ClientKeys(fetch), RateLimits(), rates, issuer=tokens.issuer)
    return Desk(database, tokens, prover)


def public_set(*keys: ECKey | OKPKey | RSAKey, **more: Any) -> dict[str, Any]:
    """The JWK set of these keys."""
    return {"keys": [{**key.as_dict(private=False), **more} for key in keys]}


def assertion(
    key: Any, client_id: str, *, aud: Any, at: datetime, alg: str = "ES256", **changes: Any
) -> dict[str, str]:
    """The form parameters by which a program proves itself; a claim that is ``None`` is left out.

    ``header`` among ``changes`` are members to add to the token's header.
    """
    header = {"alg": alg, **changes.pop("header", {})}
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": aud,
        "iat": int(at.timestamp()),
        "exp": int((at + timedelta(minutes=5)).timestamp()),
        "jti": secrets.token_urlsafe(12),
        **changes,
    }
    said = {name: value for name, value in claims.items() if value is not None}
    return {
        "client_assertion_type": assertions.TYPE,
        "client_assertion": jwt.encode(header, said, key, algorithms=[alg]),
    }
