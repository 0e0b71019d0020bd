"""The public keys of a program, as JSON Web Keys (RFC 7517). Pure.

What comes in was written by somebody else: only the members that a key is made of are read, and
only keys that can sign with what this node accepts are kept. A set with a private or a symmetric
key in it is refused whole, since whoever reads it could sign with it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from app.platform.problems import FieldProblem, Invalid
from app.proof.encoding import base64url_decode
from app.proof.errors import ProofError

ALGORITHMS = ("ES256", "ES384", "PS256", "RS256", "EdDSA", "Ed25519")
"""What a program may sign its assertions with (RFC 7518 §3.1, RFC 8037, RFC 9864)."""

MOST_KEYS = 20
_LONGEST_KID = 200
_LONGEST_MODULUS = 1400  # characters; 8192 bits are 1366
_RSA_BITS = range(2048, 8193)
_EXPONENT = re.compile(r"[A-Za-z0-9_-]{1,6}")  # up to 2**32; a longer one only costs time
_MEMBERS = {"EC": ("crv", "x", "y"), "OKP": ("crv", "x"), "RSA": ("n", "e")}
_CURVES = {"P-256": "ES256", "P-384": "ES384"}
_KIND: Mapping[str, type[ECKey] | type[OKPKey] | type[RSAKey]] = {
    "EC": ECKey,
    "OKP": OKPKey,
    "RSA": RSAKey,
}
_SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class KeysUnusable(Invalid):
    """What should be a set of public keys is none."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, fields=[FieldProblem("/jwks", "keys-unusable", detail)])


@dataclass(frozen=True, slots=True)
class ClientKey:
    """One key, ready to verify with, and the algorithms it may be used with."""

    kid: str | None
    algorithms: frozenset[str]
    key: ECKey | OKPKey | RSAKey
    public: Mapping[str, str]
    """The key as it is kept and shown: what it is made of, its ``kid`` and ``alg``."""


def read_keys(document: object) -> tuple[ClientKey, ...]:
    """The usable keys of a JWK set. Raises ``KeysUnusable``, also when there is none."""
    keys = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(keys, list) or not keys:
        raise KeysUnusable('A JWK set is an object with a list "keys" in it.')
    if len(keys) > MOST_KEYS:
        raise KeysUnusable(f"A JWK set may have {MOST_KEYS} keys here.")
    found = tuple(key for key in map(_read_key, keys) if key is not None)
    if not found:
        known = ", ".join(ALGORITHMS)
        raise KeysUnusable(f"No key of the set can sign with {known} (RSA from 2048 bits).")
    return found


def as_set(keys: Sequence[ClientKey]) -> dict[str, Any]:
    """The keys as the JWK set that is kept."""
    return {"keys": [dict(key.public) for key in keys]}


def _read_key(jwk: object) -> ClientKey | None:
    if not isinstance(jwk, Mapping) or not isinstance(jwk.get("kty"), str):
        raise KeysUnusable("Each of the keys is an object with a kty.")
    if jwk["kty"] == "oct" or not _SECRET_MEMBERS.isdisjoint(jwk):
        raise KeysUnusable("The set holds a private or secret key. Give the public ones alone.")
    kid, members = jwk.get("kid"), _MEMBERS.get(jwk["kty"])
    if kid is not None and (not isinstance(kid, str) or len(kid) > _LONGEST_KID):
        raise KeysUnusable(f"A kid is a text of up to {_LONGEST_KID} characters.")
    if members is None or not _is_for_signatures(jwk):
        return None
    public = {name: jwk.get(name) for name in ("kty", *members)}
    key = _imported(public)
    algorithms = _algorithms(key) if key else frozenset()
    named = jwk.get("alg")
    if named is not None:
        same = {"EdDSA", "Ed25519"} if named in ("EdDSA", "Ed25519") else {named}
        algorithms &= same if isinstance(named, str) else frozenset()
    if key is None or not algorithms:
        return None
    shown = {name: str(value) for name, value in public.items()}
    shown |= {name: str(jwk[name]) for name in ("kid", "alg") if jwk.get(name) is not None}
    return ClientKey(kid, algorithms, key, shown)


def _is_for_signatures(jwk: Mapping[str, Any]) -> bool:
    uses, operations = jwk.get("use", "sig"), jwk.get("key_ops", ["verify"])
    return uses == "sig" and isinstance(operations, list) and "verify" in operations


def _imported(public: Mapping[str, Any]) -> ECKey | OKPKey | RSAKey | None:
    """The key; ``None`` for one that is broken or of a size that nobody should have."""
    if not all(isinstance(value, str) for value in public.values()):
        return None
    if public["kty"] == "EC" and public["crv"] not in _CURVES:
        return None
    if public["kty"] == "OKP" and public["crv"] != "Ed25519":
        return None
    try:
        if public["kty"] == "RSA" and not _is_sound(public):
            return None
        key = _KIND[public["kty"]].import_key(dict(public))
        key.public_key  # noqa: B018 - made only when it is looked at
    except (JoseError, ProofError, ValueError, TypeError):
        return None
    return key


def _is_sound(public: Mapping[str, Any]) -> bool:
    """Whether an RSA key is of a size to believe in, and to wait for."""
    if len(public["n"]) > _LONGEST_MODULUS or not _EXPONENT.fullmatch(public["e"]):
        return False
    return int.from_bytes(base64url_decode(public["n"])).bit_length() in _RSA_BITS


def _algorithms(key: ECKey | OKPKey | RSAKey) -> frozenset[str]:
    if isinstance(key, RSAKey):
        return frozenset({"RS256", "PS256"})
    if isinstance(key, OKPKey):
        return frozenset({"EdDSA", "Ed25519"})
    return frozenset({_CURVES[str(key["crv"])]})
