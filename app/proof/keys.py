"""Public keys: one value, written as a Multikey or as a JWK, and the check of a signature.

Multikey: W3C Controlled Identifiers 1.0, section 2.2.2. JWK: RFC 7517, 7518, 8037. The algorithm
belongs to the key and never to the message that the key is asked about.
Never sees a private key.
"""

from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.proof.encoding import base58_decode, base58_encode, base64url_decode, base64url_encode
from app.proof.errors import ProofError
from app.proof.parse import JSON, Object


class Algorithm(StrEnum):
    """What a key signs with; one algorithm per key."""

    ED25519 = "Ed25519"
    ES256 = "ES256"


_PREFIX = {Algorithm.ED25519: b"\xed\x01", Algorithm.ES256: b"\x80\x24"}
_LENGTH = {Algorithm.ED25519: 32, Algorithm.ES256: 33}
_SIGNATURE = 64  # both algorithms, in the form that Data Integrity and JWS carry


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A verification method: who controls which key, under which DID URL."""

    id: str
    controller: str
    algorithm: Algorithm
    multibase: str
    """The key as a Multikey value, such as ``z6Mk...`` or ``zDna...``."""

    def __post_init__(self) -> None:
        _load(self.algorithm, _raw(self.algorithm, self.multibase))

    @property
    def jwk(self) -> Object:
        """The key as a JWK with its ``alg``, without ``kid``."""
        raw = _raw(self.algorithm, self.multibase)
        if self.algorithm is Algorithm.ED25519:
            return {"kty": "OKP", "crv": "Ed25519", "x": base64url_encode(raw), "alg": "EdDSA"}
        numbers = _p256(raw).public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": base64url_encode(numbers.x.to_bytes(32, "big")),
            "y": base64url_encode(numbers.y.to_bytes(32, "big")),
            "alg": "ES256",
        }

    def verify(self, signature: bytes, *, data: bytes) -> None:
        """Raise ``ProofError`` unless ``signature`` (64 bytes) over ``data`` is this key's."""
        if len(signature) != _SIGNATURE:
            raise ProofError("signature-invalid", "The signature does not have 64 bytes.")
        raw = _raw(self.algorithm, self.multibase)
        try:
            if self.algorithm is Algorithm.ED25519:
                _ed25519(raw).verify(signature, data)
            else:
                r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
                _p256(raw).verify(encode_dss_signature(r, s), data, ec.ECDSA(SHA256()))
        except InvalidSignature as error:
            raise ProofError("signature-invalid", "The signature is not the key's.") from error


def from_cryptography(
    public: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey, *, key_id: str, controller: str
) -> PublicKey:
    """Name a key made elsewhere, as a signer does after it made one."""
    if isinstance(public, ed25519.Ed25519PublicKey):
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return _named(Algorithm.ED25519, raw, key_id=key_id, controller=controller)
    if not isinstance(public.curve, ec.SECP256R1):
        raise ProofError("key-unsupported", f"The curve {public.curve.name} is not supported.")
    raw = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return _named(Algorithm.ES256, raw, key_id=key_id, controller=controller)


def from_multibase(multibase: str, *, key_id: str, controller: str) -> PublicKey:
    """Read a Multikey's ``publicKeyMultibase``."""
    data = _decode(multibase)
    for algorithm, prefix in _PREFIX.items():
        if data.startswith(prefix):
            return PublicKey(key_id, controller, algorithm, multibase)
    raise ProofError("key-unsupported", f"The key of {key_id} is neither Ed25519 nor P-256.")


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
            Algorithm.ED25519, _coordinate(members, "x"), key_id=key_id, controller=controller
        )
    if kind == ("EC", "P-256") and alg in (None, "ES256"):
        x, y = _coordinate(members, "x"), _coordinate(members, "y")
        try:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
        except ValueError as error:
            raise ProofError(
                "key-malformed", f"The key of {key_id} is no point of P-256."
            ) from error
        return from_cryptography(point, key_id=key_id, controller=controller)
    raise ProofError("key-unsupported", f"The key of {key_id} is neither Ed25519 nor P-256.")


def _named(algorithm: Algorithm, raw: bytes, *, key_id: str, controller: str) -> PublicKey:
    return PublicKey(key_id, controller, algorithm, "z" + base58_encode(_PREFIX[algorithm] + raw))


def _coordinate(jwk: Object, name: str) -> bytes:
    value = jwk.get(name)
    data = base64url_decode(value) if isinstance(value, str) else b""
    if len(data) != 32:
        raise ProofError("key-malformed", f"The JWK's {name} is not 32 bytes in base64url.")
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


def _load(algorithm: Algorithm, raw: bytes) -> None:
    """Refuse a key that is none, when it is read and not when it is first needed."""
    if algorithm is Algorithm.ED25519:
        _ed25519(raw)
    else:
        _p256(raw)


def _ed25519(raw: bytes) -> ed25519.Ed25519PublicKey:
    try:
        return ed25519.Ed25519PublicKey.from_public_bytes(raw)
    except ValueError as error:
        raise ProofError("key-malformed", "The value is no Ed25519 key.") from error


def _p256(raw: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError as error:
        raise ProofError("key-malformed", "The value is no point of P-256.") from error
