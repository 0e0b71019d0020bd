"""Signatures by Standard Webhooks: HMAC-SHA256 over id, time and body.

An endpoint's secret lies nowhere. It is made anew whenever it is needed, of a key that is a file of
this node's and of the endpoint's id and generation; who reads the database has no part of it. What
is lost with the file is every secret made of it: then each endpoint needs a new one.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app.platform.keyfile import read_or_make
from app.webhooks.model import Endpoint

PREFIX = "whsec_"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What all secrets of this node's endpoints are made of."""

    _key: bytes = field(repr=False)

    def secret(self, endpoint_id: str, generation: int) -> str:
        """The secret to show to who may see it, once."""
        return PREFIX + base64.b64encode(self._derived(endpoint_id, generation)).decode()

    def headers(
        self, endpoint: Endpoint, *, event_id: str, body: bytes, at: datetime
    ) -> Mapping[str, str]:
        """The three headers of one attempt; one signature for each secret that is good ``at``."""
        seconds = str(int(at.timestamp()))
        signed = b".".join((event_id.encode(), seconds.encode(), body))
        found = []
        for generation in _good(endpoint, at=at):
            digest = hmac.digest(self._derived(endpoint.id, generation), signed, "sha256")
            found.append(f"v1,{base64.b64encode(digest).decode()}")
        return {
            "webhook-id": event_id,
            "webhook-timestamp": seconds,
            "webhook-signature": " ".join(found),
        }

    def _derived(self, endpoint_id: str, generation: int) -> bytes:
        told = f"opencpd webhook secret\n{endpoint_id}\n{generation}"
        return hmac.digest(self._key, told.encode(), "sha256")


def _good(endpoint: Endpoint, *, at: datetime) -> range:
    """The generations that sign, the present one first."""
    old = endpoint.old_until is not None and at < endpoint.old_until
    oldest = endpoint.oldest_generation if old else endpoint.generation
    return range(endpoint.generation, oldest - 1, -1)


def load_key(path: Path) -> SigningKey:
    """The node's key for webhooks; made on first use."""
    return SigningKey(read_or_make(path, lambda: secrets.token_bytes(KEY_BYTES)))
