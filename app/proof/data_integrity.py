"""Embedded proofs: the cryptosuite eddsa-rdfc-2022 of W3C Data Integrity EdDSA 1.0, section 3.2.

To sign: ``prepare_proof`` gives the bytes to sign, whoever holds the key signs them, ``attach``
puts the proof into the document. To verify: ``read_proof`` says which key to look up, and
``verify_proof`` checks the document with it. The key decides the algorithm; the proof does not.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.proof.encoding import base58_decode, base58_encode
from app.proof.errors import ProofError
from app.proof.keys import Algorithm, PublicKey
from app.proof.parse import JSON, Object
from app.proof.rdfc import canonicalise
from app.proof.times import read_time, write_time
from app.proof.vocabulary import KNOWN

CRYPTOSUITE = "eddsa-rdfc-2022"
_MEMBERS = frozenset(
    {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"}
)


@dataclass(frozen=True, slots=True)
class PreparedProof:
    """A document and the proof it is to get, with the exact bytes to be signed."""

    document: Object
    proof: Object
    hash_data: bytes

    def attach(self, signature: bytes) -> Object:
        """Give the document with its proof. The proof stands in a list, as Open Badges wants it."""
        value = "z" + base58_encode(signature)
        return {**self.document, "proof": [{**self.proof, "proofValue": value}]}


@dataclass(frozen=True, slots=True)
class ClaimedProof:
    """What a document says of its own proof. Nothing here is verified."""

    verification_method: str
    created: datetime
    purpose: str
    options: Object
    signature: bytes


def prepare_proof(
    document: Object,
    *,
    verification_method: str,
    created: datetime,
    purpose: str = "assertionMethod",
    contexts: Mapping[str, JSON] = KNOWN,
) -> PreparedProof:
    """Canonicalise a document and its proof options, and hash them."""
    if "proof" in document:
        raise ProofError("proof-present", "The document already has a proof.")
    proof: Object = {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "created": write_time(created),
        "verificationMethod": verification_method,
        "proofPurpose": purpose,
    }
    return PreparedProof(document, proof, _hash_data(document, proof, contexts))


def read_proof(document: Object) -> ClaimedProof:
    """Read the one proof of a document, without verifying it."""
    held = document.get("proof")
    proofs = held if isinstance(held, list) else [held]
    if len(proofs) != 1 or not isinstance(proof := proofs[0], dict):
        raise ProofError("proof-count", "The document does not have exactly one proof.")
    if proof.get("type") != "DataIntegrityProof" or proof.get("cryptosuite") != CRYPTOSUITE:
        raise ProofError("proof-unsupported", f"The proof is not made with {CRYPTOSUITE}.")
    if proof.keys() != _MEMBERS:
        odd = ", ".join(sorted(proof.keys() ^ _MEMBERS))
        raise ProofError("proof-members", f"The proof lacks, or should not have: {odd}.")
    texts = {name: value for name, value in proof.items() if isinstance(value, str)}
    if len(texts) != len(proof) or not texts["proofValue"].startswith("z"):
        raise ProofError("proof-members", "The proof's members are not all texts of their kind.")
    return ClaimedProof(
        verification_method=texts["verificationMethod"],
        created=read_time(texts["created"]),
        purpose=texts["proofPurpose"],
        options={name: value for name, value in proof.items() if name != "proofValue"},
        signature=base58_decode(texts["proofValue"][1:]),
    )


def verify_proof(
    document: Object, *, key: PublicKey, contexts: Mapping[str, JSON] = KNOWN
) -> ClaimedProof:
    """Raise ``ProofError`` unless the document's one proof is a good one of ``key``."""
    claimed = read_proof(document)
    if key.algorithm is not Algorithm.ED25519:
        raise ProofError("key-algorithm", f"{CRYPTOSUITE} needs an Ed25519 key.")
    if claimed.verification_method != key.id:
        raise ProofError("key-mismatch", f"The proof names {claimed.verification_method}.")
    if claimed.purpose != "assertionMethod":
        raise ProofError("proof-purpose", f"The proof is made for {claimed.purpose!r}.")
    unsecured: Object = {name: value for name, value in document.items() if name != "proof"}
    key.verify(claimed.signature, data=_hash_data(unsecured, claimed.options, contexts))
    return claimed


def _hash_data(document: Object, options: Object, contexts: Mapping[str, JSON]) -> bytes:
    """Section 3.2.4: the hash of the options, then the hash of the document."""
    configured: Object = {"@context": document.get("@context"), **options}
    return b"".join(
        hashlib.sha256(canonicalise(part, contexts=contexts).encode("utf-8")).digest()
        for part in (configured, document)
    )
