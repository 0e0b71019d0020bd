"""Whether a program is the one it says it is (RFC 6749 §2.3, RFC 7523).

An unknown program, a revoked one, one that uses another way than its own and one with a wrong
secret or key look alike, and what is computed for each costs the same.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from authlib.oauth2.rfc6749.errors import InvalidClientError
from joserfc.jwk import ECKey

from app.identity import secrets
from app.identity.access import TOKEN_PATH
from app.identity.clients import keys, service
from app.identity.clients.keys import ClientKey
from app.identity.clients.rules import keeps_secret
from app.identity.model import AuthMethod, Client
from app.identity.oauth import assertions, store
from app.identity.oauth.assertions import AssertionRefused
from app.identity.oauth.client_keys import ClientKeys
from app.identity.oauth.presenting import Presented, presented
from app.platform.db import Database
from app.platform.limits import RateLimits

UNPROVEN = "The client did not prove itself by the method that it is registered with."


@dataclass(frozen=True, slots=True)
class Rates:
    """How often the endpoints may be asked, by one program and from one address; "" is ever."""

    client: str
    address: str


@dataclass(frozen=True, slots=True)
class Prover:
    """What it takes to know a program. ``issuer`` is the node's public address."""

    database: Database
    keys: ClientKeys
    limits: RateLimits
    rates: Rates
    issuer: str

    @property
    def audiences(self) -> frozenset[str]:
        """Whom an assertion may be meant for: this server, or its token endpoint."""
        return frozenset({self.issuer, self.issuer + TOKEN_PATH})

    def prove(
        self, form: Mapping[str, str], authorization: str | None, *, address: str, at: datetime
    ) -> Client:
        """The program that asks.

        Raises Authlib's ``InvalidClientError`` and ``InvalidRequestError``, ``TooManyRequests``,
        ``Busy``.
        """
        given = presented(form, authorization)
        if given is None:
            raise _unproven()
        # By address as well: or anybody who knows a program's id could keep it out. As a hash:
        # what comes here as an id may be any text, and limits may be kept where not every text can.
        named = hashlib.sha256(given.client_id.encode("utf-8", "surrogatepass")).hexdigest()
        who = f"{named[:32]} {address}"
        if self.rates.client:
            self.limits.take("oauth-client", who, rate=self.rates.client)
        with self.database.read() as session:
            client = service.live(session, given.client_id)
        known = client if client and client.method is given.method else None
        if not self._is_proven(given, known, at=at) or known is None:
            raise _unproven()
        return known

    def _is_proven(self, given: Presented, client: Client | None, *, at: datetime) -> bool:
        if given.method is AuthMethod.PRIVATE_KEY_JWT:
            return self._has_key(given, client, at=at)
        if given.method is AuthMethod.NONE:
            return client is not None
        hashes = client.secret_hashes(at=at) if client and keeps_secret(client) else ()
        return any(
            secrets.matches(given.secret, secret_hash=known)
            for known in hashes or (_nobodys_hash(),)
        )

    def _has_key(self, given: Presented, client: Client | None, *, at: datetime) -> bool:
        if given.assertion is None:
            return False
        known = self.keys.of(client, kid=given.assertion.kid, at=at) if client else ()
        try:
            trusted = assertions.verify(
                given.assertion, keys=known or _nobodys_keys(), audiences=self.audiences, at=at
            )
        except AssertionRefused as error:
            raise InvalidClientError(status_code=401, description=str(error)) from error
        with self.database.write() as session:
            if not store.remember_assertion(session, trusted, at=at):
                raise InvalidClientError(
                    status_code=401, description="The assertion was used before; make a new one."
                )
        return True


def _unproven() -> InvalidClientError:
    return InvalidClientError(status_code=401, description=UNPROVEN)


@cache
def _nobodys_hash() -> str:
    return secrets.hash_secret(secrets.new_secret())


@cache
def _nobodys_keys() -> tuple[ClientKey, ...]:
    jwk = ECKey.generate_key("P-256").as_dict(private=False)
    return keys.read_keys({"keys": [jwk]})
