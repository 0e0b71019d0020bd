"""Our contexts state the same facts as the published ones, which a development wheel carries."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

from app.proof.rdfc import canonicalise
from app.proof.vocabulary import (
    CREDENTIALS_V2,
    DATA_INTEGRITY_V2,
    KNOWN,
    OPEN_BADGES_V3,
    Vocabulary,
)
from tests.simulator.issuer import CONTEXTS, SimulatedIssuer
from tests.simulator.published import published_json, wheel_context

# Terms of tokens and of selective disclosure, and those in dispute.
LEFT_OUT = {
    CREDENTIALS_V2.url: {
        *("...", "_sd", "_sd_alg", "aud", "cnf", "exp", "iat", "iss", "jku", "kid", "nbf"),
        *("sub", "x5u"),
    },
    OPEN_BADGES_V3.url: {"endorsementJwt", "jti"},
    DATA_INTEGRITY_V2.url: set(),
}
CARRIED = {
    CREDENTIALS_V2.url: "credentials-v2.json",
    OPEN_BADGES_V3.url: "ob-v3p0-context-3.0.3.json",
    DATA_INTEGRITY_V2.url: "security-data-integrity-v2.json",
}
ALL = pytest.mark.parametrize(
    "vocabulary", [CREDENTIALS_V2, OPEN_BADGES_V3, DATA_INTEGRITY_V2], ids=lambda v: v.url
)
BOTH = pytest.mark.parametrize("vocabulary", [CREDENTIALS_V2, OPEN_BADGES_V3], ids=lambda v: v.url)


NOT_TRIED = {"@protected", "id", "type", "jsonSchema", "proof", "verifiableCredential"}


def normal(context: dict[str, Any]) -> dict[str, Any]:
    """A context with every definition written in full."""
    full: dict[str, Any] = {}
    for name, definition in context.items():
        if isinstance(definition, str) and not definition.startswith("@"):
            full[name] = {"@id": definition}
        elif isinstance(definition, dict):
            full[name] = dict(definition)
            if isinstance(inner := definition.get("@context"), dict):
                full[name]["@context"] = {"id": "@id", "type": "@type", **normal(inner)}
        else:
            full[name] = definition
    return full


@ALL
def test_the_tables_name_the_document_they_stand_for(vocabulary: Vocabulary) -> None:
    data, _ = wheel_context(CARRIED[vocabulary.url])
    assert hashlib.sha256(data).hexdigest() in vocabulary.stands_for


@ALL
def test_every_definition_is_the_published_one(vocabulary: Vocabulary) -> None:
    _, context = wheel_context(CARRIED[vocabulary.url])
    wanted = normal(context)
    for name in LEFT_OUT[vocabulary.url]:
        del wanted[name]
    ours = normal(KNOWN[vocabulary.url])  # type: ignore[arg-type]  # a context is an object
    # An alias of a term and the term's IRI say the same.
    if (alias := wanted.get("AchievementCredential")) is not None:
        assert alias == {"@id": "OpenBadgeCredential"}
        wanted["AchievementCredential"] = wanted["OpenBadgeCredential"]
    assert ours == wanted


@BOTH
@pytest.mark.feeds
def test_the_documents_kept_beside_the_checkout_are_the_ones_named(vocabulary: Vocabulary) -> None:
    name = {
        CREDENTIALS_V2.url: ("w3c", "contexts", "credentials-v2.jsonld"),
        OPEN_BADGES_V3.url: ("ob3", "contexts", "context-3.0.3.json"),
    }[vocabulary.url]
    published = normal(published_json(*name)["@context"])
    ours = normal(KNOWN[vocabulary.url])  # type: ignore[arg-type]  # a context is an object
    ours.pop("AchievementCredential", None)
    left_out = LEFT_OUT[vocabulary.url] | {"AchievementCredential"}
    assert ours == {name: value for name, value in published.items() if name not in left_out}


def in_full(document: dict[str, Any]) -> str:
    """The canonical form under the published contexts, with every term of them in place."""
    inlined = [{"@vocab": "x-undefined:"}]
    inlined += [wheel_context(CARRIED[url])[1] for url in document["@context"]]
    text = json.dumps(document | {"@context": inlined})
    dataset = Dataset(parse(text, format=RdfFormat.JSON_LD, base_iri="x-undefined://document/"))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return "".join(sorted(f"{quad} .\n" for quad in dataset))


def documents() -> Iterator[dict[str, Any]]:
    """A document for every class with every term it knows, and what an issuer really makes."""
    issuer = SimulatedIssuer()
    yield issuer.record()
    yield issuer.status_document()
    for url in CARRIED:
        terms = KNOWN[url]
        assert isinstance(terms, dict)
        for kind, definition in terms.items():
            scope = definition.get("@context") if isinstance(definition, dict) else None
            if not kind[0].isupper():
                continue
            for number, value in enumerate(({"id": "https://a.example/x"}, 2.5, True, "text")):
                document: dict[str, Any] = {
                    "@context": CONTEXTS,
                    "id": f"urn:example:{number}",
                    "type": sorted({"VerifiableCredential", kind}),
                }
                for name, inner in (scope or {}).items():
                    if name in NOT_TRIED:
                        continue
                    is_iri = isinstance(inner, dict) and inner.get("@type") == "@id"
                    document[name] = "https://a.example/y" if is_iri and value == "text" else value
                if scope and kind != "VerifiableCredential":
                    document["type"] = kind
                if kind == "DataIntegrityProof":
                    document["proofPurpose"] = "assertionMethod"
                yield document


def test_both_expand_every_document_to_the_same_statements() -> None:
    count = 0
    for document in documents():
        assert canonicalise(document) == in_full(document)
        count += 1
    assert count > 80
