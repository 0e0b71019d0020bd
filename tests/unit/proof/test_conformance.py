"""What the public suites need and records do not: presentations, inline contexts, any words."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.proof import data_integrity
from app.proof.errors import ProofError
from app.proof.rdfc import canonicalise
from app.proof.template import canonical_bytes
from app.proof.vocabulary.conformance import CONFORMANCE, EXAMPLES_V2, with_inline
from tests.simulator.issuer import CONTEXTS, SimulatedIssuer
from tests.unit.proof.documents import places
from tests.unit.proof.signing import Holder

V2 = CONTEXTS[0]
ISSUER = SimulatedIssuer()
BADGE = ISSUER.secure(ISSUER.record())


def credential(*contexts: Any, **members: Any) -> dict[str, Any]:
    return {
        "@context": [V2, *contexts],
        "type": ["VerifiableCredential"],
        "issuer": "did:web:a.example",
        "credentialSubject": {"id": "urn:x:1"},
        **members,
    }


def presentation(*held: Any, **members: Any) -> dict[str, Any]:
    return {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": "did:web:a.example",
        "verifiableCredential": list(held),
        **members,
    }


def test_a_presentation_covers_the_credentials_in_it() -> None:
    canonical = canonicalise(presentation(BADGE, credential()))
    for text in (
        "credentials#holder> <did:web:a.example>",
        "KSE-117",
        BADGE["proof"][0]["created"],
    ):
        assert text in canonical


def test_a_presentation_is_signed_and_verified_with_its_challenge() -> None:
    holder = Holder("Ed25519")
    signed = holder.secure(
        presentation(BADGE, holder=holder.key.controller),
        purpose="authentication",
        options={"challenge": "c4a11e", "domain": "verifier.example"},
    )
    claimed = data_integrity.verify_proof(signed, key=holder.key, purpose="authentication")
    assert (claimed.challenge, claimed.domain) == ("c4a11e", ("verifier.example",))


@pytest.mark.parametrize("path", places(presentation(BADGE)), ids=str)
def test_no_member_can_be_added_to_a_presentation_without_being_seen(path: Any) -> None:
    original = presentation(BADGE)
    before = canonicalise(original)
    for name, value in (("cpdHours", 999), ("name", "x"), ("jti", "x"), ("extra", None)):
        document = copy.deepcopy(original)
        place: Any = document
        for key in path:
            place = place[key]
        if not isinstance(place, dict) or name in place:
            continue
        place[name] = value
        try:
            assert canonicalise(document) != before, name
        except ProofError:
            continue
        assert name == "name"


@pytest.mark.parametrize(
    "held",
    [
        {"id": "urn:x:1", "type": "VerifiableCredential"},
        {**BADGE, "@context": [*CONTEXTS, "https://evil.example/context"]},
        {**BADGE, "@context": [*CONTEXTS, {"name": None}]},
        {**BADGE, "@context": CONTEXTS[:1]},
        {**BADGE, "@context": None},
        {**BADGE, "@context": 5},
        {**BADGE, "evidence": {"@context": CONTEXTS, "type": ["Evidence"], "name": "x"}},
        {**BADGE, "name": {"@context": CONTEXTS, "@value": "x"}},
        "urn:x:1 and more",
        None,
    ],
    ids=["none", "unknown", "inline", "missing", "null", "number", "inner", "text", "bad", "nil"],
)
def test_a_credential_inside_must_be_one_that_can_be_read_whole(held: Any) -> None:
    with pytest.raises(ProofError):
        canonicalise(presentation(held))


def test_an_envelope_inside_is_covered_by_its_address() -> None:
    address = f"data:application/vc+jwt,{ISSUER.secure_jwt(ISSUER.record())}"
    envelope = {"@context": V2, "id": address, "type": "EnvelopedVerifiableCredential"}
    assert f"<{address}>" in canonicalise(presentation(envelope))


EXAMPLE = {"ExampleCredential": "https://example.org/#ExampleCredential"}
NESTED = {
    "@protected": True,
    "Licence": {
        "@id": "urn:example:Licence",
        "@context": {"@protected": True, "id": "@id", "type": "@type", "number": "urn:example:n"},
    },
    "licence": {"@id": "urn:example:licence", "@type": "@id", "@container": "@set"},
}


def test_inline_tables_of_terms_are_read_where_a_suite_wants_them() -> None:
    documents = (
        credential(EXAMPLE, type=["VerifiableCredential", "ExampleCredential"]),
        credential(
            NESTED, credentialSubject={"id": "urn:x:1", "licence": {"type": "Licence", "number": 5}}
        ),
        presentation(credential(EXAMPLE, type=["VerifiableCredential", "ExampleCredential"])),
        credential({"@vocab": "https://example.org/#"}, anything="at all"),
        credential(EXAMPLES_V2.url, anything="at all"),
    )
    for document in documents:
        with pytest.raises(ProofError):
            canonicalise(document)
        contexts = with_inline(document)
        for _ in range(3):
            canonical = canonical_bytes(document, contexts=contexts).decode()
            assert canonical == canonicalise(document, contexts=contexts)


@pytest.mark.parametrize(
    "inline",
    [
        {"name": None},
        {"x": []},
        {"@base": "https://a.example/"},
        {"@import": "https://a.example/"},
        {"@language": "en"},
        {"@vocab": None},
        {"@vocab": ""},
        {"": "urn:x:y"},
        {"x": "@type"},
        {"x": "@graph"},
        {"id": "urn:x:y", "type": "@id"},
        {"x": {"@id": "urn:x:y", "@reverse": "urn:x:z"}},
        {"x": {"@id": "urn:x:y", "@type": "@json"}},
        {"x": {"@id": "urn:x:y", "@container": "@index"}},
        {"x": {"@id": "urn:x:y", "@container": ["@graph", "@id"]}},
        {"x": {"@id": "urn:x:y", "@context": ["https://a.example/"]}},
        {"x": {"@id": "urn:x:y", "@context": {"name": None}}},
        {"x": {"@type": "@id"}},
        {"x": "https://not-a-url#x"},
        {"x": "no iri"},
    ],
    ids=str,
)
def test_inline_contexts_that_could_hide_a_member_are_refused(inline: Any) -> None:
    with pytest.raises(ProofError) as refused:
        with_inline(credential(inline))
    assert refused.value.code == "context-inline"


def test_an_inline_context_cannot_give_a_protected_term_another_meaning() -> None:
    for inline in (
        {"VerifiableCredential": "https://example.org/#Bad"},
        {"name": "https://example.org/#bad"},
    ):
        document = credential(inline, name="x")
        with pytest.raises(ProofError):
            canonicalise(document, contexts=with_inline(document))


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.sampled_from(["@id", "@type", "@vocab", "urn:x:y", "x", "", "\ud800", "@json", V2]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "@id",
                    "@type",
                    "@context",
                    "@container",
                    "@vocab",
                    "@protected",
                    "x",
                    "id",
                    "",
                    "a:b",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANY, ANY)
def test_whatever_stands_for_a_context_gives_a_proof_error_or_statements(
    one: Any, two: Any
) -> None:
    document = credential(one, x="y") | ({"verifiableCredential": two} if two else {})
    try:
        canonicalise(document, contexts=with_inline(document))
    except ProofError:
        return


def test_a_few_parts_that_are_alike_are_counted_and_many_refused() -> None:
    twin = {"type": "https://example.org/#Check"}
    one = canonicalise(credential(evidence=[twin]))
    two = canonicalise(credential(evidence=[twin, twin]))
    assert two.count("Check>") == one.count("Check>") + 1
    with pytest.raises(ProofError) as refused:
        canonicalise(credential(evidence=[twin] * 9))
    assert refused.value.code == "rdf-look-alike"
    assert CONFORMANCE.keys() > {V2}
