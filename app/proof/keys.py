"""Public keys: one value, written as a Multikey or as a JWK, and the check of a signature.

Multikey: W3C Controlled Identifiers 1.0, section 2.2.2. JWK: RFC 7517, 7518, 8037. The algorithm
belongs to the key and never to the message that the key is asked about.
Never sees a private key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.proof.encoding import base58_decode, base58_encode, base64url_decode, base64url_encode
from app.proof.errors import ProofError
from app.proof.parse import JSON, Object


class Algorithm(StrEnum):
    """What a key signs with; one algorithm per key."""

    ED25519 = "Ed25519"
    ES256 = "ES256"
    ES384 = "ES384"


SIGNING = (Algorithm.ED25519, Algorithm.ES256)
"""What issuers here sign with; the others are only verified."""


@dataclass(frozen=True, slots=True)
class _Curve:
    """A curve of ECDSA with all that depends on it."""

    name: str
    curve: ec.EllipticCurve
    signs: ec.ECDSA
    size: int
    """The bytes of a coordinate, and of each half of a signature."""


_CURVES = {
    Algorithm.ES256: _Curve("P-256", ec.SECP256R1(), ec.ECDSA(SHA256()), 32),
    Algorithm.ES384: _Curve("P-384", ec.SECP384R1(), ec.ECDSA(SHA384()), 48),
}
_PREFIX = {
    Algorithm.ED25519: b"\xed\x01",
    Algorithm.ES256: b"\x80\x24",
    Algorithm.ES384: b"\x81\x24",
}
_LENGTH = {Algorithm.ED25519: 32, Algorithm.ES256: 33, Algorithm.ES384: 49}
_SUPPORTED = "Ed25519, P-256 and P-384"
_KEYS_HELD_OPEN = 1024


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A verification method: who controls which key, under which DID URL."""

    id: str
    controller: str
    algorithm: Algorithm
    multibase: str
    """The key as a Multikey value, such as ``z6Mk...`` or ``zDna...``."""

    def __post_init__(self) -> None:
        _check(self.algorithm, self.multibase)

    @property
    def jwk(self) -> Object:
        """The key as a JWK with its ``alg``, without ``kid``."""
        opened = _open(self.algorithm, self.multibase)
        if isinstance(opened, ed25519.Ed25519PublicKey):
            raw = opened.public_bytes(Encoding.Raw, PublicFormat.Raw)
            return {"kty": "OKP", "crv": "Ed25519", "x": base64url_encode(raw), "alg": "EdDSA"}
        numbers, curve = opened.public_numbers(), _CURVES[self.algorithm]
        return {
            "kty": "EC",
            "crv": curve.name,
            "x": base64url_encode(numbers.x.to_bytes(curve.size, "big")),
            "y": base64url_encode(numbers.y.to_bytes(curve.size, "big")),
            "alg": str(self.algorithm),
        }

    def verify(self, signature: bytes, *, data: bytes) -> None:
        """Raise ``ProofError`` unless ``signature`` over ``data`` is this key's.

        The signature is in the form that Data Integrity and JWS carry: 64 bytes, 96 for P-384.
        """
        try:
            _check(self.algorithm, self.multibase)(signature, data)
        except InvalidSignature as error:
            raise ProofError("signature-invalid", "The signature is not the key's.") from error


def from_cryptography(
    public: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey, *, key_id: str, controller: str
) -> PublicKey:
    """Name a key made elsewhere, as a signer does after it made one."""
    if isinstance(public, ed25519.Ed25519PublicKey):
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return _named(Algorithm.ED25519, raw, key_id=key_id, controller=controller)
    for algorithm, known in _CURVES.items():
        if public.curve.name == known.curve.name:
            raw = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
            return _named(algorithm, raw, key_id=key_id, controller=controller)
    raise ProofError("key-unsupported", f"The curve {public.curve.name} is not supported.")


def from_multibase(multibase: str, *, key_id: str, controller: str) -> PublicKey:
    """Read a Multikey's ``publicKeyMultibase``."""
    data = _decode(multibase)
    for algorithm, prefix in _PREFIX.items():
        if data.startswith(prefix):
            return PublicKey(key_id, controller, algorithm, multibase)
    named = f"The key of {key_id}" if key_id else "The key that was given"
    raise ProofError("key-unsupported", f"{named} is none of {_SUPPORTED}.")


