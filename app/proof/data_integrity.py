"""Embedded proofs: W3C Data Integrity 1.0 with the cryptosuites of ``app.proof.cryptosuites``.

To sign: ``prepare_proof`` gives the bytes to sign, whoever holds the key signs them, ``attach``
puts the proof into the document. To verify one proof: ``read_proof`` says which key to look up, and
``verify_proof`` checks the document with it. To verify several: ``read_proofs``, and ``verify_one``
for each of them. The key decides the algorithm; the proof does not.

A set of proofs stands side by side, each over the document alone (section 2.1.1). In a chain a
proof names earlier ones as its ``previousProof`` and is made over the document with those in it
(section 2.1.2); it is worth something only when those are good too, which the caller looks after.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.proof.cryptosuites import CRYPTOSUITES, Cryptosuite, Form
from app.proof.encoding import base58_decode, base58_encode
from app.proof.errors import ProofError
from app.proof.keys import PublicKey
from app.proof.parse import JSON, Object
from app.proof.rdfc import Digest
from app.proof.times import read_time, write_time
from app.proof.vocabulary import KNOWN

CRYPTOSUITE = "eddsa-rdfc-2022"
"""The suite of our own records."""
ASSERTION = "assertionMethod"
_REQUIRED = frozenset({"type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue"})
_OPTIONS = frozenset({"challenge", "domain", "expires", "nonce", "id", "previousProof"})
_LISTS = frozenset({"domain", "previousProof"})  # texts, or lists of texts
_TIMES = ("created", "expires")
_MOST_PROOFS = 16  # each costs a canonicalisation; a record has one or two


@dataclass(frozen=True, slots=True)
class PreparedProof:
    """A document and the proof it is to get, with the exact bytes to be signed."""

    document: Object
    proof: Object
    hash_data: bytes
    earlier: tuple[Object, ...] = ()
    """The proofs that the document has already, when the new one follows them in a chain."""

    def attach(self, signature: bytes) -> Object:
        """Give the document with its proof. Proofs stand in a list, as Open Badges wants it."""
        value = "z" + base58_encode(signature)
        proofs: list[JSON] = [*self.earlier, {**self.proof, "proofValue": value}]
        return {**self.document, "proof": proofs}


@dataclass(frozen=True, slots=True)
class ClaimedProof:
    """What a document says of one of its own proofs. Nothing here is verified."""

    verification_method: str
    created: datetime | None
    purpose: str
    options: Object
    signature: bytes
    cryptosuite: str = CRYPTOSUITE
    id: str | None = None
    previous: tuple[str, ...] = ()
    """The ids of the proofs that must be good before this one counts."""
    expires: datetime | None = None
    challenge: str | None = None
    domain: tuple[str, ...] = ()


def prepare_proof(
    document: Object,
    *,
    verification_method: str,
    created: datetime,
    purpose: str = ASSERTION,
    cryptosuite: str = CRYPTOSUITE,
    options: Object | None = None,
    contexts: Mapping[str, JSON] = KNOWN,
) -> PreparedProof:
    """Canonicalise a document and its proof options, and hash them, for Ed25519 or P-256.

    A document that has proofs already is taken only with ``previousProof`` among the ``options``.
    """
    suite = _suite(cryptosuite)
    chosen = options or {}
    if not chosen.keys() <= _OPTIONS:
        odd = ", ".join(sorted(chosen.keys() - _OPTIONS))
        raise ProofError("proof-members", f"A proof has no such options: {odd}.")
    if "proof" in document and "previousProof" not in chosen:
        raise ProofError("proof-present", "The document already has a proof.")
    proof: Object = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite.name,
        "created": write_time(created),
        "verificationMethod": verification_method,
        "proofPurpose": purpose,
        **chosen,
    }
    if suite.form is Form.JCS and "@context" in document:
        proof = {"@context": document["@context"], **proof}
    claimed = _claimed(proof, b"")
    earlier = _objects(document) if "proof" in document else ()
    unsecured = _without_proof(document)
    hash_data = _hash_data(document, claimed, suite=suite, contexts=contexts, digest=Digest.SHA256)
    return PreparedProof(unsecured, proof, hash_data, earlier)


def read_proofs(document: Object) -> tuple[ClaimedProof, ...]:
    """Read the proofs of a document, without verifying them."""
    proofs = tuple(_read(proof, document) for proof in _objects(document))
    named = [proof.id for proof in proofs if proof.id is not None]
    if len(set(named)) != len(named):
        raise ProofError("proof-id", "Two proofs of the document have the same id.")
    return proofs


def read_proof(document: Object) -> ClaimedProof:
    """Read the one proof of a document, without verifying it."""
    proofs = read_proofs(document)
    if len(proofs) != 1:
        raise ProofError("proof-count", "The document does not have exactly one proof.")
    return proofs[0]


def verify_proof(
    document: Object,
    *,
    key: PublicKey,
    purpose: str = ASSERTION,
    contexts: Mapping[str, JSON] = KNOWN,
) -> ClaimedProof:
    """Raise ``ProofError`` unless the document's one proof is a good one of ``key``."""
    claimed = read_proof(document)
    verify_one(document, claimed, key=key, purpose=purpose, contexts=contexts)
    return claimed


