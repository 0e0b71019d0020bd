"""Project Wycheproof: every case of its files for the keys and tokens that are known here.

No case that it calls invalid is accepted. Each valid one that is refused is counted below with the
reason; there is one reason only: an algorithm that no key here has.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.proof import jose, keys
from app.proof.errors import ProofError
from tests.simulator.published import published_json
from tests.unit.proof.signing import Holder

pytestmark = pytest.mark.feeds

NAMED = {"key_id": "did:web:node.example#1", "controller": "did:web:node.example"}
CASES = {
    "json_web_signature_test.json": 401,
    "json_web_crypto_test.json": 83,
    "json_web_key_test.json": 26,
}
REFUSED = {
    # RSA is verified nowhere in the profile; nor is P-521. Secrets (HS) are no public keys.
    "json_web_signature_test.json": {
        "ES521": 2,
        "HS256": 10,
        "PS256": 8,
        "PS384": 4,
        "PS512": 4,
        "RS256": 8,
        "RS384": 4,
        "RS512": 4,
    },
    # Records are signed and never encrypted: the tokens of five parts are none here.
    "json_web_crypto_test.json": {"HS256": 2, "RS256": 1, "encrypted": 2},
    "json_web_key_test.json": {"HS256": 2, "HS384": 1, "HS512": 1, "RS256": 1},
}


def cases(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in published_json("wycheproof", name)["testGroups"]:
        for case in group["tests"]:
            yield group, case


def jwks(group: dict[str, Any]) -> list[dict[str, Any]]:
    """The keys that a case may be verified with; of secret ones there is nothing else."""
    held = group.get("public", group.get("private"))
    return list(held["keys"]) if "keys" in held else [held]


def accepted(group: dict[str, Any], case: dict[str, Any]) -> bool:
    """Whether a verifier that knows only the keys of the group takes the token, by any of them."""
    for jwk in jwks(group):
        try:
            token = jose.split(str(case.get("jws", case.get("jwe"))))
            jose.verify_signature(token, key=keys.from_jwk(jwk, **NAMED))
        except ProofError:
            continue
        return True
    return False


def algorithm(group: dict[str, Any], case: dict[str, Any]) -> str:
    return "encrypted" if "jwe" in case else str(jwks(group)[0].get("alg"))


@pytest.mark.parametrize("name", CASES)
def test_tokens_are_judged_as_published(name: str) -> None:
    refused = Counter[str]()
    found = list(cases(name))
    for group, case in found:
        if accepted(group, case):
            assert case["result"] == "valid", case
        elif case["result"] == "valid":
            refused[algorithm(group, case)] += 1
    assert len(found) == CASES[name]
    assert refused == REFUSED[name]


def test_no_token_passes_under_a_key_that_did_not_sign_it() -> None:
    """What is refused above for its key is not accepted under one that we do take."""
    ours = [Holder(kind).key for kind in ("Ed25519", "P-256", "P-384")]
    tried = 0
    for _, case in cases("json_web_signature_test.json"):
        for key in ours:
            tried += 1
            with pytest.raises(ProofError):
                jose.verify_signature(jose.split(str(case["jws"])), key=key)
    assert tried == 401 * 3


def test_ed25519_signatures_are_judged_as_published() -> None:
    found = list(cases("ed25519_test.json"))
    for group, case in found:
        agrees(keys.from_jwk(group["publicKeyJwk"], **NAMED), case)
    assert len(found) == 151


def test_p256_signatures_as_jws_has_them_are_judged_as_published() -> None:
    found = list(cases("ecdsa_secp256r1_sha256_p1363_test.json"))
    for group, case in found:
        point = bytes.fromhex(group["publicKey"]["uncompressed"])
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        agrees(keys.from_cryptography(public, **NAMED), case)
    assert len(found) == 262


def agrees(key: keys.PublicKey, case: dict[str, str]) -> None:
    try:
        key.verify(bytes.fromhex(case["sig"]), data=bytes.fromhex(case["msg"]))
        good = True
    except ProofError:
        good = False
    assert good == (case["result"] == "valid"), case
