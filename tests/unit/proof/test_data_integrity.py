import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from app.proof import data_integrity
from app.proof.errors import ProofError
from app.proof.vocabulary import KNOWN
from tests.simulator.issuer import CONTEXTS, ISSUED, SimulatedIssuer
from tests.unit.proof.signing import Holder

KNOWN_OPEN_BADGES: Any = KNOWN[CONTEXTS[1]]
LATER = "2030-01-01T00:00:00Z"


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
        ({"cryptosuite": "eddsa-jcs-2022"}, "signature-invalid"),
        ({"cryptosuite": "ecdsa-rdfc-2019"}, "key-algorithm"),
        ({"cryptosuite": "ecdsa-sd-2023"}, "proof-unsupported"),
        ({"cryptosuite": ["eddsa-rdfc-2022"]}, "proof-unsupported"),
        ({"type": "Ed25519Signature2020"}, "proof-unsupported"),
        ({"proofValue": "z" + "1" * 64}, "signature-invalid"),
        ({"proofValue": "uAAAA"}, "proof-members"),
        ({"expires": LATER}, "signature-invalid"),
        ({"expires": "never"}, "time-malformed"),
        ({"nonce": "x"}, "signature-invalid"),
        ({"nonce": 5}, "proof-members"),
        ({"challenge": "x"}, "signature-invalid"),
        ({"domain": ["a.example", "b.example"]}, "signature-invalid"),
        ({"domain": []}, "proof-members"),
        ({"domain": ["a.example", 5]}, "proof-members"),
        ({"id": "urn:example:1"}, "signature-invalid"),
        ({"id": "relative"}, "rdf-dropped"),
        ({"@context": []}, "proof-members"),
        ({"@context": CONTEXTS}, "proof-members"),
        ({"cpdHours": 999}, "proof-members"),
        ({"previousProof": "urn:x"}, "proof-previous"),
        ({"previousProof": ["urn:x"]}, "proof-previous"),
        ({"id": "urn:x", "previousProof": "urn:x"}, "proof-previous"),
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
    for proofs in ([], None, "x", secured["proof"] * 2, secured["proof"] * 17, [secured["proof"]]):
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


SUITES = ["eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019"]
OPTIONS: dict[str, Any] = {
    "id": "urn:uuid:8cc9022b-6b14-4cf3-8571-74972c5feb54",
    "challenge": "c4a11e",
    "domain": ["a.example", "b.example"],
    "expires": LATER,
    "nonce": "once",
}


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_verifies_what_it_signed_and_nothing_else(suite: str) -> None:
    holder = Holder("Ed25519" if suite.startswith("eddsa") else "P-256")
    signed = holder.secure(SimulatedIssuer().record(), cryptosuite=suite, options=OPTIONS)

    claimed = data_integrity.verify_proof(signed, key=holder.key)

    assert (claimed.cryptosuite, claimed.id, claimed.challenge) == (suite, OPTIONS["id"], "c4a11e")
    assert claimed.domain == ("a.example", "b.example")
    assert claimed.expires == datetime(2030, 1, 1, tzinfo=UTC)
    for name, other in {**OPTIONS, "created": LATER, "nonce": "twice"}.items():
        changed = copy.deepcopy(signed)
        changed["proof"][0][name] = other if name in {"created", "nonce"} else LATER
        if name == "expires":
            del changed["proof"][0][name]
        with pytest.raises(ProofError):
            data_integrity.verify_proof(changed, key=holder.key)
    for change in ({"name": "x"}, {"cpdHours": 999}, {"@context": CONTEXTS[:1]}):
        with pytest.raises(ProofError):
            data_integrity.verify_proof(signed | change, key=holder.key)


@pytest.mark.parametrize("suite", SUITES)
def test_the_keys_algorithm_must_be_one_of_the_suite(suite: str) -> None:
    fitting = "Ed25519" if suite.startswith("eddsa") else "P-256"
    for kind in {"Ed25519", "P-256", "P-384"} - {fitting, "P-384" if fitting == "P-256" else ""}:
        holder = Holder(kind)
        signed = holder.secure(SimulatedIssuer().record(), cryptosuite=suite)
        with pytest.raises(ProofError) as refused:
            data_integrity.verify_proof(signed, key=holder.key)
        assert refused.value.code == "key-algorithm"


def test_options_that_no_proof_has_are_not_signed(issuer: SimulatedIssuer) -> None:
    for options in ({"proofValue": "z"}, {"created": LATER}, {"expires": "never"}, {"nonce": 5}):
        with pytest.raises(ProofError):
            data_integrity.prepare_proof(
                issuer.record(),
                verification_method=issuer.proof_key.id,
                created=ISSUED,
                options=dict(options),
            )
    with pytest.raises(ProofError):
        Holder("Ed25519").secure(issuer.record(), cryptosuite="eddsa-rdfc-2029")


