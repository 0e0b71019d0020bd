"""Other cryptosuites, proof sets and chains: every proof must be good, and the issuer's."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384

from app.proof import jose
from app.proof.keys import from_cryptography
from app.verification import Bundle, KeyEntry, Options, Outcome, Report, verify
from app.verification.model import COMPLETION, GENERIC
from tests.simulator.issuer import CONTEXTS, NOW, SimulatedIssuer

ISSUER = SimulatedIssuer()
OTHER = SimulatedIssuer(society="other")
BUNDLE = ISSUER.bundle()
BOTH_KNOWN = replace(BUNDLE, issuers={**BUNDLE.issuers, OTHER.id: OTHER.entry()})
SUITES = ("eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019")


def credential(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "@context": CONTEXTS[:1],
        "id": "urn:uuid:6f5b2c1e-9a0d-4c57-8d3e-0c1f2a3b4c5d",
        "type": ["VerifiableCredential"],
        "issuer": ISSUER.id,
        "validFrom": "2026-11-01T00:00:00Z",
        "credentialSubject": {"id": "urn:x:y"},
    }
    return document | changes


def report(document: dict[str, Any], bundle: Bundle = BUNDLE, **options: Any) -> Report:
    data = json.dumps(document).encode()
    return verify(data, bundle=bundle, at=NOW, options=Options(**options))


def first_bad(found: Report) -> tuple[str, Outcome, str]:
    check = next(check for check in found.checks if check.outcome is not Outcome.PASS)
    return check.code, check.outcome, check.evidence.get("error", "")


@pytest.mark.parametrize("suite", SUITES)
def test_a_credential_in_every_known_suite_is_verified_and_says_which(suite: str) -> None:
    secured = ISSUER.secure(credential(), cryptosuite=suite)
    found = report(secured)
    assert found.outcome is Outcome.PASS
    assert (found.securing, found.profile) == (suite, GENERIC)
    secured["credentialSubject"]["id"] = "urn:x:z"
    assert first_bad(report(secured)) == ("proof.signature", Outcome.FAIL, "signature-invalid")


@pytest.mark.parametrize("suite", SUITES[1:])
def test_our_own_profile_is_secured_in_one_way_only(suite: str) -> None:
    secured = ISSUER.secure(ISSUER.record(), cryptosuite=suite)
    assert report(secured).profile == GENERIC
    refused = report(secured, profiles=frozenset({COMPLETION}))
    assert first_bad(refused)[:2] == ("record.profile", Outcome.FAIL)


def test_our_own_profile_has_exactly_one_proof() -> None:
    once, twice = ISSUER.secure(ISSUER.record()), copy.deepcopy(ISSUER.secure(ISSUER.record()))
    twice["proof"] += ISSUER.secure(ISSUER.record(), created=NOW)["proof"]
    assert report(once).profile == COMPLETION
    assert report(twice).profile == GENERIC


def test_every_proof_of_a_set_must_be_good() -> None:
    proofs = [ISSUER.secure(credential(), cryptosuite=suite)["proof"][0] for suite in SUITES]
    good = credential(proof=proofs)
    found = report(good)
    assert found.outcome is Outcome.PASS
    assert found.securing == ", ".join(SUITES)
    for number in range(len(proofs)):
        bad = copy.deepcopy(good)
        bad["proof"][number]["proofValue"] = proofs[number - 1]["proofValue"]
        assert first_bad(report(bad))[:2] == ("proof.signature", Outcome.FAIL)
        aged = copy.deepcopy(good)
        aged["proof"][number]["created"] = "2026-11-20T09:30:01Z"
        assert first_bad(report(aged))[:2] == ("proof.signature", Outcome.FAIL)


def test_anothers_proof_beside_the_issuers_is_refused_unless_asked_for() -> None:
    document = ISSUER.secure_twice(credential(), OTHER)
    assert first_bad(report(document, BOTH_KNOWN)) == ("key.valid", Outcome.FAIL, "key-foreign")
    assert report(document, BOTH_KNOWN, others_may_sign=True).outcome is Outcome.PASS
    assert first_bad(report(document, others_may_sign=True))[:2] == ("key.valid", Outcome.FAIL)
    without_issuer = credential(proof=OTHER.secure(credential())["proof"])
    refused = report(without_issuer, BOTH_KNOWN, others_may_sign=True)
    assert first_bad(refused) == ("key.valid", Outcome.FAIL, "key-foreign")


def chain() -> dict[str, Any]:
    first = ISSUER.secure(credential(), id="urn:proof:1")
    return ISSUER.secure(first, cryptosuite="eddsa-jcs-2022", previousProof="urn:proof:1")


def test_a_chain_of_proofs_is_good_as_a_whole_only() -> None:
    assert report(chain()).outcome is Outcome.PASS
    cut_off = chain()
    del cut_off["proof"][0]
    assert first_bad(report(cut_off))[:2] == ("proof.signature", Outcome.FAIL)
    other_first = chain()
    other_first["proof"][0] = ISSUER.secure(credential(), id="urn:proof:1", nonce="x")["proof"][0]
    assert first_bad(report(other_first))[:2] == ("proof.signature", Outcome.FAIL)
    broken_first = chain()
    value = broken_first["proof"][0]["proofValue"]
    broken_first["proof"][0]["proofValue"] = value[:-1] + ("1" if value[-1] != "1" else "2")
    assert first_bad(report(broken_first))[:2] == ("proof.signature", Outcome.FAIL)


def test_a_proof_that_has_ended_and_one_for_another_purpose_do_not_hold() -> None:
    ended = ISSUER.secure(credential(), expires="2026-11-23T11:59:59Z")
    assert first_bad(report(ended)) == ("record.dates", Outcome.FAIL, "proof-expired")
    lasting = ISSUER.secure(credential(), expires="2026-11-23T12:00:00Z")
    assert report(lasting).outcome is Outcome.PASS
    shown = ISSUER.secure(credential(), purpose="authentication")
    assert first_bad(report(shown)) == ("proof.signature", Outcome.FAIL, "proof-purpose")


def without_time() -> dict[str, Any]:
    document = credential()
    del document["validFrom"]
    token = {"alg": "ES256", "typ": "vc+jwt", "kid": ISSUER.token_key.id}
    return {"token": ISSUER.sign_token(token, document)}


def test_what_does_not_say_when_it_was_signed_needs_a_key_that_never_retired() -> None:
    data = without_time()["token"].encode()
    assert verify(data, bundle=BUNDLE, at=NOW).outcome is Outcome.PASS
    retired = ISSUER.bundle(retired_at=NOW)
    found = verify(data, bundle=retired, at=NOW)
    assert first_bad(found) == ("key.valid", Outcome.FAIL, "key-time")


def test_a_credential_of_version_1_is_refused_with_a_sentence_that_says_so() -> None:
    old = credential()
    old["@context"] = ["https://www.w3.org/2018/credentials/v1"]
    header = {"alg": "ES256", "typ": "vc+jwt", "kid": ISSUER.token_key.id}
    found = verify(ISSUER.sign_token(header, old).encode(), bundle=BUNDLE, at=NOW)
    assert first_bad(found) == ("record.profile", Outcome.FAIL, "profile-version")
    assert "1.1" in found.check("record.profile").detail


def p384_token(alg: str) -> tuple[bytes, Bundle]:
    private = ec.generate_private_key(ec.SECP384R1())
    key = from_cryptography(private.public_key(), key_id=f"{ISSUER.id}#p384", controller=ISSUER.id)
    entry = ISSUER.entry()
    known = replace(entry, keys=(*entry.keys, KeyEntry(key, entry.keys[0].valid_from)))
    header = {"alg": alg, "typ": "vc+jwt", "kid": key.id}
    parts = [jose.base64url_encode(json.dumps(part).encode()) for part in (header, credential())]
    to_sign = ".".join(parts).encode()
    r, s = decode_dss_signature(private.sign(to_sign, ec.ECDSA(SHA384())))
    token = jose.assemble(to_sign, r.to_bytes(48, "big") + s.to_bytes(48, "big"))
    return token.encode(), replace(BUNDLE, issuers={ISSUER.id: known})


def test_a_token_of_a_p384_key_is_verified_under_its_own_algorithm_only() -> None:
    token, bundle = p384_token("ES384")
    assert verify(token, bundle=bundle, at=NOW).outcome is Outcome.PASS
    token, bundle = p384_token("ES256")
    found = verify(token, bundle=bundle, at=NOW)
    assert first_bad(found) == ("proof.signature", Outcome.FAIL, "key-algorithm")


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
def test_a_token_of_an_ed25519_key_is_verified_under_both_its_names(alg: str) -> None:
    header = {"alg": alg, "typ": "vc+jwt", "kid": ISSUER.proof_key.id}
    parts = [jose.base64url_encode(json.dumps(part).encode()) for part in (header, credential())]
    to_sign = ".".join(parts).encode()
    token = jose.assemble(to_sign, ISSUER.sign(ISSUER.proof_key.id, to_sign))
    assert verify(token.encode(), bundle=BUNDLE, at=NOW).outcome is Outcome.PASS
