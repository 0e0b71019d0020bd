"""The test vectors of W3C Data Integrity EdDSA 1.0, appendix B: every one of the suites here."""

from typing import Any

import pytest

from app.proof import data_integrity, did_key
from app.proof.cryptosuites import Form
from app.proof.errors import ProofError
from app.proof.jcs import canonical_json
from app.proof.rdfc import canonicalise
from app.proof.vocabulary.conformance import CONFORMANCE
from tests.simulator.published import published, published_json

pytestmark = pytest.mark.feeds

FOLDER = ("w3c", "eddsa-vectors")
SCHEMA, CITIZEN = "https://schema.org/", "https://w3id.org/citizenship#"
TIME = "http://www.w3.org/2001/XMLSchema#dateTime"
# The facts that the employment vector rests on, as its canonical form shows them.
CITIZENSHIP: dict[str, Any] = {
    "@protected": True,
    "EmploymentAuthorizationDocumentCredential": CITIZEN
    + "EmploymentAuthorizationDocumentCredential",
    "EmploymentAuthorizationDocument": CITIZEN + "EmploymentAuthorizationDocument",
    "EmployablePerson": CITIZEN + "EmployablePerson",
    "Person": SCHEMA + "Person",
    "image": {"@id": SCHEMA + "image", "@type": "@id"},
    "birthDate": {"@id": SCHEMA + "birthDate", "@type": TIME},
    "residentSince": {"@id": CITIZEN + "residentSince", "@type": TIME},
    **{
        name: SCHEMA + name
        for name in ("additionalName", "familyName", "gender", "givenName", "identifier")
    },
    **{
        name: CITIZEN + name
        for name in ("birthCountry", "employmentAuthorizationDocument", "lprCategory", "lprNumber")
    },
}
CONTEXTS = {**CONFORMANCE, "https://w3id.org/citizenship/v4rc1": CITIZENSHIP}


@pytest.mark.parametrize(
    ("folder", "suffix"),
    [
        (("eddsa-rdfc-2022",), "DataInt"),
        (("eddsa-rdfc-2022", "employ"), "DataInt"),
        (("eddsa-jcs-2022",), "JCS"),
    ],
    ids=["rdfc", "employ", "jcs"],
)
def test_each_step_of_a_vector_is_made_again(folder: tuple[str, ...], suffix: str) -> None:
    def text(name: str) -> str:
        return published(*FOLDER, *folder, f"{name}{suffix}.txt").read_text()

    signed = published_json(*FOLDER, *folder, f"signed{suffix}.json")
    unsigned = {name: value for name, value in signed.items() if name != "proof"}
    claimed = data_integrity.read_proof(signed)
    key = did_key.resolve(claimed.verification_method)
    suite = data_integrity.CRYPTOSUITES[claimed.cryptosuite]
    if suite.form is Form.RDFC:
        assert canonicalise(unsigned, contexts=CONTEXTS) == text("canonDoc")
    else:
        assert canonical_json(unsigned).decode() == text("canonDoc")
        assert canonical_json(claimed.options).decode() == text("proofCanon")
    assert claimed.created is not None
    prepared = data_integrity.prepare_proof(
        unsigned,
        verification_method=key.id,
        created=claimed.created,
        cryptosuite=suite.name,
        contexts=CONTEXTS,
    )
    assert prepared.hash_data.hex() == text("combinedHash")
    assert claimed.signature.hex() == text("sigHex")
    assert prepared.attach(claimed.signature)["proof"] == [signed["proof"]]
    data_integrity.verify_proof(signed, key=key, contexts=CONTEXTS)
    with pytest.raises(ProofError):
        data_integrity.verify_proof(signed | {"name": "x"}, key=key, contexts=CONTEXTS)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("signedProofSet1", 1),
        ("signedProofSet2", 2),
        ("signedProofChain1", 3),
        ("signedProofChain2", 4),
    ],
)
def test_proof_sets_and_chains_are_verified(name: str, count: int) -> None:
    signed = published_json(*FOLDER, "proof-set-chain", f"{name}.json")
    proofs = data_integrity.read_proofs(signed)
    assert len(proofs) == count
    for claimed in proofs:
        key = did_key.resolve(claimed.verification_method)
        data_integrity.verify_one(signed, claimed, key=key, contexts=CONTEXTS)
        with pytest.raises(ProofError):
            data_integrity.verify_one(signed | {"name": "x"}, claimed, key=key, contexts=CONTEXTS)


@pytest.mark.parametrize(("name", "first"), [("1", 2), ("2", 1)])
def test_a_chain_is_signed_as_published(name: str, first: int) -> None:
    folder = (*FOLDER, "proof-set-chain")
    unsigned = published_json(*folder, f"proofChainTempDoc{name}.json")
    wanted = published_json(*folder, f"proofChainConfigSigned{name}.json")
    assert len(unsigned["proof"]) == first
    claimed = data_integrity.read_proof({**unsigned, "proof": wanted})
    assert claimed.created is not None
    prepared = data_integrity.prepare_proof(
        unsigned,
        verification_method=claimed.verification_method,
        created=claimed.created,
        options={name: wanted[name] for name in ("id", "previousProof") if name in wanted},
        contexts=CONTEXTS,
    )
    did_key.resolve(claimed.verification_method).verify(claimed.signature, data=prepared.hash_data)
    assert prepared.attach(claimed.signature)["proof"] == [*unsigned["proof"], wanted]
