"""Attacks through ``@context``: the same members are to get another meaning, or none.

Every attack comes after good records of the same shape, and several times, so that what was learnt
of a shape (``app.proof.template``) is attacked with it.
"""

import copy
from typing import Any

import pytest

from app.proof import data_integrity
from app.proof.errors import ProofError
from app.proof.rdfc import canonicalise
from app.proof.template import canonical_bytes
from app.proof.vocabulary import DATA_INTEGRITY_V2, KNOWN
from app.proof.vocabulary.conformance import CONFORMANCE, EXAMPLES_V2, with_inline
from tests.simulator.issuer import CONTEXTS, ISSUED, SimulatedIssuer

V2, OB = CONTEXTS
ISSUER = SimulatedIssuer()
SUITES = ("eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019")
SIGNED = {suite: ISSUER.secure(ISSUER.record(), cryptosuite=suite) for suite in SUITES}
NULL = {"creditsEarned": None, "narrative": None}
RENAMED = {"narrative": "https://evil.example/narrative"}
POISONED: dict[str, Any] = {
    "a null term appended": [V2, OB, NULL],
    "a null term first": [NULL, V2, OB],
    "a null term between": [V2, NULL, OB],
    "another meaning appended": [V2, OB, RENAMED],
    "a vocabulary appended": [V2, OB, {"@vocab": "https://evil.example/"}],
    "a base appended": [V2, OB, {"@base": "https://evil.example/"}],
    "all forgotten, then again": [V2, OB, None, V2, OB],
    "null alone": None,
    "an unknown address appended": [V2, OB, "https://evil.example/context"],
    "an unknown address alone": "https://evil.example/context",
    "any word a term": [V2, OB, EXAMPLES_V2.url],
    "the second missing": [V2],
    "the first missing": [OB],
    "a list in the list": [[V2, OB]],
    "no list": V2,
    "an object": {"@vocab": "https://evil.example/"},
    "empty": [],
    "a relative address": [V2, "context-3.0.3.json"],
    "another spelling": [V2, OB.replace("https://", "HTTPS://")],
    "a fragment": [V2, OB + "#"],
    "an import": [V2, OB, {"@import": "https://evil.example/"}],
}


def warm() -> None:
    for number in range(3):
        data_integrity.verify_proof(
            ISSUER.secure(ISSUER.record(index=number)), key=ISSUER.proof_key
        )


def key(suite: str) -> Any:
    return ISSUER.proof_key if suite.startswith("eddsa") else ISSUER.token_key


def attacked(suite: str, context: Any) -> dict[str, Any]:
    return copy.deepcopy(SIGNED[suite]) | {"@context": context}


@pytest.mark.parametrize("context", POISONED.values(), ids=POISONED.keys())
@pytest.mark.parametrize("suite", SUITES)
def test_a_signed_record_with_other_contexts_is_refused(suite: str, context: Any) -> None:
    warm()
    for _ in range(3):
        with pytest.raises(ProofError):
            data_integrity.verify_proof(attacked(suite, context), key=key(suite))
    data_integrity.verify_proof(SIGNED[suite], key=key(suite))


@pytest.mark.parametrize(
    "context",
    [[OB, V2], [V2, OB, OB], [V2, V2, OB], [V2, OB, DATA_INTEGRITY_V2.url]],
    ids=["order", "second twice", "first twice", "a known one appended"],
)
def test_known_contexts_in_another_order_change_no_meaning_or_are_refused(context: Any) -> None:
    """The statements are what is signed; that the contexts are exactly two is the profile's."""
    warm()
    record = ISSUER.record()
    for _ in range(3):
        try:
            canonical = canonical_bytes(record | {"@context": context})
        except ProofError:
            continue
        assert canonical.decode() == canonicalise(record)
    for suite in SUITES:
        if "jcs" in suite:
            with pytest.raises(ProofError):
                data_integrity.verify_proof(attacked(suite, context), key=key(suite))


@pytest.mark.parametrize("path", [("credentialSubject",), ("issuer",), ("credentialStatus",)])
def test_a_context_inside_the_record_is_refused(path: tuple[str, ...]) -> None:
    warm()
    for context in (NULL, CONTEXTS, [NULL], None, V2, {}):
        for suite in SUITES[::2]:
            document = copy.deepcopy(SIGNED[suite])
            document[path[0]]["@context"] = context
            for _ in range(3):
                with pytest.raises(ProofError) as refused:
                    data_integrity.verify_proof(document, key=key(suite))
                assert refused.value.code == "rdf-keyword"


def test_a_proof_that_brings_contexts_of_its_own_is_refused() -> None:
    for suite in SUITES:
        for context in ([*CONTEXTS, RENAMED], CONTEXTS[:1], NULL):
            document = copy.deepcopy(SIGNED[suite])
            document["proof"][0]["@context"] = context
            with pytest.raises(ProofError) as refused:
                data_integrity.verify_proof(document, key=key(suite))
            assert refused.value.code in {"proof-members", "proof-context"}


def test_what_a_suite_may_bring_is_never_taken_for_what_a_record_may() -> None:
    """An inline context that was read for a conformance test is unknown to the next reader."""
    poisoned = attacked("eddsa-rdfc-2022", [V2, OB, {"extra": "https://evil.example/extra"}])
    poisoned["extra"] = "x"
    contexts = with_inline(poisoned, contexts=CONFORMANCE)
    for _ in range(3):
        with pytest.raises(ProofError) as refused:  # read, and found to be another document
            data_integrity.verify_proof(poisoned, key=ISSUER.proof_key, contexts=contexts)
        assert refused.value.code == "signature-invalid"
        with pytest.raises(ProofError) as refused:
            data_integrity.verify_proof(poisoned, key=ISSUER.proof_key)
        assert refused.value.code == "context-unknown"


@pytest.mark.parametrize("first", [0, 1], ids=["ours first", "theirs first"])
def test_signed_under_one_document_and_verified_under_the_other(first: int) -> None:
    """Two documents are in circulation under one URL; whichever comes first is not remembered."""
    ours: Any = KNOWN[OB]
    theirs = {**KNOWN, OB: {**ours, "narrative": {"@id": "https://evil.example/narrative"}}}
    tables = (KNOWN, theirs)[:: -1 if first else 1]
    fresh = SimulatedIssuer(society=f"s{first}")
    prepared = [
        data_integrity.prepare_proof(
            fresh.record(),
            verification_method=fresh.proof_key.id,
            created=ISSUED,
            contexts=table,
        )
        for table in tables
        for _ in range(3)
    ]
    assert len({one.hash_data for one in prepared}) == 2
    signed = [one.attach(fresh.sign(fresh.proof_key.id, one.hash_data)) for one in prepared[::3]]
    for made, document in zip(tables, signed, strict=True):
        for table in tables:
            for _ in range(3):
                if table is made:
                    data_integrity.verify_proof(document, key=fresh.proof_key, contexts=table)
                    continue
                with pytest.raises(ProofError) as refused:
                    data_integrity.verify_proof(document, key=fresh.proof_key, contexts=table)
                assert refused.value.code == "signature-invalid"


@pytest.mark.parametrize("term", ["endorsementJwt", "jti"])
def test_a_term_that_the_two_documents_define_differently_is_in_no_record(term: str) -> None:
    warm()
    for place in ("credentialSubject", "issuer", None):
        document = ISSUER.record()
        (document if place is None else document[place])[term] = "eyJ.e.x"
        for _ in range(3):
            with pytest.raises(ProofError) as refused:
                canonical_bytes(document)
            assert refused.value.code == "rdf-undefined"
