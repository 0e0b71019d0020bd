import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey

from app.proof import did_key, keys
from app.proof.encoding import base58_decode, base58_encode, base64url_decode, base64url_encode
from app.proof.errors import ProofError
from tests.simulator.issuer import SimulatedIssuer

NAMED = {"key_id": "did:web:node.example#1", "controller": "did:web:node.example"}


@given(st.binary(max_size=80))
def test_both_alphabets_give_back_what_they_were_given(data: bytes) -> None:
    assert base58_decode(base58_encode(data)) == data
    assert base64url_decode(base64url_encode(data)) == data
    assert base64url_encode(data) == base64.urlsafe_b64encode(data).decode().rstrip("=")


@settings(max_examples=300)
@given(st.text("ABCDwxyz0129-_" + "+/=\n é\0", max_size=12))
def test_a_base64url_value_has_one_spelling_only(text: str) -> None:
    try:
        data = base64url_decode(text)
    except ProofError:
        return
    assert base64url_encode(data) == text


@pytest.mark.parametrize("text", ["a", "YR", "YQ==", "Y Q", "YQ\n", "Y+", "\u0661"])
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises(ProofError):
        base64url_decode(text)


def test_base58_refuses_letters_it_does_not_have() -> None:
    for text in ("0", "O", "I", "l", "z z", "1" * 300):
        with pytest.raises(ProofError):
            base58_decode(text)


def test_a_key_is_the_same_in_every_spelling() -> None:
    issuer = SimulatedIssuer()
    for key in (issuer.proof_key, issuer.token_key):
        names = {"key_id": key.id, "controller": key.controller}
        assert keys.from_multibase(key.multibase, **names) == key
        assert keys.from_jwk(key.jwk, **names) == key


def test_the_jwk_is_one_that_another_library_reads() -> None:
    issuer = SimulatedIssuer()
    assert ECKey.import_key(issuer.token_key.jwk).is_private is False
    assert OKPKey.import_key(issuer.proof_key.jwk).is_private is False


def test_the_published_multikey_is_read() -> None:
    # The example key of W3C Controlled Identifiers 1.0 and of Data Integrity EdDSA 1.0.
    key = keys.from_multibase("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2", **NAMED)
    assert key.algorithm is keys.Algorithm.ED25519
    other = keys.from_multibase("zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169", **NAMED)
    assert other.algorithm is keys.Algorithm.ES256


@pytest.mark.parametrize(
    "multibase",
    [
        "",
        "z",
        "u7QEB",
        "6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ",
        "z" + base58_encode(b"\xed\x01" + bytes(33)),
        "z" + base58_encode(b"\x80\x24\x02" + b"\xff" * 32),
        "z" + base58_encode(b"\x85\x24" + bytes(270)),
    ],
)
def test_a_multikey_that_is_no_key_is_refused_when_it_is_read(multibase: str) -> None:
    with pytest.raises(ProofError):
        keys.from_multibase(multibase, **NAMED)


def test_a_key_of_nobody_yet_is_refused_without_a_hole_in_the_sentence() -> None:
    with pytest.raises(ProofError, match="The key that was given is none of"):
        keys.from_multibase("zUnknown", key_id="", controller="")


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "HS256"},
        {"crv": "P-384"},
        {"kty": "oct"},
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"d": "AAAA"},
        {"x": 5},
        {"x": "AAAA"},
        {"y": base64url_encode(bytes(32))},
    ],
)
def test_a_jwk_that_is_not_what_it_says_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ProofError):
        keys.from_jwk({**SimulatedIssuer().token_key.jwk, **change}, **NAMED)  # type: ignore[dict-item]  # wrong on purpose


def test_a_curve_that_is_not_supported_is_refused() -> None:
    with pytest.raises(ProofError):
        keys.from_cryptography(ec.generate_private_key(ec.SECP521R1()).public_key(), **NAMED)


def test_a_key_of_p384_has_one_name_in_both_spellings() -> None:
    private = ec.generate_private_key(ec.SECP384R1())
    key = keys.from_cryptography(private.public_key(), **NAMED)
    assert key.algorithm is keys.Algorithm.ES384
    assert key.multibase.startswith("z82L")
    assert keys.from_jwk(key.jwk, **NAMED) == keys.from_multibase(key.multibase, **NAMED) == key
    r, s = decode_dss_signature(private.sign(b"data", ec.ECDSA(SHA384())))
    signature = r.to_bytes(48, "big") + s.to_bytes(48, "big")
    key.verify(signature, data=b"data")
    for wrong in (signature[:64], signature + b"\0", bytes(96), signature[::-1]):
        with pytest.raises(ProofError):
            key.verify(wrong, data=b"data")


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()], ids=["P-256", "P-384"])
def test_a_did_key_stands_for_its_key(curve: ec.EllipticCurve) -> None:
    key = keys.from_cryptography(ec.generate_private_key(curve).public_key(), **NAMED)
    did = did_key.did_key(key)
    found = did_key.resolve(did)
    assert did_key.resolve(found.id) == found
    assert (found.multibase, found.controller) == (key.multibase, did)
    assert found.id == f"{did}#{key.multibase}"


@pytest.mark.parametrize(
    "did",
    [
        "",
        "did:key:",
        "did:web:a.example#z6Mk",
        "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#other",
        "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#",
        "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ",
        "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",
    ],
)
def test_what_is_no_did_key_is_refused(did: str) -> None:
    with pytest.raises(ProofError):
        did_key.resolve(did)


def test_a_signature_of_another_length_or_key_is_refused() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    key = keys.from_cryptography(private.public_key(), **NAMED)
    signature = private.sign(b"data")
    key.verify(signature, data=b"data")
    for wrong in (signature[:-1], signature + b"\0", bytes(64), b"", signature[::-1]):
        with pytest.raises(ProofError):
            key.verify(wrong, data=b"data")
