import json
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey

from app.proof import jose, keys
from app.proof.errors import ProofError
from app.proof.parse import dump
from tests.simulator.issuer import SimulatedIssuer
from tests.unit.proof.signing import Holder

ISSUER = SimulatedIssuer()
TOKEN = ISSUER.secure_jwt(ISSUER.record())
HEADER = {"alg": "ES256", "typ": "vc+jwt", "cty": "vc", "kid": ISSUER.token_key.id}
CLAIMS = jose.claims(TOKEN)


def test_a_token_of_our_own_gives_its_credential_back() -> None:
    assert jose.verify_jwt(TOKEN, key=ISSUER.token_key) == ISSUER.record()


def test_the_claims_say_what_the_credential_says() -> None:
    assert (CLAIMS["iss"], CLAIMS["jti"]) == (ISSUER.id, ISSUER.record()["id"])
    assert CLAIMS["sub"] == ISSUER.record()["credentialSubject"]["id"]
    assert CLAIMS["nbf"] == 1795167000
    assert "exp" not in CLAIMS


def test_two_other_libraries_accept_the_token() -> None:
    ours = ISSUER.token_key.jwk
    theirs = jws.deserialize_compact(TOKEN, ECKey.import_key(ours), algorithms=["ES256"])
    assert json.loads(theirs.payload) == CLAIMS
    pyjwt = jwt.decode(TOKEN, jwt.PyJWK(ours), algorithms=["ES256"], options={"verify_nbf": False})
    assert pyjwt == CLAIMS


def test_a_token_of_another_library_is_accepted() -> None:
    private = ECKey.generate_key("P-256")
    key = keys.from_jwk(
        private.as_dict(private=False), key_id=ISSUER.token_key.id, controller=ISSUER.id
    )
    token = jws.serialize_compact(HEADER, json.dumps(CLAIMS), private)
    assert jose.verify_jwt(token, key=key) == ISSUER.record()


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"alg": "none"}, "key-algorithm"),
        ({"alg": "HS256"}, "key-algorithm"),
        ({"alg": "EdDSA"}, "key-algorithm"),
        ({"alg": "es256"}, "key-algorithm"),
        ({"alg": ["ES256"]}, "key-algorithm"),
        ({"typ": "at+jwt"}, "jwt-header"),
        ({"typ": "JWT"}, "jwt-header"),
        ({"cty": "vp"}, "jwt-header"),
        ({"kid": None}, "jwt-header"),
        ({"kid": "did:web:evil.example#1"}, "key-mismatch"),
        ({"crit": ["b64"]}, "jwt-header"),
        ({"b64": False}, "jwt-header"),
        ({"zip": "DEF"}, "jwt-header"),
    ],
)
def test_a_header_that_asks_for_something_else_is_refused(
    header: dict[str, Any], code: str
) -> None:
    with pytest.raises(ProofError) as refused:
        jose.verify_jwt(ISSUER.sign_token(HEADER | header, CLAIMS), key=ISSUER.token_key)
    assert refused.value.code == code


def test_keys_and_addresses_in_the_header_are_not_looked_at() -> None:
    stranger = SimulatedIssuer()
    smuggled = {"jwk": stranger.token_key.jwk, "jku": "https://evil.example/", "x5u": "x", "x5c": 5}
    token = ISSUER.sign_token(HEADER | smuggled, CLAIMS)
    jose.verify_jwt(token, key=ISSUER.token_key)
    with pytest.raises(ProofError) as refused:
        jose.verify_jwt(stranger.sign_token(HEADER | smuggled, CLAIMS), key=ISSUER.token_key)
    assert refused.value.code == "signature-invalid"


def test_what_is_remembered_of_a_header_cannot_be_changed() -> None:
    jose.split(TOKEN).header["kid"] = "did:web:evil.example#1"
    assert jose.split(TOKEN).key_id == ISSUER.token_key.id


@pytest.mark.parametrize(
    ("kind", "alg"),
    [("Ed25519", "EdDSA"), ("Ed25519", "Ed25519"), ("P-256", "ES256"), ("P-384", "ES384")],
)
def test_a_token_is_verified_with_the_algorithm_of_its_key(kind: str, alg: str) -> None:
    holder = Holder(kind)
    header = HEADER | {"alg": alg, "kid": holder.key.id}
    parts = [jose.base64url_encode(json.dumps(part).encode()) for part in (header, CLAIMS)]
    to_sign = ".".join(parts).encode()
    token = jose.assemble(to_sign, holder.sign(to_sign))
    assert jose.verify_jwt(token, key=holder.key) == ISSUER.record()
    for other in {"Ed25519", "P-256", "P-384"} - {kind}:
        with pytest.raises(ProofError) as refused:
            jose.verify_signature(jose.split(token), key=Holder(other).key)
        assert refused.value.code == "key-algorithm"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "did:web:evil.example"},
        {"sub": "urn:uuid:other"},
        {"jti": "urn:uuid:other"},
        {"nbf": 1},
        {"exp": 4_000_000_000},
        {"vc": {}},
        {"vp": {}},
        {"validFrom": "soon"},
        {"validUntil": "2030-01-01T00:00:00Z", "exp": 1},
    ],
)
def test_claims_that_contradict_the_credential_are_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(ProofError):
        jose.verify_jwt(ISSUER.sign_token(HEADER, CLAIMS | claims), key=ISSUER.token_key)


def test_a_credential_that_brings_claims_of_its_own_is_not_signed() -> None:
    with pytest.raises(ProofError):
        jose.signing_input(ISSUER.record(iss="did:web:evil.example"), kid="x")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a..b",
        ".a.b",
        "a.b.c.d",
        "a.b.c",
        TOKEN + "=",
        TOKEN + "\n",
        " " + TOKEN,
        TOKEN.replace(".", "..", 1),
        TOKEN[:-1],
        TOKEN[:-2] + ("_" if TOKEN[-2] != "_" else "-") + TOKEN[-1],
        "A" * 200_000 + ".b.c",
    ],
)
def test_a_token_that_is_spelled_otherwise_is_refused(token: str) -> None:
    with pytest.raises(ProofError):
        jose.verify_jwt(token, key=ISSUER.token_key)


@settings(max_examples=200)
@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="ascii"))
def test_no_character_of_a_token_can_be_changed(place: int, character: str) -> None:
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    if changed == TOKEN:
        return
    with pytest.raises(ProofError):
        jose.verify_jwt(changed, key=ISSUER.token_key)


def test_a_credential_that_is_written_already_gives_the_same_bytes_to_sign() -> None:
    for credential in ({}, {"id": "x"}, ISSUER.record()):
        plain = jose.signing_input(credential, kid="x")
        assert jose.signing_input(credential, kid="x", written=dump(credential)) == plain
