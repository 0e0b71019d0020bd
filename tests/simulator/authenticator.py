"""A device that makes and uses passkeys, and can be told to do each thing wrongly."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One passkey on one device. ``Options`` are what the site gave to the browser, as JSON."""

    origin: str
    rp_id: str
    id: bytes = b"one passkey of the tests"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    user: str = ""
    framed: bool = False
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request to make a passkey."""
        self.user = options["user"]["id"]
        said = self._client_data("webauthn.create", options)
        numbers = self.key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        about = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(key)
        statement = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._data(self.flags | WITH_KEY) + about,
        }
        return self._answer({"clientDataJSON": said, "attestationObject": cbor2.dumps(statement)})

    def use(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request to sign in."""
        said, data = self._client_data("webauthn.get", options), self._data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        made = self._answer(
            {"clientDataJSON": said, "authenticatorData": data, "signature": signature}
        )
        made["response"]["userHandle"] = self.user
        return made

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": self.framed,
        }
        return json.dumps(said).encode()

    def _data(self, flags: int) -> bytes:
        rp = hashlib.sha256(self.rp_id.encode()).digest()
        return rp + bytes([flags]) + self.count.to_bytes(4)

    def _answer(self, response: dict[str, bytes]) -> dict[str, Any]:
        name = bytes_to_base64url(self.id)
        said = {each: bytes_to_base64url(value) for each, value in response.items()}
        return {"id": name, "rawId": name, "type": "public-key", "response": said}
