"""How a credential is secured: embedded proofs, a compact token, or a token in an envelope.

Reads the bytes, recognises which of the three they are, says which keys to look up, and checks
every signature once the keys are found. Until then everything read is untrusted. Of a set or a
chain of proofs (W3C Data Integrity 1.0, sections 4.5 to 4.7) each must be good: one bad proof
spoils the record, whoever else signed it well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.proof import data_integrity, jose
from app.proof.data_integrity import ClaimedProof
from app.proof.errors import ProofError
from app.proof.jose import UntrustedToken
from app.proof.parse import JSON, RECORD, Limits, Object, load_object
from app.proof.vocabulary import KNOWN
from app.verification import generic, mould, reading
from app.verification.bundle import KeyEntry
from app.verification.course import Course
from app.verification.memory import Memory

_DATA_URL = f"data:application/{jose.TYPE},"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature and what it says of itself. Nothing here is verified."""

    key_id: str
    signed_at: datetime | None
    proof: ClaimedProof | None = None


@dataclass(frozen=True, slots=True)
class Secured:
    """A credential and what it says of its own securing. Nothing here is verified."""

    securing: str
    document: Object
    """The credential as it was read, with its embedded proofs if that is how it is secured."""
    signatures: tuple[Signature, ...]
    token: UntrustedToken | None = None
    claims: frozenset[str] = frozenset()
    """The names of the registered claims that stand beside the credential in a token."""
    course: Course | None = None
    """The course of a completion record that was known from its mould."""


def read(data: bytes, *, limits: Limits = RECORD) -> Object | UntrustedToken:
    """Read bytes as a JSON object, or take a compact token apart."""
    stripped = data.strip()
    if stripped.startswith(b"{"):
        return load_object(stripped, limits=limits)
    return jose.split(stripped.decode("ascii", errors="replace"), limits=limits)


def recognise(
    source: Object | UntrustedToken, *, limits: Limits = RECORD, memory: Memory | None = None
) -> Secured:
    """Say how a credential is secured, and by which keys; ``memory`` may know records like it."""
    if isinstance(source, UntrustedToken):
        return _token(source, limits, memory)
    if generic.ENVELOPED in reading.texts(source.get("type")):
        generic.check_envelope(source, kind=generic.ENVELOPED)
        address = reading.text(source, "id")
        if not address.startswith(_DATA_URL):
            raise ProofError("envelope", f"The envelope does not hold a {jose.TYPE}.")
        return _token(jose.split(address.removeprefix(_DATA_URL), limits=limits), limits, memory)
    if "proof" not in source:
        raise ProofError("unsecured", "The document carries no proof: nobody signed it.")
    return embedded(source)


def embedded(document: Object) -> Secured:
    """Say by which keys the embedded proofs of a document claim to be made."""
    proofs = data_integrity.read_proofs(document)
    suites = ", ".join(dict.fromkeys(proof.cryptosuite for proof in proofs))
    made = tuple(_made(proof, document) for proof in proofs)
    return Secured(suites, document, made)


def verify(
    secured: Secured,
    *,
    keys: Sequence[KeyEntry],
    contexts: Mapping[str, JSON] = KNOWN,
    purpose: str = data_integrity.ASSERTION,
) -> None:
    """Raise ``ProofError`` unless each signature is a good one of the key beside it."""
    if not secured.signatures:
        raise ProofError("unsecured", "The document carries no proof: nobody signed it.")
    for signature, entry in zip(secured.signatures, keys, strict=True):
        if signature.key_id != entry.key.id:
            raise ProofError("key-mismatch", f"The signature names {signature.key_id}.")
        if signature.proof is None:
            _verify_token(secured, entry)
            continue
        data_integrity.verify_one(
            secured.document, signature.proof, key=entry.key, purpose=purpose, contexts=contexts
        )


def _verify_token(secured: Secured, entry: KeyEntry) -> None:
    if secured.token is None:
        raise ProofError("unsecured", "The document carries no signature.")
    jose.verify_signature(secured.token, key=entry.key)


def _made(proof: ClaimedProof, document: Object) -> Signature:
    """A proof need not say when it was made; the document that it is over may."""
    signed_at = proof.created or reading.optional_time(document, "validFrom")
    return Signature(proof.verification_method, signed_at, proof)


def _token(parts: UntrustedToken, limits: Limits, memory: Memory | None) -> Secured:
    jose.check_type(parts)
    course = None
    known = None if memory is None else mould.read(parts.payload, memory=memory)
    if known is not None:
        document, claims, course = known
    else:
        document, claims = jose.read_credential(parts, limits=limits)
    signed_at = reading.optional_time(document, "validFrom")
    return Secured(
        jose.TYPE, document, (Signature(parts.key_id, signed_at),), parts, claims, course
    )
