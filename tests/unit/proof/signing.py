"""Somebody who signs with a did:key of any kind, for tests of proofs and for nothing else."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from app.proof import data_integrity, did_key, keys
from tests.simulator.issuer import ISSUED

_CURVES = {"P-256": (ec.SECP256R1(), SHA256(), 32), "P-384": (ec.SECP384R1(), SHA384(), 48)}


class Holder:
    """One key and what can be done with it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._private: Any = (
            ed25519.Ed25519PrivateKey.generate()
            if kind == "Ed25519"
            else ec.generate_private_key(_CURVES[kind][0])
        )
        public = keys.from_cryptography(self._private.public_key(), key_id="", controller="")
        self.key = did_key.resolve(did_key.did_key(public))

    def sign(self, data: bytes) -> bytes:
        if self.kind == "Ed25519":
            signature: bytes = self._private.sign(data)
            return signature
        _, digest, size = _CURVES[self.kind]
        r, s = decode_dss_signature(self._private.sign(data, ec.ECDSA(digest)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def secure(self, document: dict[str, Any], **options: Any) -> dict[str, Any]:
        prepared = data_integrity.prepare_proof(
            document, verification_method=self.key.id, created=ISSUED, **options
        )
        return prepared.attach(self.sign(prepared.hash_data))