def verify_one(
    document: Object,
    claimed: ClaimedProof,
    *,
    key: PublicKey,
    purpose: str = ASSERTION,
    contexts: Mapping[str, JSON] = KNOWN,
) -> None:
    """Raise ``ProofError`` unless ``claimed``, a proof of the document, is a good one of ``key``.

    The proofs that it names as previous ones are bound by it, and not verified here.
    """
    suite = _suite(claimed.cryptosuite)
    digest = suite.digest(key.algorithm)
    if claimed.verification_method != key.id:
        raise ProofError("key-mismatch", f"The proof names {claimed.verification_method}.")
    if claimed.purpose != purpose:
        raise ProofError("proof-purpose", f"The proof is made for {claimed.purpose!r}.")
    hash_data = _hash_data(document, claimed, suite=suite, contexts=contexts, digest=digest)
    key.verify(claimed.signature, data=hash_data)


def _suite(name: str) -> Cryptosuite:
    if name not in CRYPTOSUITES:
        known = ", ".join(CRYPTOSUITES)
        raise ProofError("proof-unsupported", f"The proof is not made with one of {known}.")
    return CRYPTOSUITES[name]


def _objects(document: Object) -> tuple[Object, ...]:
    """The proofs of a document, one or several."""
    held = document.get("proof")
    proofs = held if isinstance(held, list) else [held]
    found = tuple(proof for proof in proofs if isinstance(proof, dict))
    if not 0 < len(found) <= _MOST_PROOFS or len(found) != len(proofs):
        message = f"The document does not have 1 to {_MOST_PROOFS} proofs, each an object."
        raise ProofError("proof-count", message)
    return found


def _read(proof: Object, document: Object) -> ClaimedProof:
    """Read one proof; everything it says must be something we know the meaning of."""
    named = proof.get("cryptosuite")
    if proof.get("type") != "DataIntegrityProof" or not isinstance(named, str):
        raise ProofError("proof-unsupported", "The proof is not a DataIntegrityProof.")
    optional = _OPTIONS | {"created"}
    if _suite(named).form is Form.JCS and "@context" in proof:
        optional |= {"@context"}
        if proof["@context"] != document.get("@context"):
            # Section 3.3.2 lets contexts be appended after signing. They would give the members
            # of the document another meaning than the one that was signed.
            message = "The proof was made under another @context than the document has."
            raise ProofError("proof-context", message)
    odd = (_REQUIRED - proof.keys()) | (proof.keys() - _REQUIRED - optional)
    if odd:
        names = ", ".join(sorted(odd))
        raise ProofError("proof-members", f"The proof lacks, or should not have: {names}.")
    value = _text(proof, "proofValue")
    if not value.startswith("z"):
        raise ProofError("proof-members", "The proofValue is not in base58 (multibase z).")
    options = {name: said for name, said in proof.items() if name != "proofValue"}
    return _claimed(options, base58_decode(value[1:]))


def _claimed(options: Object, signature: bytes) -> ClaimedProof:
    texts = {
        name: _text(options, name) for name in options if name != "@context" and name not in _LISTS
    }
    times = {name: _time(texts[name]) for name in _TIMES if name in texts}
    return ClaimedProof(
        verification_method=texts["verificationMethod"],
        created=times.get("created"),
        purpose=texts["proofPurpose"],
        options=options,
        signature=signature,
        cryptosuite=texts["cryptosuite"],
        id=texts.get("id"),
        previous=_texts(options, "previousProof"),
        expires=times.get("expires"),
        challenge=texts.get("challenge"),
        domain=_texts(options, "domain"),
    )


def _time(text: str) -> datetime:
    """Section 2.1: a time that lacks its zone may be taken, and is then in UTC."""
    try:
        return read_time(text)
    except ProofError:
        return read_time(text + "Z").astimezone(UTC)


def _text(proof: Object, name: str) -> str:
    value = proof.get(name)
    if not isinstance(value, str):
        raise ProofError("proof-members", f"The proof's {name} is not a text.")
    return value


def _texts(proof: Object, name: str) -> tuple[str, ...]:
    value = proof.get(name, [])
    listed = value if isinstance(value, list) else [value]
    texts = tuple(item for item in listed if isinstance(item, str))
    if len(texts) != len(listed) or (not texts and name in proof):
        raise ProofError("proof-members", f"The proof's {name} is neither a text nor texts.")
    return texts


def _without_proof(document: Object) -> Object:
    return {name: value for name, value in document.items() if name != "proof"}


def _hash_data(
    document: Object,
    claimed: ClaimedProof,
    *,
    suite: Cryptosuite,
    contexts: Mapping[str, JSON],
    digest: Digest,
) -> bytes:
    unsecured, options = _without_proof(document), claimed.options
    if claimed.previous:
        unsecured["proof"] = _previous(document, claimed)
    if suite.form is Form.RDFC:
        options = {"@context": document.get("@context"), **options}
    return suite.hash_data(unsecured, options, contexts=contexts, digest=digest)


def _previous(document: Object, claimed: ClaimedProof) -> list[JSON]:
    """The proofs that a proof follows, as the document has them (section 4.3, steps 4 and 5)."""
    proofs = _objects(document)
    found: list[JSON] = []
    for name in claimed.previous:
        if claimed.id == name:
            raise ProofError("proof-previous", "The proof names itself as its previous proof.")
        matching = [proof for proof in proofs if proof.get("id") == name]
        if len(matching) != 1:
            raise ProofError("proof-previous", f"The document has no previous proof {name}.")
        found.append(matching[0])
    return found


__all__ = [
    "ASSERTION",
    "CRYPTOSUITE",
    "CRYPTOSUITES",
    "ClaimedProof",
    "PreparedProof",
    "prepare_proof",
    "read_proof",
    "read_proofs",
    "verify_one",
    "verify_proof",
]
