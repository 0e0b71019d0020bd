"""A signer in memory, and one that breaks when it is told to."""

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from app.proof.did import without_fragment
from app.proof.keys import Algorithm, PublicKey, from_cryptography
from app.trust.signer import KeyMissing, SignerError


class MemorySigner:
    """Keys that last as long as the test. ``break_at`` makes the n-th signature from now fail."""

    def __init__(self) -> None:
        self._keys: dict[str, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey] = {}
        self.signatures = 0
        self._breaks_at: int | None = None
        self._error: Exception = SignerError("the signer's cable was pulled")
        self._garble = False

    def break_at(self, number: int, error: Exception | None = None) -> None:
        self._breaks_at = self.signatures + number
        if error is not None:
            self._error = error

    def garble(self, *, on: bool) -> None:
        """Give signatures over other bytes than those asked for."""
        self._garble = on

    def create(self, key_id: str, *, algorithm: Algorithm) -> PublicKey:
        if key_id not in self._keys:
            self._keys[key_id] = (
                ed25519.Ed25519PrivateKey.generate()
                if algorithm is Algorithm.ED25519
                else ec.generate_private_key(ec.SECP256R1())
            )
        return self.public(key_id)

    def public(self, key_id: str) -> PublicKey:
        if key_id not in self._keys:
            raise KeyMissing(f"no key {key_id}")
        public = self._keys[key_id].public_key()
        return from_cryptography(public, key_id=key_id, controller=without_fragment(key_id))

    def sign(self, key_id: str, data: bytes) -> bytes:
        self.signatures += 1
        if self.signatures == self._breaks_at:
            self._breaks_at = None
            raise self._error
        self.public(key_id)
        private = self._keys[key_id]
        if self._garble:
            data += b" "
        if isinstance(private, ed25519.Ed25519PrivateKey):
            return private.sign(data)
        r, s = decode_dss_signature(private.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
