"""A program's proof by its own key: a JSON Web Token it signed (RFC 7523 §2.2 and §3). Pure.

1. The token is read strictly, and its header names an algorithm that is accepted here.
2. ``iss`` and ``sub`` are the program's id, and say so before anything is trusted.
3. It is meant for this node and for nobody else besides.
4. It ends, at most ten minutes from now, and has an id of its own.
5. One of the program's keys signed it. Keys and addresses of keys in its header are not looked at.

That it was never used before is the caller's to see to. Authlib's own check reads the clock and
takes any algorithm that fits the key; this one is told the time and goes by the key's record.
"""

import hashlib
import string
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from app.identity.clients.keys import ALGORITHMS, ClientKey
from app.proof import jose
from app.proof.errors import ProofError
from app.proof.jose import UntrustedToken
from app.proof.parse import Object, load_object

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST = timedelta(minutes=10)
LEEWAY = timedelta(seconds=30)
_LONGEST_ID = 200
_FAR = 10**11  # seconds; no time beyond it can be written


class AssertionRefused(Exception):
    """The assertion proves nothing; the text says why, in ASCII and without quotes."""


@dataclass(frozen=True, slots=True)
class UntrustedAssertion:
    """An assertion taken apart. Nothing in it is verified."""

    parts: UntrustedToken
    claims: Object
    client_id: str
    algorithm: str
    kid: str | None


@dataclass(frozen=True, slots=True)
class TrustedAssertion:
    """A good assertion: what must be remembered of it, and until when."""

    fingerprint: str
    ends_at: datetime


def read(token: str) -> UntrustedAssertion:
    """Take an assertion apart. Raises ``AssertionRefused``."""
    try:
        parts = jose.split(token)
        claims = load_object(parts.payload)
    except (ProofError, ValueError) as error:
        raise AssertionRefused("The assertion is no signed token.") from error
    algorithm, kid, subject = parts.header.get("alg"), parts.header.get("kid"), claims.get("sub")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise AssertionRefused(f"Sign the assertion with one of {' '.join(ALGORITHMS)}.")
    if kid is not None and not isinstance(kid, str):
        raise AssertionRefused("The kid of the assertion is no text.")
    if not isinstance(subject, str) or claims.get("iss") != subject:
        raise AssertionRefused("Both iss and sub of the assertion are the id of the client.")
    return UntrustedAssertion(parts, claims, subject, algorithm, kid)


def verify(
    untrusted: UntrustedAssertion,
    *,
    keys: Sequence[ClientKey],
    audiences: Collection[str],
    at: datetime,
) -> TrustedAssertion:
    """Check everything of an assertion. Raises ``AssertionRefused``."""
    _check_audience(untrusted.claims.get("aud"), audiences)
    ends_at = _end(untrusted.claims, at=at)
    own_id = untrusted.claims.get("jti")
    if not isinstance(own_id, str) or not 0 < len(own_id) <= _LONGEST_ID:
        raise AssertionRefused(f"An assertion has a jti of up to {_LONGEST_ID} characters.")
    if not any(_is_signed(untrusted, key) for key in keys):
        raise AssertionRefused("The assertion is not signed by a key of the client.")
    mark = f"{untrusted.client_id} {own_id}".encode("utf-8", "surrogatepass")
    return TrustedAssertion(hashlib.sha256(mark).hexdigest(), ends_at + 2 * LEEWAY)


def _check_audience(said: object, audiences: Collection[str]) -> None:
    """Every audience must be this node: another one could use the assertion here, or we there."""
    named = said if isinstance(said, list) else [said]
    if not named or not all(isinstance(one, str) and one in audiences for one in named):
        known = " or ".join(sorted(one for one in audiences if set(one) <= _PLAIN))
        raise AssertionRefused(f"The aud of the assertion must be {known} alone.")


_PLAIN = frozenset(string.ascii_letters + string.digits + "-._~:/?#[]@!$&'()*+,;=%")


def _end(claims: Object, *, at: datetime) -> datetime:
    ends_at = _time(claims.get("exp"))
    if ends_at is None or ends_at <= at - LEEWAY:
        raise AssertionRefused("The assertion has no exp, or it has ended.")
    if ends_at > at + LONGEST + LEEWAY:
        raise AssertionRefused("Let the assertion end within ten minutes.")
    for name in ("nbf", "iat"):
        begins = _time(claims[name]) if name in claims else at
        if begins is None or begins > at + LEEWAY:
            raise AssertionRefused(f"The {name} of the assertion has not come yet.")
    return ends_at


def _time(seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return datetime.fromtimestamp(seconds, UTC) if 0 <= seconds < _FAR else None


def _is_signed(untrusted: UntrustedAssertion, key: ClientKey) -> bool:
    if untrusted.kid is not None and key.kid is not None and untrusted.kid != key.kid:
        return False
    if untrusted.algorithm not in key.algorithms:
        return False
    # The old name of the one algorithm; joserfc warns whoever uses it (RFC 9864).
    name = "Ed25519" if untrusted.algorithm == "EdDSA" else untrusted.algorithm
    algorithm = JWSRegistry.algorithms[name]
    try:
        return bool(
            algorithm.verify(untrusted.parts.signing_input, untrusted.parts.signature, key.key)
        )
    except (JoseError, ValueError):
        return False
