"""Whether a credential names the digests of the documents that are known here.

W3C VC Data Model 2.0, section 5.3: an issuer should not sign a wrong digest, and a verifier that
has the document must notice one. What is known here is one document, the base context, and of that
its digests only.
"""

import base64
import binascii

from app.proof.encoding import base58_decode, base64url_decode
from app.proof.errors import ProofError
from app.proof.parse import Object
from app.proof.vocabulary import CREDENTIALS_V2
from app.verification import reading

_MULTIHASH = {b"\x12\x20", b"\x20\x30"}
_PUBLISHED = (
    "97f1eb8e5042356c805fdd61afa2c557663785e0794dcafa21e138fd38def18c"
    "b360133c221aa31d6896a6bf3e65b614"
)
_DRAFT_256 = "24a18c90e9856d526111f29376e302d970b2bd10182e33959995b0207d7043b9"
_DRAFT_384 = (
    "35239c36999d2155312091af194a1edb61634d6ad789a5e5b19f2aebdd762dd9"
    "d1dcaada40eda7ef921c6b8c0ae107a0"
)
"""Of the base context before it was published, as the suite for the data model names it: there the
SHA-256 lacks the header that Data Integrity 1.0, section 2.6, wants."""
_KNOWN = {
    CREDENTIALS_V2.url: frozenset(
        map(bytes.fromhex, (*CREDENTIALS_V2.stands_for, _PUBLISHED, _DRAFT_256, _DRAFT_384))
    )
}
"""SHA-256 and SHA-384 of documents in circulation under a URL."""


def check_digests(document: Object) -> None:
    """Raise ``ProofError`` when a ``relatedResource`` has another digest than the known ones."""
    if "relatedResource" not in document:
        return
    for entry in reading.objects(document, "relatedResource"):
        found = []
        if "digestMultibase" in entry:
            found.append(_multibase(reading.text(entry, "digestMultibase")))
        if "digestSRI" in entry:
            found += [_integrity(part) for part in reading.text(entry, "digestSRI").split()]
        known = _KNOWN.get(reading.text(entry, "id"))
        if known is not None and not known.issuperset(found):
            message = f"The digest of {reading.text(entry, 'id')} is not that of the document."
            raise ProofError("resource-digest", message)


def _multibase(text: str) -> bytes:
    if text[:1] not in ("u", "z"):
        raise ProofError("resource-digest", "A digestMultibase begins with u or z.")
    data = base64url_decode(text[1:]) if text[0] == "u" else base58_decode(text[1:])
    return data[2:] if data[:2] in _MULTIHASH else data


def _integrity(text: str) -> bytes:
    algorithm, _, value = text.partition("-")
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofError("resource-digest", "A digestSRI is not written in base64.") from error
    if algorithm not in ("sha256", "sha384", "sha512"):
        raise ProofError("resource-digest", f"{algorithm!r} is no algorithm of a digestSRI.")
    return data
