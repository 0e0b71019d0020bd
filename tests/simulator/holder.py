"""An engineer with a wallet: a ``did:key`` and presentations of the records it holds. For tests."""

import json
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519

from app.proof import data_integrity, jose, keys
from app.proof.did_key import did_key
from tests.simulator.issuer import CONTEXTS, NOW

CHALLENGE = "6b1f8c1e-nonce"
DOMAIN = "https://registry.example"


class SimulatedHolder:
    """One wallet, with one Ed25519 key."""

    def __init__(self) -> None:
        self._private = ed25519.Ed25519PrivateKey.generate()
        public = self._private.public_key()
        self.id = did_key(keys.from_cryptography(public, key_id="x:y", controller="x:y"))
        self.key_id = f"{self.id}#{self.id.removeprefix('did:key:')}"

    def sign(self, data: bytes) -> bytes:
        return self._private.sign(data)

    def document(self, *records: Any, **changes: Any) -> dict[str, Any]:
        """A presentation that nobody signed yet; a text among the records is a token."""
        document = {
            "@context": CONTEXTS[:1],
            "type": ["VerifiablePresentation"],
            "holder": self.id,
            "verifiableCredential": [
                _envelope(record) if isinstance(record, str) else record for record in records
            ],
        }
        return document | changes

    def present(
        self,
        *records: Any,
        created: datetime = NOW,
        cryptosuite: str = data_integrity.CRYPTOSUITE,
        purpose: str = "authentication",
        options: dict[str, Any] | None = None,
        **changes: Any,
    ) -> bytes:
        """A presentation with an embedded proof, made for the registry that asked."""
        prepared = data_integrity.prepare_proof(
            self.document(*records, **changes),
            verification_method=self.key_id,
            created=created,
            purpose=purpose,
            cryptosuite=cryptosuite,
            options={"challenge": CHALLENGE, "domain": DOMAIN} if options is None else options,
        )
        return json.dumps(prepared.attach(self.sign(prepared.hash_data))).encode()

    def present_token(
        self,
        *records: Any,
        claims: dict[str, Any] | None = None,
        header: dict[str, Any] | None = None,
        **changes: Any,
    ) -> bytes:
        """The same as a ``vp+jwt``."""
        head = {"alg": "EdDSA", "typ": "vp+jwt", "cty": "vp", "kid": self.key_id} | (header or {})
        asked = {"iss": self.id, "aud": DOMAIN, "nonce": CHALLENGE} if claims is None else claims
        payload = asked | self.document(*records, **changes)
        parts = [jose.base64url_encode(json.dumps(part).encode()) for part in (head, payload)]
        to_sign = ".".join(parts).encode()
        return jose.assemble(to_sign, self.sign(to_sign)).encode()


def _envelope(token: str) -> dict[str, Any]:
    return {
        "@context": CONTEXTS[0],
        "id": f"data:application/vc+jwt,{token}",
        "type": "EnvelopedVerifiableCredential",
    }


def enveloped(presentation: bytes, **changes: Any) -> bytes:
    """A token of a presentation in its envelope."""
    envelope: dict[str, Any] = {
        "@context": CONTEXTS[0],
        "id": f"data:application/vp+jwt,{presentation.decode()}",
        "type": "EnvelopedVerifiablePresentation",
    }
    return json.dumps(envelope | changes).encode()


def without_proof(presentation: bytes) -> bytes:
    document = json.loads(presentation)
    del document["proof"]
    return json.dumps(document).encode()
