"""Credentials as compact tokens: ``vc+jwt`` of W3C VC-JOSE-COSE, section 3.1, with RFC 7515.

The payload is the credential itself beside the registered claims ``iss sub jti nbf`` (and ``exp``),
as Open Badges 3.0 section 8.2.4 wants; each that is there must say what the credential says. There
is no ``vc`` claim. The algorithm is the key record's. Keys and addresses in the header (``jwk jku
x5c x5u``) are never looked at; ``crit`` and everything else that would change the meaning is
refused.
"""

from dataclasses import dataclass
from functools import lru_cache

from app.proof.encoding import base64url_decode, base64url_encode
from app.proof.errors import ProofError
from app.proof.keys import Algorithm, PublicKey
from app.proof.parse import JSON, RECORD, Limits, Object, dump, load_object
from app.proof.times import read_time

TYPE = "vc+jwt"
_HEADERS_KEPT, _TIMES_KEPT = 256, 1024
_LONGEST_KEPT = 1024
_NAMES = {
    Algorithm.ES256: {"ES256"},
    Algorithm.ES384: {"ES384"},
    Algorithm.ED25519: {"EdDSA", "Ed25519"},
}
_REFUSED_HEADERS = frozenset({"crit", "b64", "zip", "enc"})
_REFUSED_CLAIMS = frozenset({"vc", "vp"})
REGISTERED = frozenset({"iss", "sub", "jti", "nbf", "exp", "iat"})
"""The claims that stand beside the credential and are no part of it."""


@dataclass(frozen=True, slots=True)
class UntrustedToken:
    """A token taken apart. Nothing in it is verified."""

    header: Object
    payload: bytes
    signing_input: bytes
    signature: bytes

    @property
    def key_id(self) -> str:
        """The key that the token names."""
        kid = self.header.get("kid")
        if not isinstance(kid, str):
            raise ProofError("jwt-header", "The token does not name its key (kid).")
        return kid


def signing_input(credential: Object, *, kid: str, written: bytes | None = None) -> bytes:
    """Give the bytes to sign with ES256 for a credential and the claims that go with it.

    Whoever has the credential ``written`` by ``dump`` already saves writing it once more.
    """
    if not REGISTERED.isdisjoint(credential):
        raise ProofError("jwt-claims", "The credential has members that are a token's claims.")
    header: Object = {"alg": "ES256", "typ": TYPE, "cty": "vc", "kid": kid}
    claims = dump(_expected(credential))
    body = dump(credential) if written is None else written
    payload = b"{" + b",".join(part for part in (claims[1:-1], body[1:-1]) if part) + b"}"
    return f"{base64url_encode(dump(header))}.{base64url_encode(payload)}".encode("ascii")


def assemble(signing_input: bytes, signature: bytes) -> str:
    """Put the token together."""
    return f"{signing_input.decode('ascii')}.{base64url_encode(signature)}"


def split(token: str, *, limits: Limits = RECORD) -> UntrustedToken:
    """Take a compact JWS apart, strictly; the header must be one we understand in full."""
    parts = token.split(".", 3) if len(token) <= 2 * limits.size else []
    if len(parts) != 3 or not all(parts):
        raise ProofError("jwt-malformed", "The text is not a compact token.")
    header, payload, signature = parts
    read = _header if len(header) <= _LONGEST_KEPT else _header.__wrapped__
    return UntrustedToken(
        header=dict(read(header)),
        payload=base64url_decode(payload),
        signing_input=token[: -len(signature) - 1].encode("ascii"),
        signature=base64url_decode(signature),
    )


@lru_cache(maxsize=_HEADERS_KEPT)
def _header(text: str) -> Object:
    """Read a header. The tokens of an issuer have one and the same, so it is remembered."""
    members = load_object(base64url_decode(text))
    if not _REFUSED_HEADERS.isdisjoint(members):
        raise ProofError("jwt-header", "The token's header asks for what is not supported.")
    return members


def verify_signature(token: UntrustedToken, *, key: PublicKey) -> None:
    """Raise ``ProofError`` unless the token is signed by ``key``, with the key's algorithm."""
    alg = token.header.get("alg")
    if not isinstance(alg, str) or alg not in _NAMES[key.algorithm]:
        raise ProofError("key-algorithm", f"The key {key.id} signs {key.algorithm} only.")
    key.verify(token.signature, data=token.signing_input)


def read_jwt(token: str, *, limits: Limits = RECORD) -> tuple[UntrustedToken, Object]:
    """Give a ``vc+jwt`` taken apart, and the credential in it; the signature is not verified."""
    parts = split(token, limits=limits)
    return parts, read_credential(parts, limits=limits)[0]


def read_credential(
    parts: UntrustedToken, *, limits: Limits = RECORD
) -> tuple[Object, frozenset[str]]:
    """Give the credential in a ``vc+jwt``, and the names of the registered claims beside it."""
    check_type(parts)
    payload = load_object(parts.payload, limits=limits)
    if not _REFUSED_CLAIMS.isdisjoint(payload):
        raise ProofError("jwt-claims", "The credential is wrapped in a vc or vp claim.")
    credential: Object = {name: payload[name] for name in payload if name not in REGISTERED}
    for name, said in _expected(credential).items():
        if payload.get(name, said) != said:
            raise ProofError("jwt-claims", f"The claim {name} is not what the credential says.")
    if "exp" in payload and "validUntil" not in credential:
        raise ProofError("jwt-claims", "The token expires, but the credential does not say so.")
    return credential, REGISTERED.intersection(payload)


def check_type(parts: UntrustedToken) -> None:
    """Raise ``ProofError`` unless a token says that it is a ``vc+jwt``."""
    if parts.header.get("typ") != TYPE or parts.header.get("cty", "vc") != "vc":
        raise ProofError("jwt-header", f"The token's type is not {TYPE}.")


def claims(token: str, *, limits: Limits = RECORD) -> Object:
    """Give everything a token's payload says, its registered claims too. Nothing is verified."""
    return load_object(split(token, limits=limits).payload, limits=limits)


def verify_jwt(token: str, *, key: PublicKey, limits: Limits = RECORD) -> Object:
    """Give the credential of a ``vc+jwt`` that ``key`` signed, or raise ``ProofError``."""
    parts, credential = read_jwt(token, limits=limits)
    if parts.key_id != key.id:
        raise ProofError("key-mismatch", f"The token names {parts.key_id}.")
    verify_signature(parts, key=key)
    return credential


def _expected(credential: Object) -> Object:
    """The claims that say what the credential says."""
    issuer, subject = credential.get("issuer"), credential.get("credentialSubject")
    said: Object = {
        "iss": issuer.get("id") if isinstance(issuer, dict) else issuer,
        "sub": subject.get("id") if isinstance(subject, dict) else None,
        "jti": credential.get("id"),
        "nbf": _seconds(credential.get("validFrom")),
        "exp": _seconds(credential.get("validUntil")),
    }
    return {name: value for name, value in said.items() if value is not None}


def _seconds(time: JSON) -> int | None:
    return _since_1970(time) if isinstance(time, str) else None


@lru_cache(maxsize=_TIMES_KEPT)
def _since_1970(time: str) -> int:
    """The records of one day have few times among them; what is no time is not kept."""
    return int(read_time(time).timestamp())