def test_a_proof_without_its_time_is_read(issuer: SimulatedIssuer) -> None:
    """Section 2.1: ``created`` is optional, and may lack its zone."""
    signed = issuer.secure(issuer.record())
    del signed["proof"][0]["created"]
    assert data_integrity.read_proof(signed).created is None
    signed["proof"][0]["created"] = "2026-11-20T09:30:00"
    assert data_integrity.read_proof(signed).created == ISSUED


@pytest.mark.parametrize("suite", SUITES)
def test_a_chain_binds_the_proofs_before_it(suite: str) -> None:
    kind = "Ed25519" if suite.startswith("eddsa") else "P-256"
    first, second, third = (Holder(kind) for _ in range(3))
    one = first.secure(SimulatedIssuer().record(), cryptosuite=suite, options={"id": "urn:p:1"})
    two = second.secure(
        one, cryptosuite=suite, options={"id": "urn:p:2", "previousProof": "urn:p:1"}
    )
    chain = third.secure(two, cryptosuite=suite, options={"previousProof": ["urn:p:1", "urn:p:2"]})

    claimed = data_integrity.read_proofs(chain)
    assert [proof.previous for proof in claimed] == [(), ("urn:p:1",), ("urn:p:1", "urn:p:2")]
    for proof, holder in zip(claimed, (first, second, third), strict=True):
        data_integrity.verify_one(chain, proof, key=holder.key)

    changed = copy.deepcopy(chain)
    changed["proof"][0]["nonce"] = "another"
    data_integrity.verify_one(chain, claimed[2], key=third.key)
    with pytest.raises(ProofError) as refused:
        data_integrity.verify_one(changed, claimed[2], key=third.key)
    assert refused.value.code == "signature-invalid"
    gone = chain | {"proof": chain["proof"][1:]}
    with pytest.raises(ProofError) as refused:
        data_integrity.verify_one(gone, claimed[1], key=second.key)
    assert refused.value.code == "proof-previous"


def test_proofs_of_a_set_stand_each_for_itself() -> None:
    one, two = Holder("Ed25519"), Holder("P-256")
    record = SimulatedIssuer().record()
    signed = one.secure(record, cryptosuite="eddsa-rdfc-2022")
    signed["proof"] += two.secure(record, cryptosuite="ecdsa-jcs-2019")["proof"]
    for proof, holder in zip(data_integrity.read_proofs(signed), (one, two), strict=True):
        data_integrity.verify_one(signed, proof, key=holder.key)
        other = two if holder is one else one
        with pytest.raises(ProofError):
            data_integrity.verify_one(signed, proof, key=other.key)
    named = [{**proof, "id": "urn:p:1"} for proof in signed["proof"]]
    with pytest.raises(ProofError) as refused:
        data_integrity.read_proofs(signed | {"proof": named})
    assert refused.value.code == "proof-id"


def test_a_proof_made_for_another_purpose_is_good_only_for_that() -> None:
    holder = Holder("Ed25519")
    signed = holder.secure(SimulatedIssuer().record(), purpose="authentication")
    data_integrity.verify_proof(signed, key=holder.key, purpose="authentication")
    with pytest.raises(ProofError) as refused:
        data_integrity.verify_proof(signed, key=holder.key)
    assert refused.value.code == "proof-purpose"


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize(
    "contexts",
    [
        CONTEXTS[:1],
        CONTEXTS[::-1],
        [*CONTEXTS, "https://w3id.org/security/data-integrity/v2"],
        [*CONTEXTS, {"name": "https://schema.org/description"}],
        [*CONTEXTS, {"name": None}],
        [{"name": None}, *CONTEXTS],
        [*CONTEXTS, "https://evil.example/context"],
    ],
    ids=["removed", "reordered", "appended", "inline", "nulled", "before", "unknown"],
)
def test_no_context_can_be_changed_after_signing(suite: str, contexts: list[Any]) -> None:
    holder = Holder("Ed25519" if suite.startswith("eddsa") else "P-256")
    signed = holder.secure(SimulatedIssuer().record(), cryptosuite=suite)
    changed = signed | {"@context": contexts}
    if "rdfc" in suite:
        statements_are_the_same = contexts in (
            CONTEXTS[::-1],
            [*CONTEXTS, "https://w3id.org/security/data-integrity/v2"],
        )
        if statements_are_the_same:  # the signature is over statements: the profile looks at order
            data_integrity.verify_proof(changed, key=holder.key)
            return
    with pytest.raises(ProofError):
        data_integrity.verify_proof(changed, key=holder.key)


def test_two_documents_under_one_context_url_are_told_apart(issuer: SimulatedIssuer) -> None:
    """Signed under one of them, verified under the other."""
    other = {**KNOWN_OPEN_BADGES, "narrative": {"@id": "https://evil.example/narrative"}}
    contexts = {**KNOWN, CONTEXTS[1]: other}
    signed = issuer.secure(issuer.record())
    data_integrity.verify_proof(signed, key=issuer.proof_key)
    with pytest.raises(ProofError) as refused:
        data_integrity.verify_proof(signed, key=issuer.proof_key, contexts=contexts)
    assert refused.value.code == "signature-invalid"
    data_integrity.verify_proof(signed, key=issuer.proof_key)
