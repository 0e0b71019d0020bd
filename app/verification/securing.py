"""How a credential is secured: an embedded proof, a compact token, or a token in an envelope.

Reads the bytes, recognises which of the three they are, says which key to look up, and checks the
signature once the key is found. Until then everything read is untrusted.
"""

from dataclasses import dataclass
from datetime import datetime

from app.proof import data_integrity, jose
from app.proof.errors import ProofError
from app.proof.keys import PublicKey
from app.proof.parse import RECORD, Limits, Object, load_object
from app.proof.times import read_time
from app.verification import reading

_ENVELOPE = "EnvelopedVerifiableCredential"
_DATA_URL = f"data:application/{jose.TYPE},"


@dataclass(frozen=True, slots=True)
class Secured:
    """A credential and what it says of its own securing. Nothing here is verified."""

    securing: str
    document: Object
    """The credential as it was read, with its embedded proof if that is how it is secured."""
    key_id: str
    signed_at: datetime | None
    token: str | None = None
    limits: Limits = RECORD


def read(data: bytes, *, limits: Limits = RECORD) -> Object | str:
    """Read bytes as a JSON object, or as the text of a compact token."""
    stripped = data.strip()
    if stripped.startswith(b"{"):
        return load_object(stripped, limits=limits)
    token = stripped.decode("ascii", errors="replace")
    jose.split(token, limits=limits)
    return token


def recognise(source: Object | str, *, limits: Limits = RECORD) -> Secured:
    """Say how a credential is secured, and by which key."""
    if isinstance(source, str):
        return _token(source, limits)
    if _ENVELOPE in reading.texts(source.get("type")):
        address = reading.text(source, "id")
        if not address.startswith(_DATA_URL):
            raise ProofError("envelope", f"The envelope does not hold a {jose.TYPE}.")
        return _token(address.removeprefix(_DATA_URL), limits)
    if "proof" not in source:
        raise ProofError("unsecured", "The document carries no proof: nobody signed it.")
    claimed = data_integrity.read_proof(source)
    return Secured(data_integrity.CRYPTOSUITE, source, claimed.verification_method, claimed.created)


def verify(secured: Secured, *, key: PublicKey) -> None:
    """Raise ``ProofError`` unless ``key`` signed the credential."""
    if secured.token is None:
        data_integrity.verify_proof(secured.document, key=key)
    else:
        jose.verify_jwt(secured.token, key=key, limits=secured.limits)


def _token(token: str, limits: Limits) -> Secured:
    parts, document = jose.read_jwt(token, limits=limits)
    since = reading.optional_text(document, "validFrom")
    signed_at = None if since is None else read_time(since)
    return Secured(jose.TYPE, document, parts.key_id, signed_at, token, limits)
