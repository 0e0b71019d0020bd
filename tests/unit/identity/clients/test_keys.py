"""Public keys as programs give them."""

from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from app.identity.clients.keys import MOST_KEYS, KeysUnusable, as_set, read_keys
from tests.simulator.programs import public_set

EC = ECKey.generate_key("P-256")
JWK = EC.as_dict(private=False)


def test_usable_keys_are_kept_with_what_they_are_made_of_alone() -> None:
    rsa, okp = RSAKey.generate_key(2048), OKPKey.generate_key("Ed25519")
    given = public_set(EC, rsa, okp, kid="1", x5c=["MIIB"], alg=None)
    keys = read_keys({"keys": [{k: v for k, v in one.items() if v} for one in given["keys"]]})
    assert [sorted(key.algorithms) for key in keys] == [
        ["ES256"], ["PS256", "RS256"], ["Ed25519", "EdDSA"]
    ]  # fmt: skip
    assert "x5c" not in str(as_set(keys))
    assert read_keys(as_set(keys))[0].kid == "1"


@pytest.mark.parametrize(
    "narrowed",
    [
        {"use": "enc"}, {"use": 5}, {"key_ops": ["sign"]}, {"key_ops": "verify"},
        {"alg": "ES384"}, {"alg": 5}, {"alg": "none"}, {"crv": "P-521"}, {"x": 5}, {"x": "AA"},
        {"x": "!!"}, {"y": None}, {"kty": "OKP"}, {"kty": "PQ"}, {"crv": "secp256k1"},
    ],
)  # fmt: skip
def test_a_key_that_cannot_sign_here_is_left_out(narrowed: dict[str, Any]) -> None:
    with pytest.raises(KeysUnusable, match="No key of the set"):
        read_keys({"keys": [{**JWK, **narrowed}]})
    assert len(read_keys({"keys": [{**JWK, **narrowed}, JWK]})) == 1


def test_small_and_huge_rsa_keys_are_left_out() -> None:
    with pytest.warns(UserWarning, match="2048"):
        small = RSAKey.generate_key(1024).as_dict(private=False)
    good = RSAKey.generate_key(2048).as_dict(private=False)
    for jwk in (small, {**good, "n": "A" * 100_000}, {**good, "e": "A" * 700}, {**good, "e": ""}):
        with pytest.raises(KeysUnusable):
            read_keys({"keys": [jwk]})


@pytest.mark.parametrize(
    "document",
    [
        None, [], {}, 5, "x", {"keys": []}, {"keys": {}}, {"keys": [5]}, {"keys": [{}]},
        {"keys": [{"kty": 5}]}, {"keys": [{**JWK, "kid": 5}]},
        {"keys": [{**JWK, "kid": "x" * 201}]},
        {"keys": [JWK] * (MOST_KEYS + 1)}, {"keys": [JWK, EC.as_dict(private=True)]},
        {"keys": [JWK, OctKey.generate_key(256).as_dict(private=True)]},
    ],
)  # fmt: skip
def test_what_is_no_set_of_public_keys_is_refused_whole(document: Any) -> None:
    with pytest.raises(KeysUnusable):
        read_keys(document)
