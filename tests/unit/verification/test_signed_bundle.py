"""A bundle under its publisher's signature: what is opened, and what is not."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proof.encoding import base64url_decode, base64url_encode
from app.proof.errors import ProofError
from app.proof.keys import Algorithm, PublicKey
from app.verification.bundle import Bundle, IssuerEntry, KeyEntry, dump_bundle
from app.verification.signed_bundle import (
    ANY_ID,
    MOST_SIGNATURES,
    TYPE,
    UnsignedBundle,
    is_signed,
    open_bundle,
)
from tests.simulator.issuer import NOW, SimulatedIssuer
from tests.simulator.signing import MemorySigner
from tests.unit.verification.test_tampering import VALUES, at, paths

SIGNER = MemorySigner()
PUBLISHER = "did:web:node.example"
FIRST = SIGNER.create(f"{PUBLISHER}#es256-1", algorithm=Algorithm.ES256)
SECOND = SIGNER.create(f"{PUBLISHER}#es256-2", algorithm=Algorithm.ES256)
ED25519 = SIGNER.create(f"{PUBLISHER}#ed25519-1", algorithm=Algorithm.ED25519)
STRANGER = SIGNER.create("did:web:evil.example#es256-1", algorithm=Algorithm.ES256)
SOCIETY = SimulatedIssuer()


def entry(*keys: KeyEntry) -> IssuerEntry:
    return IssuerEntry(PUBLISHER, "The node", keys or (KeyEntry(FIRST, NOW), KeyEntry(SECOND, NOW)))


def bundle(publisher: IssuerEntry | None = None, **changes: Any) -> Bundle:
    made = SOCIETY.bundle()
    node = publisher or entry()
    return replace(made, publisher=PUBLISHER, issuers={**made.issuers, PUBLISHER: node}, **changes)


def signed(made: Bundle, *keys: PublicKey) -> bytes:
    unsigned = UnsignedBundle(made)
    return unsigned.attach(
        [(key, SIGNER.sign(key.id, unsigned.signing_input(key))) for key in keys or (FIRST,)]
    )


def refused(data: bytes, *keys: PublicKey, least_version: int | None = None) -> str:
    with pytest.raises(ProofError) as error:
        open_bundle(data, publisher_keys=keys or None, least_version=least_version)
    return error.value.code


def remade(data: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    members = json.loads(data)
    change(members)
    return json.dumps(members).encode()


def test_a_bundle_signed_by_a_key_that_the_reader_knows_is_opened() -> None:
    opened = open_bundle(signed(bundle()), publisher_keys=[FIRST], least_version=7)
    assert (opened.bundle, opened.publisher, opened.key) == (bundle(), PUBLISHER, FIRST)
    assert opened.pinned
    by_value = replace(FIRST, id=ANY_ID, controller=ANY_ID)
    assert open_bundle(signed(bundle()), publisher_keys=[by_value], least_version=None).pinned


def test_without_a_key_the_bundle_vouches_for_itself_and_says_so() -> None:
    opened = open_bundle(signed(bundle()), publisher_keys=None, least_version=None)
    assert not opened.pinned
    assert opened.key == FIRST


def test_the_file_has_the_form_of_a_general_jws() -> None:
    members = json.loads(signed(bundle()))
    assert set(members) == {"payload", "signatures"}
    (signature,) = members["signatures"]
    header = json.loads(base64url_decode(signature["protected"]))
    assert header == {"alg": "ES256", "typ": TYPE, "kid": FIRST.id}
    assert base64url_decode(members["payload"]) == dump_bundle(bundle())
    assert is_signed(signed(bundle()))
    assert not is_signed(dump_bundle(bundle()))
    assert not is_signed(b"{")


def test_signatures_of_others_are_passed_over() -> None:
    other = {"alg": "ML-DSA-65", "typ": TYPE, "kid": "did:web:later.example#1"}
    foreign = {"protected": base64url_encode(json.dumps(other).encode()), "signature": "AAAA"}
    data = remade(
        signed(bundle(), STRANGER, FIRST), lambda found: found["signatures"].insert(0, foreign)
    )
    assert open_bundle(data, publisher_keys=[FIRST], least_version=None).key == FIRST
    assert open_bundle(data, publisher_keys=None, least_version=None).key == FIRST


def test_who_knows_only_a_key_retired_since_can_read_what_both_keys_signed() -> None:
    after = bundle(entry(KeyEntry(FIRST, NOW, retired_at=NOW), KeyEntry(SECOND, NOW)))
    data = signed(after, SECOND, FIRST)
    assert open_bundle(data, publisher_keys=[FIRST], least_version=None).key == FIRST
    assert open_bundle(data, publisher_keys=None, least_version=None).key == SECOND
    assert refused(signed(after, FIRST)) == "bundle-signer"


def test_a_signature_that_is_not_accepted_is_refused() -> None:
    assert refused(signed(bundle(), STRANGER), FIRST) == "bundle-signer"
    assert refused(signed(bundle(), STRANGER)) == "bundle-signer"
    # A stranger's key is accepted by its value alone, and the bundle gives its publisher another.
    assert refused(signed(bundle(), STRANGER), STRANGER) == "bundle-signer"
    named_alike = replace(STRANGER, id=FIRST.id, controller=PUBLISHER)
    assert refused(signed(bundle()), named_alike) == "bundle-signer"


def test_a_key_that_the_bundle_calls_compromised_signs_no_bundle() -> None:
    burnt = bundle(entry(KeyEntry(FIRST, NOW, compromised_since=NOW), KeyEntry(SECOND, NOW)))
    assert refused(signed(burnt), FIRST) == "bundle-signer"
    assert refused(signed(burnt)) == "bundle-signer"
    assert open_bundle(signed(burnt, SECOND), publisher_keys=None, least_version=None)


def test_the_algorithm_is_the_keys_and_not_the_files() -> None:
    def claim(algorithm: str) -> bytes:
        header = {"alg": algorithm, "typ": TYPE, "kid": FIRST.id}
        protected = base64url_encode(json.dumps(header).encode())
        payload = base64url_encode(dump_bundle(bundle()))
        signature = SIGNER.sign(FIRST.id, f"{protected}.{payload}".encode())
        entry = {"protected": protected, "signature": base64url_encode(signature)}
        return json.dumps({"payload": payload, "signatures": [entry]}).encode()

    assert open_bundle(claim("ES256"), publisher_keys=[FIRST], least_version=None)
    for algorithm in ("none", "HS256", "EdDSA", "es256"):
        assert refused(claim(algorithm), FIRST) == "bundle-signer"
    by_ed25519 = bundle(entry(KeyEntry(ED25519, NOW)))
    assert open_bundle(signed(by_ed25519, ED25519), publisher_keys=[ED25519], least_version=None)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "ES256", "typ": "vc+jwt", "kid": FIRST.id},
        {"alg": "ES256", "typ": TYPE},
        {"alg": "ES256", "typ": TYPE, "kid": FIRST.id, "crit": ["b64"], "b64": False},
        {"alg": "ES256", "typ": TYPE, "kid": FIRST.id, "jwk": FIRST.jwk},
    ],
)
def test_a_signature_for_another_purpose_does_not_count(header: dict[str, Any]) -> None:
    protected = base64url_encode(json.dumps(header).encode())
    payload = base64url_encode(dump_bundle(bundle()))
    signature = SIGNER.sign(FIRST.id, f"{protected}.{payload}".encode())
    made = {"protected": protected, "signature": base64url_encode(signature)}
    assert (
        refused(json.dumps({"payload": payload, "signatures": [made]}).encode(), FIRST)
        == "bundle-signer"
    )


def test_an_older_bundle_than_demanded_is_refused_and_both_versions_are_named() -> None:
    with pytest.raises(ProofError, match="version 7; version 8 or later") as error:
        open_bundle(signed(bundle()), publisher_keys=[FIRST], least_version=8)
    assert error.value.code == "bundle-older"


def test_an_unsigned_bundle_is_told_from_one_of_another_form() -> None:
    assert refused(dump_bundle(bundle())) == "bundle-unsigned"
    assert refused(b"{}") == "bundle-format"
    assert refused(b"[]") == "json-not-an-object"


def test_a_bundle_names_its_publisher_among_its_issuers() -> None:
    with pytest.raises(ProofError, match="publisher"):
        UnsignedBundle(replace(bundle(), publisher=None))
    members = json.loads(dump_bundle(bundle()))
    del members["publisher"]
    payload = base64url_encode(json.dumps(members).encode())
    header = base64url_encode(json.dumps({"alg": "ES256", "typ": TYPE, "kid": FIRST.id}).encode())
    signature = base64url_encode(SIGNER.sign(FIRST.id, f"{header}.{payload}".encode()))
    data = {"payload": payload, "signatures": [{"protected": header, "signature": signature}]}
    assert refused(json.dumps(data).encode(), FIRST) == "bundle-publisher"
    assert refused(json.dumps(data).encode()) == "bundle-publisher"
    elsewhere = replace(bundle(), publisher="did:web:nobody.example")
    assert refused(signed(elsewhere), FIRST) == "bundle-publisher"


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found["signatures"].clear(),
        lambda found: found["signatures"].extend(found["signatures"] * MOST_SIGNATURES),
        lambda found: found["signatures"][0].update(header={}),
        lambda found: found["signatures"][0].update(protected="AA"),
        lambda found: found["signatures"][0].update(signature="AA=="),
        lambda found: found.update(payload=found["payload"] + "="),
        lambda found: found.update(extra=1),
        lambda found: found.update(signatures={}),
        lambda found: found.update(payload=7),
    ],
)  # fmt: skip
def test_a_file_of_another_shape_is_refused(change: Callable[[dict[str, Any]], Any]) -> None:
    assert refused(remade(signed(bundle()), change), FIRST)


WRITTEN = json.loads(signed(bundle(), FIRST))
PAYLOAD = json.loads(base64url_decode(WRITTEN["payload"]))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(paths(PAYLOAD)[1:]), VALUES)
def test_a_member_changed_anywhere_in_the_bundle_is_refused(
    path: tuple[Any, ...], value: Any
) -> None:
    changed = json.loads(json.dumps(PAYLOAD))
    at(changed, path[:-1])[path[-1]] = value
    if changed == PAYLOAD:
        return
    payload = base64url_encode(json.dumps(changed).encode())
    assert refused(json.dumps(WRITTEN | {"payload": payload}).encode(), FIRST)
    assert refused(json.dumps(WRITTEN | {"payload": payload}).encode())


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(paths(WRITTEN)[1:]), VALUES)
def test_whatever_is_written_into_the_file_nothing_but_proof_errors_come_out(
    path: tuple[Any, ...], value: Any
) -> None:
    changed = json.loads(json.dumps(WRITTEN))
    at(changed, path[:-1])[path[-1]] = value
    try:
        opened = open_bundle(
            json.dumps(changed).encode(), publisher_keys=[FIRST], least_version=None
        )
    except ProofError:
        return
    assert opened.bundle == bundle()


@settings(max_examples=60, deadline=None)
@given(st.integers(0), st.integers(1, 255))
def test_a_byte_changed_anywhere_in_the_file_never_gives_another_bundle(
    place: int, change: int
) -> None:
    data = bytearray(signed(bundle()))
    data[place % len(data)] ^= change
    try:
        opened = open_bundle(bytes(data), publisher_keys=[FIRST], least_version=None)
    except ProofError:
        return
    assert opened.bundle == bundle()