def from_jwk(jwk: JSON, *, key_id: str, controller: str) -> PublicKey:
    """Read a ``publicKeyJwk``. Its ``alg``, when there, must fit the key."""
    members = jwk if isinstance(jwk, dict) else {}
    if "d" in members:
        raise ProofError("key-private", f"The key of {key_id} was published with its private part.")
    if members.get("use", "sig") != "sig" or members.get("key_ops", ["verify"]) != ["verify"]:
        raise ProofError("key-use", f"The key of {key_id} is not one for verifying signatures.")
    kind, alg = (members.get("kty"), members.get("crv")), members.get("alg")
    if kind == ("OKP", "Ed25519") and alg in (None, "EdDSA", "Ed25519"):
        return _named(
            Algorithm.ED25519, _coordinate(members, "x", 32), key_id=key_id, controller=controller
        )
    for algorithm, known in _CURVES.items():
        if kind == ("EC", known.name) and alg in (None, algorithm):
            return from_cryptography(
                _point(members, known, key_id=key_id), key_id=key_id, controller=controller
            )
    raise ProofError("key-unsupported", f"The key of {key_id} is none of {_SUPPORTED}.")


def _point(jwk: Object, curve: _Curve, *, key_id: str) -> ec.EllipticCurvePublicKey:
    x, y = (_coordinate(jwk, name, curve.size) for name in "xy")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(curve.curve, b"\x04" + x + y)
    except ValueError as error:
        message = f"The key of {key_id} is no point of {curve.name}."
        raise ProofError("key-malformed", message) from error


def _named(algorithm: Algorithm, raw: bytes, *, key_id: str, controller: str) -> PublicKey:
    return PublicKey(key_id, controller, algorithm, "z" + base58_encode(_PREFIX[algorithm] + raw))


def _coordinate(jwk: Object, name: str, size: int) -> bytes:
    value = jwk.get(name)
    data = base64url_decode(value) if isinstance(value, str) else b""
    if len(data) != size:
        raise ProofError("key-malformed", f"The JWK's {name} is not {size} bytes in base64url.")
    return data


def _decode(multibase: str) -> bytes:
    if not multibase.startswith("z"):
        raise ProofError("key-malformed", "A Multikey value begins with z (base58btc).")
    return base58_decode(multibase[1:])


def _raw(algorithm: Algorithm, multibase: str) -> bytes:
    data, prefix = _decode(multibase), _PREFIX[algorithm]
    if not data.startswith(prefix) or len(data) != len(prefix) + _LENGTH[algorithm]:
        raise ProofError("key-malformed", f"The value is not an {algorithm} Multikey.")
    return data[len(prefix) :]


@lru_cache(maxsize=_KEYS_HELD_OPEN)
def _check(algorithm: Algorithm, multibase: str) -> Callable[[bytes, bytes], None]:
    """Open a key and give its check of a signature; a key that is none is refused here.

    Kept, because opening a key takes a good part of the time of a check.
    """
    opened = _open(algorithm, multibase)
    if isinstance(opened, ed25519.Ed25519PublicKey):
        return _sized(64, opened.verify)
    size, signs = _CURVES[algorithm].size, _CURVES[algorithm].signs

    def verify(signature: bytes, data: bytes) -> None:
        r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        opened.verify(encode_dss_signature(r, s), data, signs)

    return _sized(2 * size, verify)


def _sized(length: int, check: Callable[[bytes, bytes], None]) -> Callable[[bytes, bytes], None]:
    def verify(signature: bytes, data: bytes) -> None:
        if len(signature) != length:
            raise ProofError("signature-invalid", f"The signature does not have {length} bytes.")
        check(signature, data)

    return verify


def _open(
    algorithm: Algorithm, multibase: str
) -> ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey:
    raw = _raw(algorithm, multibase)
    try:
        if algorithm is Algorithm.ED25519:
            return ed25519.Ed25519PublicKey.from_public_bytes(raw)
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[algorithm].curve, raw)
    except ValueError as error:
        raise ProofError("key-malformed", f"The value is no key of {algorithm}.") from error
