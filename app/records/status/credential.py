"""A status list as a credential, signed twice and verified before it leaves.

W3C Bitstring Status List 1.0, section 2.2, on VC Data Model 2.0. Pure but for the signer.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from app.proof import status_list
from app.proof.encoding import base64url_encode
from app.proof.parse import STATUS_LIST, Object
from app.proof.times import write_time
from app.proof.vocabulary import CREDENTIALS_V2
from app.records.status.model import TIME_TO_LIVE, VALIDITY, Purpose
from app.trust.model import Issuer
from app.trust.securing import secure
from app.trust.signer import Signer


@dataclass(frozen=True, slots=True)
class SignedList:
    """Both forms of one list."""

    json: bytes
    jwt: str
    digest: str


def document(url: str, *, issuer_id: str, purpose: Purpose, bits: bytes, at: datetime) -> Object:
    """The list as a credential, not yet secured."""
    return {
        "@context": [CREDENTIALS_V2.url],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer_id,
        "validFrom": write_time(at),
        "validUntil": write_time(at + VALIDITY),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose.value,
            "ttl": int(TIME_TO_LIVE.total_seconds() * 1000),
            "encodedList": status_list.encode(bits),
        },
    }


def sign(unsecured: Object, signer: Signer, *, issuer: Issuer, at: datetime) -> SignedList:
    """Secure a list in both forms; what came out is read back and verified, as a stranger would.

    Raises ``ProofError`` when it does not verify, ``NoKey`` and what the signer raises.
    """
    made = secure(unsecured, signer, issuer=issuer, at=at, limits=STATUS_LIST)
    return SignedList(made.json, made.jwt, digest_of(made.json))


def digest_of(json: bytes) -> str:
    """The strong part of a list's ETags."""
    return base64url_encode(hashlib.sha256(json).digest())
