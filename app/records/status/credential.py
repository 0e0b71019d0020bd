"""A status list as a credential, signed twice and verified before it leaves.

W3C Bitstring Status List 1.0, section 2.2, on VC Data Model 2.0. Pure but for the signer.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from app.proof import jose, status_list
from app.proof.data_integrity import prepare_proof, verify_proof
from app.proof.encoding import base64url_encode
from app.proof.keys import PublicKey
from app.proof.parse import STATUS_LIST, Object, dump, load_object
from app.proof.times import write_time
from app.proof.vocabulary import CREDENTIALS_V2
from app.records.signing import signing_keys
from app.records.status.model import TIME_TO_LIVE, VALIDITY, Purpose
from app.trust.model import Issuer
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
    proof_key_id, jwt_key_id = signing_keys(issuer)
    prepared = prepare_proof(unsecured, verification_method=proof_key_id, created=at)
    json = dump(prepared.attach(signer.sign(proof_key_id, prepared.hash_data)))
    token = jose.signing_input(unsecured, kid=jwt_key_id)
    jwt = jose.assemble(token, signer.sign(jwt_key_id, token))
    keys: dict[str, PublicKey] = {held.key.id: held.key for held in issuer.keys}
    verify_proof(load_object(json, limits=STATUS_LIST), key=keys[proof_key_id])
    jose.verify_jwt(jwt, key=keys[jwt_key_id], limits=STATUS_LIST)
    return SignedList(json, jwt, base64url_encode(hashlib.sha256(json).digest()))
