"""A receipt says what was checked, and only its verifier can have said it."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proof import jose
from app.proof.encoding import base64url_encode
from app.proof.errors import ProofError
from app.verification import Options, Outcome, receipt, verify
from tests.simulator.issuer import NOW, SimulatedIssuer

ISSUER = SimulatedIssuer()
VERIFIER = SimulatedIssuer(society="nicosia", name="Nicosia Engineers")
RECORD = ISSUER.secure_jwt(ISSUER.record()).encode()
CHANGED = RECORD[:-6] + b"AAAAAA"
PROGRAMME = f"{ISSUER.base_url}/files/programme.pdf"
PUBLISHER = "did:web:node.example"


def said(record: bytes = RECORD, **options: Any) -> dict[str, Any]:
    chosen = Options(**options)
    report = verify(record, bundle=ISSUER.bundle(), at=NOW, options=chosen)
    return receipt.statement(
        report, verifier=VERIFIER.id, made_at=NOW, publisher=PUBLISHER, options=chosen
    )


def signed(statement: dict[str, Any], *, by: SimulatedIssuer = VERIFIER) -> str:
    to_sign = receipt.signing_input(statement, kid=by.token_key.id)
    return jose.assemble(to_sign, by.sign(by.token_key.id, to_sign))


def code_of(token: str, **arguments: Any) -> str:
    with pytest.raises(ProofError) as caught:
        receipt.read_receipt(token, **{"key": VERIFIER.token_key} | arguments)
    return caught.value.code


def test_a_receipt_says_what_was_checked_when_and_with_which_bundle() -> None:
    read = receipt.read_receipt(signed(said()), key=VERIFIER.token_key, record=RECORD)
    assert read.outcome is Outcome.PASS
    assert (read.verifier, read.made_at, read.at) == (VERIFIER.id, NOW, NOW)
    assert (read.publisher, read.bundle_version) == (PUBLISHER, 7)
    assert (read.digest, read.record_id) == (
        hashlib.sha256(RECORD).hexdigest(),
        ISSUER.record()["id"],
    )
    assert [(check.number, check.error) for check in read.checks] == [
        (n, None) for n in range(1, 11)
    ]
    assert [check.code for check in read.checks][5:8] == [
        "proof.signature",
        "record.dates",
        "status.revocation",
    ]


def test_a_receipt_of_a_refused_record_says_why_and_repeats_nothing_unsigned() -> None:
    read = receipt.read_receipt(signed(said(CHANGED)), key=VERIFIER.token_key)
    assert (read.outcome, read.record_id) == (Outcome.FAIL, None)
    assert [check.error for check in read.checks if check.outcome is Outcome.FAIL] == [
        "signature-invalid"
    ]
    assert {check.outcome for check in read.checks[6:]} == {Outcome.UNKNOWN}


def test_a_receipt_says_what_its_verifier_chose() -> None:
    chosen = receipt.read_receipt(
        signed(said(leeway=timedelta(seconds=5), resources={PROGRAMME: b"x"})),
        key=VERIFIER.token_key,
    ).options
    assert (chosen["leeway"], chosen["oldest_status"]) == (5, 604800)
    assert chosen["resources"] == {PROGRAMME: hashlib.sha256(b"x").hexdigest()}
    assert chosen["profiles"] == ["completion", "generic"]


def test_a_receipt_holds_no_facts_about_the_holder() -> None:
    subject = ISSUER.record()["credentialSubject"]
    text = json.dumps(said())
    for fact in (subject["id"], subject["identifier"][0]["salt"], ISSUER.record()["name"]):
        assert fact not in text


def test_a_receipt_with_a_time_without_zone_is_not_made() -> None:
    report = verify(RECORD, bundle=ISSUER.bundle(), at=NOW)
    with pytest.raises(ProofError, match="zone"):
        receipt.statement(
            report,
            verifier=VERIFIER.id,
            made_at=datetime(2026, 11, 23),  # noqa: DTZ001 -- that is what is tried
            publisher=None,
            options=Options(),
        )


def test_a_receipt_about_another_record_is_refused() -> None:
    assert code_of(signed(said()), record=CHANGED) == "receipt-record"


def test_a_receipt_by_another_key_is_refused() -> None:
    foreign = signed(said(), by=ISSUER)
    assert code_of(foreign) == "key-mismatch"
    assert code_of(foreign, key=ISSUER.token_key) == "receipt-verifier"
    to_sign = receipt.signing_input(said(), kid=VERIFIER.token_key.id)
    forged = jose.assemble(to_sign, ISSUER.sign(ISSUER.token_key.id, to_sign))
    assert code_of(forged) == "signature-invalid"
    assert code_of(signed(said()), key=VERIFIER.proof_key) == "key-algorithm"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"typ": "vc+jwt"}, "receipt-type"),
        ({"typ": None}, "receipt-type"),
        ({"jwk": VERIFIER.token_key.jwk}, "receipt-type"),
        ({"alg": "none"}, "key-algorithm"),
        ({"alg": "HS256"}, "key-algorithm"),
        ({"crit": ["exp"]}, "jwt-header"),
    ],
)
def test_a_token_of_another_type_is_no_receipt(change: dict[str, Any], code: str) -> None:
    header = {"alg": "ES256", "typ": receipt.TYPE, "kid": VERIFIER.token_key.id} | change
    assert code_of(VERIFIER.sign_token(header, said())) == code


def test_a_record_is_no_receipt_and_a_receipt_no_record() -> None:
    own = VERIFIER.secure_jwt(VERIFIER.record())
    assert code_of(own) == "receipt-type"
    report = verify(signed(said()).encode(), bundle=VERIFIER.bundle(), at=NOW)
    assert report.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "change",
    [
        {"format": "another"},
        {"format_version": 2},
        {"more": 1},
        {"outcome": "unknown"},
        {"outcome": "good"},
        {"checks": []},
        {"checks": [{"number": 1, "code": "record.readable", "outcome": "fail"}]},
        {"checks": [{"number": "1", "code": "record.readable", "outcome": "pass"}]},
        {"checks": [1]},
        {"record": None},
        {"record": {"digest": 1, "id": None}},
        {"bundle": {"publisher": 1, "version": 1}},
        {"bundle": {"publisher": None, "version": "1"}},
        {"iat": "now"},
        {"iat": 2**53 - 1},
        {"at": "today"},
        {"options": []},
    ],
    ids=str,
)
def test_a_signed_statement_of_another_form_is_refused(change: dict[str, Any]) -> None:
    code_of(signed(said() | change))


def test_every_changed_character_of_a_receipt_is_refused() -> None:
    token = signed(said())
    for place in range(0, len(token), 7):
        other = "A" if token[place] != "A" else "B"
        code_of(token[:place] + other + token[place + 1 :])
    for junk in (token + "=", token + " ", " " + token, token + ".x", token.replace(".", "..", 1)):
        code_of(junk)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


SAID = said()


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(SAID)), JSON)
def test_any_member_at_all_gives_a_receipt_or_a_proof_error(name: str, value: Any) -> None:
    header = {"alg": "ES256", "typ": receipt.TYPE, "kid": VERIFIER.token_key.id}
    encoded = [
        base64url_encode(json.dumps(part).encode()) for part in (header, SAID | {name: value})
    ]
    to_sign = ".".join(encoded).encode()
    token = jose.assemble(to_sign, VERIFIER.sign(VERIFIER.token_key.id, to_sign))
    try:
        read = receipt.read_receipt(token, key=VERIFIER.token_key)
    except ProofError:
        return
    assert read.checks
