import copy
from typing import Any

import pytest

from app.proof import data_integrity, keys
from app.proof.errors import ProofError
from app.proof.rdfc import canonicalise
from app.proof.vocabulary import KNOWN
from tests.simulator.issuer import ISSUED, SimulatedIssuer
from tests.simulator.published import published, published_json

EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
VECTORS = ("w3c", "eddsa-vectors", "eddsa-rdfc-2022")


@pytest.mark.feeds
def test_the_published_vector_is_verified_and_made_again() -> None:
    """W3C Data Integrity EdDSA 1.0, appendix B.1."""
    contexts = {**KNOWN, EXAMPLES: {"@vocab": "https://www.w3.org/ns/credentials/examples#"}}
    signed = published_json(*VECTORS, "signedDataInt.json")
    method = signed["proof"]["verificationMethod"]
    multibase = published_json("w3c", "eddsa-vectors", "keyPair.json")["publicKeyMultibase"]
    key = keys.from_multibase(multibase, key_id=method, controller=method.partition("#")[0])

    claimed = data_integrity.verify_proof(signed, key=key, contexts=contexts)

    unsigned = {name: value for name, value in signed.items() if name != "proof"}
    canonical = published(*VECTORS, "canonDocDataInt.txt").read_text()
    assert canonicalise(unsigned, contexts=contexts) == canonical
    prepared = data_integrity.prepare_proof(
        unsigned, verification_method=method, created=claimed.created, contexts=contexts
    )
    assert prepared.hash_data.hex() == published(*VECTORS, "combinedHashDataInt.txt").read_text()
    attached = prepared.attach(claimed.signature)
    assert attached["proof"] == [signed["proof"]]
    with pytest.raises(ProofError):
        data_integrity.verify_proof(signed | {"name": "x"}, key=key, contexts=contexts)


@pytest.fixture(scope="module")
def issuer() -> SimulatedIssuer:
    return SimulatedIssuer()


@pytest.fixture(scope="module")
def secured(issuer: SimulatedIssuer) -> dict[str, Any]:
    return issuer.secure(issuer.record())


def test_a_proof_of_our_own_is_good(issuer: SimulatedIssuer, secured: dict[str, Any]) -> None:
    claimed = data_integrity.verify_proof(secured, key=issuer.proof_key)
    assert claimed.created == ISSUED
    assert claimed.verification_method == issuer.proof_key.id


def test_one_object_instead_of_a_list_is_the_same_proof(
    issuer: SimulatedIssuer, secured: dict[str, Any]
) -> None:
    alone = secured | {"proof": secured["proof"][0]}
    data_integrity.verify_proof(alone, key=issuer.proof_key)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"created": "2026-11-20T09:30:01Z"}, "signature-invalid"),
        ({"created": "yesterday"}, "time-malformed"),
        ({"created": 5}, "proof-members"),
        ({"proofPurpose": "authentication"}, "proof-purpose"),
        ({"verificationMethod": "did:web:evil.example#1"}, "key-mismatch"),
        ({"cryptosuite": "eddsa-jcs-2022"}, "proof-unsupported"),
        ({"type": "Ed25519Signature2020"}, "proof-unsupported"),
        ({"proofValue": "z" + "1" * 64}, "signature-invalid"),
        ({"proofValue": "uAAAA"}, "proof-members"),
        ({"expires": "2030-01-01T00:00:00Z"}, "proof-members"),
        ({"nonce": "x"}, "proof-members"),
        ({"@context": []}, "proof-members"),
        ({"previousProof": "urn:x"}, "proof-members"),
    ],
)
def test_a_changed_proof_is_refused(
    issuer: SimulatedIssuer, secured: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    document = copy.deepcopy(secured)
    document["proof"][0] |= change
    with pytest.raises(ProofError) as refused:
        data_integrity.verify_proof(document, key=issuer.proof_key)
    assert refused.value.code == code


def test_exactly_one_proof_is_wanted(issuer: SimulatedIssuer, secured: dict[str, Any]) -> None:
    for proofs in ([], None, "x", secured["proof"] * 2, [secured["proof"]]):
        with pytest.raises(ProofError):
            data_integrity.verify_proof(secured | {"proof": proofs}, key=issuer.proof_key)
    with pytest.raises(ProofError):
        data_integrity.prepare_proof(secured, verification_method="did:x#1", created=ISSUED)


def test_another_key_and_another_kind_of_key_are_refused(
    issuer: SimulatedIssuer, secured: dict[str, Any]
) -> None:
    stranger = SimulatedIssuer().proof_key
    with pytest.raises(ProofError):
        data_integrity.verify_proof(secured, key=stranger)
    with pytest.raises(ProofError) as refused:
        data_integrity.verify_proof(secured, key=issuer.token_key)
    assert refused.value.code == "key-algorithm"


def test_a_time_without_a_zone_is_not_signed(issuer: SimulatedIssuer) -> None:
    with pytest.raises(ProofError):
        issuer.secure(issuer.record(), created=ISSUED.replace(tzinfo=None))
