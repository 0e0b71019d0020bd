"""The contexts that the conformance profile knows beside those of our own records.

Those of ``app.proof.vocabulary.conformance``, and the one of credentials of version 1.1, in which
the suites still write some of theirs.
Facts of a published document as a table of terms; a test compares them with the published one.
"""

from collections.abc import Iterator, Mapping

from app.proof.jcs import canonical_json
from app.proof.parse import JSON, Object
from app.proof.vocabulary import DATA_INTEGRITY_V2
from app.proof.vocabulary.conformance import CONFORMANCE, with_inline
from app.proof.vocabulary.terms import ID, Term, Vocabulary, context

_CRED = "https://www.w3.org/2018/credentials#"
_TIME = "http://www.w3.org/2001/XMLSchema#dateTime"
_PROOF = Term("https://w3id.org/security#proof", ID, "@graph")
_INSIDE = "verifiableCredential"


def _things(*names: str) -> dict[str, Term]:
    return {name: Term(_CRED + name, ID) for name in names}


def _times(*names: str) -> dict[str, Term]:
    return {name: Term(_CRED + name, _TIME) for name in names}


CREDENTIALS_V1 = Vocabulary(
    url="https://www.w3.org/2018/credentials/v1",
    stands_for=("ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",),
    terms={
        "VerifiableCredential": Term(
            _CRED + "VerifiableCredential",
            scope={
                **_things("credentialSchema", "credentialStatus", "credentialSubject", "evidence"),
                **_things("holder", "issuer", "refreshService", "termsOfUse"),
                **_times("expirationDate", "issued", "issuanceDate", "validFrom", "validUntil"),
                "proof": _PROOF,
            },
        ),
        "proof": _PROOF,
    },
)
"""What a credential needs of it; not the suites of proofs that nobody here verifies."""

_KNOWN: Mapping[str, JSON] = {**CONFORMANCE, CREDENTIALS_V1.url: context(CREDENTIALS_V1)}


def with_proof_terms(document: Object) -> Object:
    """A document of version 1.1 with the context that defines its proof (Data Integrity, 2.4.1).

    Version 2.0 defines the terms of proofs itself. A document without any context stays without.
    """
    named = document.get("@context")
    listed: list[JSON] = named if isinstance(named, list) else [named]
    if listed[:1] != [CREDENTIALS_V1.url] or DATA_INTEGRITY_V2.url in listed:
        return document
    return {**document, "@context": [*listed, DATA_INTEGRITY_V2.url]}


def contexts_for(document: Object) -> Mapping[str, JSON]:
    """The contexts for one document: those known by URL, and those written into it.

    One may be wrapped into an ``@context`` of its own (JSON-LD 1.1 API, section 4.1.2, takes what
    is inside). Raises ``ProofError`` for one that is more than a table of terms.
    """
    plain: list[JSON] = []
    wrapped: dict[str, JSON] = {}
    for entry in _written(document):
        inner = entry["@context"] if entry.keys() == {"@context"} else entry
        plain.append(inner)
        if inner is not entry:
            wrapped[canonical_json(entry).decode("utf-8")] = inner
    return {**with_inline({"@context": plain}, contexts=_KNOWN), **wrapped} if plain else _KNOWN


def _written(document: Object) -> Iterator[Object]:
    """The contexts that a document and the credentials in it bring themselves."""
    named = document.get("@context")
    for entry in named if isinstance(named, list) else [named]:
        if isinstance(entry, dict):
            yield entry
    held = document.get(_INSIDE, [])
    for inner in held if isinstance(held, list) else [held]:
        if isinstance(inner, dict):
            yield from _written(inner)
