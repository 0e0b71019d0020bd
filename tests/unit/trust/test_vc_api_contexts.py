"""The context of version 1.1 states the same as the published one, in what it has of it."""

import hashlib
import json
from typing import Any

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

from app.proof.errors import ProofError
from app.proof.rdfc import canonicalise
from app.trust.vc_api.contexts import CREDENTIALS_V1, contexts_for
from tests.simulator.published import published, published_json

WRAPPED: dict[str, Any] = {"@context": {"grade": "https://a.example/#grade"}}


def in_full(document: dict[str, Any]) -> str:
    """The canonical form under the published context itself."""
    context = published_json("w3c", "contexts", "credentials-v1.jsonld")["@context"]
    text = json.dumps(document | {"@context": context})
    dataset = Dataset(parse(text, format=RdfFormat.JSON_LD))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return "".join(sorted(f"{quad} .\n" for quad in dataset))


@pytest.mark.feeds
def test_every_term_is_the_published_one() -> None:
    data = published("w3c", "contexts", "credentials-v1.jsonld").read_bytes()
    assert hashlib.sha256(data).hexdigest() in CREDENTIALS_V1.stands_for
    scope = CREDENTIALS_V1.terms["VerifiableCredential"].scope or {}
    document: dict[str, Any] = {
        "@context": [CREDENTIALS_V1.url],
        "id": "urn:example:1",
        "type": ["VerifiableCredential"],
    }
    for number, (name, term) in enumerate(sorted(scope.items())):
        if name != "proof":
            is_time = term.type.endswith("dateTime")
            document[name] = "2020-03-16T22:37:26Z" if is_time else f"urn:example:of:{number}"
    assert canonicalise(document, contexts=contexts_for(document)) == in_full(document)


def test_a_context_may_be_wrapped_into_one_of_its_own() -> None:
    document: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/credentials/v2", WRAPPED],
        "type": ["VerifiableCredential"],
        "credentialSubject": {"grade": "A"},
    }
    plain = document | {"@context": [document["@context"][0], WRAPPED["@context"]]}
    assert canonicalise(document, contexts=contexts_for(document)) == canonicalise(
        plain, contexts=contexts_for(plain)
    )


def test_a_context_that_is_more_than_a_table_is_refused_wherever_it_stands() -> None:
    for wrong in ({"@base": "https://a.example/"}, {"@context": {"@vocab": None}}, {"a": None}):
        inner = {"@context": ["https://www.w3.org/ns/credentials/v2", wrong]}
        for document in (inner, {"verifiableCredential": [inner]}):
            with pytest.raises(ProofError) as found:
                contexts_for(document)
            assert found.value.code == "context-inline"
