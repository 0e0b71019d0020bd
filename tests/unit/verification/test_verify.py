import copy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.proof import status_list
from app.proof.errors import ProofError
from app.verification import Bundle, NotAccepted, Options, Outcome, Report, verify
from app.verification.model import COMPLETION, GENERIC
from app.verification.verify import TITLES
from tests.simulator.issuer import CONTEXTS, ISSUED, NOW, SimulatedIssuer
from tests.simulator.published import wheel_context

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def issuer() -> SimulatedIssuer:
    return SimulatedIssuer()


@pytest.fixture(scope="module")
def bundle(issuer: SimulatedIssuer) -> Bundle:
    return issuer.bundle()


@pytest.fixture(scope="module")
def in_json(issuer: SimulatedIssuer) -> bytes:
    return issuer.secure_json(issuer.record())


@pytest.fixture(scope="module")
def in_jwt(issuer: SimulatedIssuer) -> bytes:
    return issuer.secure_jwt(issuer.record()).encode()


def first_bad(report: Report) -> tuple[str, Outcome, str]:
    """The first check that did not pass, and the error it names."""
    check = next(check for check in report.checks if check.outcome is not Outcome.PASS)
    return check.code, check.outcome, check.evidence.get("error", "")


def test_the_checks_are_numbered_and_always_all_there(bundle: Bundle) -> None:
    report = verify(b"", bundle=bundle, at=NOW)
    assert [check.number for check in report.checks] == list(range(1, 11))
    assert [check.code for check in report.checks] == list(TITLES)
    assert [check.outcome for check in report.checks] == [Outcome.FAIL] + [Outcome.UNKNOWN] * 9
    assert report.record is None


def test_a_good_record_passes_every_check_in_both_securings(
    bundle: Bundle, in_json: bytes, in_jwt: bytes
) -> None:
    reports = [verify(data, bundle=bundle, at=NOW) for data in (in_json, in_jwt)]
    for report in reports:
        assert report.outcome is Outcome.PASS
        assert report.profile == COMPLETION
    assert [report.securing for report in reports] == ["eddsa-rdfc-2022", "vc+jwt"]
    assert reports[0].accept() == reports[1].accept()


def test_a_token_in_an_envelope_is_the_token(bundle: Bundle, in_jwt: bytes) -> None:
    envelope = {
        "@context": CONTEXTS[0],
        "id": "data:application/vc+jwt," + in_jwt.decode(),
        "type": "EnvelopedVerifiableCredential",
    }
    report = verify(json.dumps(envelope).encode(), bundle=bundle, at=NOW)
    assert report.accept().title == "Seismic design of masonry walls"
    envelope["id"] = "data:application/jwt,a.b.c"
    report = verify(json.dumps(envelope).encode(), bundle=bundle, at=NOW)
    assert first_bad(report)[0] == "record.securing"


def test_the_verified_facts_have_their_units_and_the_bundles_name(
    issuer: SimulatedIssuer, bundle: Bundle, in_json: bytes
) -> None:
    record = verify(in_json, bundle=bundle, at=NOW).accept()
    assert record.issuer_name == f"{issuer.name} (in the bundle)"
    minutes, assessed = record.results
    assert (minutes.kind, minutes.name, minutes.value) == (
        "ext:ContactMinutes",
        "Contact time",
        "750",
    )
    assert (assessed.kind, assessed.status) == ("Status", "Completed")
    assert record.credits_earned == 12.5
    assert [alignment.code for alignment in record.alignments] == ["EC2", None]


def test_the_evidence_says_what_the_answer_rests_on(
    issuer: SimulatedIssuer, bundle: Bundle, in_json: bytes
) -> None:
    report = verify(in_json, bundle=bundle, at=NOW)
    assert report.check("proof.signature").evidence == {"key": issuer.proof_key.id}
    assert report.check("key.valid").evidence["bundle_version"] == "7"
    assert report.check("status.revocation").evidence["list"] == issuer.status_url
    assert len(report.digest) == 64


def test_a_report_is_not_a_verdict(bundle: Bundle, in_json: bytes) -> None:
    with pytest.raises(TypeError, match="not a verdict"):
        bool(verify(in_json, bundle=bundle, at=NOW))


def test_a_time_without_a_zone_is_refused(bundle: Bundle, in_json: bytes) -> None:
    with pytest.raises(ProofError):
        verify(in_json, bundle=bundle, at=NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"hello", "record.readable"),
        (b"[1]", "record.readable"),
        (b'{"a": 1, "a": 2}', "record.readable"),
        (b"\xff\xfe", "record.readable"),
        (b"{" * 100, "record.readable"),
        (b'{"id": "' + b"a" * 70_000 + b'"}', "record.readable"),
        (b"{}", "record.securing"),
        (b'{"proof": []}', "record.securing"),
        (b'{"proof": {"type": "Ed25519Signature2020"}}', "record.securing"),
    ],
)
def test_what_is_no_secured_record_fails_at_the_check_that_says_so(
    bundle: Bundle, data: bytes, code: str
) -> None:
    report = verify(data, bundle=bundle, at=NOW)
    assert first_bad(report)[:2] == (code, Outcome.FAIL)


def test_the_first_and_the_last_time_there_is_are_times_like_others(
    issuer: SimulatedIssuer, bundle: Bundle, in_json: bytes
) -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    known = bundle.issuers[issuer.id]
    keys = tuple(replace(key, valid_from=first) for key in known.keys)
    lists = {url: replace(held, fetched_at=last) for url, held in bundle.status_lists.items()}
    stretched = replace(bundle, issuers={issuer.id: replace(known, keys=keys)}, status_lists=lists)
    assert verify(in_json, bundle=stretched, at=NOW).outcome is Outcome.PASS
    assert verify(in_json, bundle=stretched, at=first).outcome is Outcome.FAIL
    assert verify(in_json, bundle=stretched, at=last).outcome is Outcome.UNKNOWN


def test_one_changed_character_fails_the_signature(bundle: Bundle, in_json: bytes) -> None:
    report = verify(in_json.replace(b'"750"', b'"950"'), bundle=bundle, at=NOW)
    assert first_bad(report) == ("proof.signature", Outcome.FAIL, "signature-invalid")
    assert report.record is None
    with pytest.raises(NotAccepted) as refused:
        report.accept(tolerate=frozenset(TITLES))
    assert refused.value.check.code == "proof.signature"


def test_an_added_member_is_refused(bundle: Bundle, in_json: bytes) -> None:
    changed = in_json.replace(b'{"@context"', b'{"cpdHours": 999, "@context"', 1)
    report = verify(changed, bundle=bundle, at=NOW)
    assert first_bad(report) == ("proof.signature", Outcome.FAIL, "rdf-undefined")
    only_ours = Options(profiles=frozenset({COMPLETION}))
    report = verify(changed, bundle=bundle, at=NOW, options=only_ours)
    assert first_bad(report)[0] == "record.profile"
    assert "/cpdHours" in report.check("record.profile").detail


def test_an_issuer_that_the_bundle_does_not_know_is_refused(
    issuer: SimulatedIssuer, bundle: Bundle
) -> None:
    stranger = SimulatedIssuer(society="strangers")
    report = verify(stranger.secure_json(stranger.record()), bundle=bundle, at=NOW)
    assert first_bad(report) == ("issuer.known", Outcome.FAIL, "issuer-unknown")


def test_another_issuers_key_does_not_sign_for_this_one(
    issuer: SimulatedIssuer, bundle: Bundle
) -> None:
    thief = SimulatedIssuer(society="thieves")
    document = thief.record()
    document["issuer"]["id"] = issuer.id
    report = verify(thief.secure_json(document), bundle=bundle, at=NOW)
    assert first_bad(report) == ("key.valid", Outcome.FAIL, "key-foreign")


def test_a_key_in_the_fragment_of_the_did_url_is_not_believed(
    issuer: SimulatedIssuer, bundle: Bundle
) -> None:
    thief = SimulatedIssuer()
    secured = thief.secure(issuer.record())
    secured["proof"][0]["verificationMethod"] = f"{issuer.id}#{thief.proof_key.multibase}"
    report = verify(json.dumps(secured).encode(), bundle=bundle, at=NOW)
    assert first_bad(report) == ("key.valid", Outcome.FAIL, "key-unknown")


@pytest.mark.parametrize(
    ("history", "error"),
    [
        ({"valid_from": ISSUED - DAY}, ""),
        ({"valid_from": ISSUED + DAY}, "key-early"),
        ({"retired_at": ISSUED + DAY}, ""),
        ({"retired_at": ISSUED - timedelta(seconds=1)}, "key-retired"),
        ({"compromised_since": ISSUED + DAY}, "key-compromised"),
        ({"compromised_since": ISSUED - DAY}, "key-compromised"),
        ({"retired_at": ISSUED + DAY, "compromised_since": ISSUED + DAY}, "key-compromised"),
    ],
)
def test_retired_and_compromised_keys_are_different_states(
    issuer: SimulatedIssuer, in_json: bytes, in_jwt: bytes, history: dict[str, Any], error: str
) -> None:
    for data in (in_json, in_jwt):
        report = verify(data, bundle=issuer.bundle(**history), at=NOW)
        check = report.check("key.valid")
        assert check.evidence.get("error", "") == error
        assert (check.outcome is Outcome.PASS) == (error == "")


def test_a_proof_from_the_future_is_refused(issuer: SimulatedIssuer, bundle: Bundle) -> None:
    for created, outcome in ((NOW + timedelta(seconds=59), True), (NOW + 2 * DAY, False)):
        report = verify(issuer.secure_json(issuer.record(), created=created), bundle=bundle, at=NOW)
        assert (report.check("key.valid").outcome is Outcome.PASS) is outcome


def test_a_record_is_not_valid_before_its_time_nor_after_it(
    issuer: SimulatedIssuer, bundle: Bundle
) -> None:
    early = issuer.record(validFrom="2026-11-24T00:00:00Z")
    report = verify(issuer.secure_json(early), bundle=bundle, at=NOW)
    assert first_bad(report) == ("record.dates", Outcome.FAIL, "dates-future")
    assert report.check("status.revocation").outcome is Outcome.PASS
    assert report.record is not None  # it is genuine, but not acceptable

    late = issuer.record(validUntil="2026-11-22T00:00:00Z")
    report = verify(issuer.secure_json(late), bundle=bundle, at=NOW)
    assert report.profile == GENERIC
    assert first_bad(report) == ("record.dates", Outcome.FAIL, "dates-expired")


def test_a_revoked_record_is_refused_and_its_neighbours_are_not(issuer: SimulatedIssuer) -> None:
    revoking = SimulatedIssuer()
    revoking.__dict__.update(issuer.__dict__ | {"revoked": {4711}})
    bundle = revoking.bundle()
    revoked = verify(revoking.secure_json(revoking.record()), bundle=bundle, at=NOW)
    assert first_bad(revoked) == ("status.revocation", Outcome.FAIL, "status-set")
    other = verify(revoking.secure_json(revoking.record(index=4712)), bundle=bundle, at=NOW)
    assert other.outcome is Outcome.PASS


def status_check(issuer: SimulatedIssuer, record: bytes, body: bytes) -> tuple[Outcome, str]:
    report = verify(record, bundle=issuer.bundle(status=body), at=NOW)
    check = report.check("status.revocation")
    return check.outcome, check.evidence.get("error", "")


def test_a_list_that_is_absent_expired_or_old_makes_the_answer_unknown(
    issuer: SimulatedIssuer, bundle: Bundle, in_json: bytes
) -> None:
    absent = Bundle(7, NOW, bundle.issuers)
    report = verify(in_json, bundle=absent, at=NOW)
    assert first_bad(report) == ("status.revocation", Outcome.UNKNOWN, "status-absent")
    with pytest.raises(NotAccepted):
        report.accept()
    assert report.accept(tolerate=frozenset({"status.revocation"})).credits_earned == 12.5

    expired = issuer.status_body(validUntil="2026-11-23T11:00:00Z")
    assert status_check(issuer, in_json, expired) == (Outcome.UNKNOWN, "status-stale")
    future = issuer.status_body(validFrom="2026-11-24T11:00:00Z")
    assert status_check(issuer, in_json, future) == (Outcome.UNKNOWN, "status-future")

    fetched = issuer.bundle(status=issuer.status_body(validUntil="2027-11-23T11:00:00Z"))
    report = verify(in_json, bundle=fetched, at=NOW + 8 * DAY)
    assert first_bad(report) == ("status.revocation", Outcome.UNKNOWN, "status-stale")


def test_a_list_that_is_not_the_issuers_good_list_is_not_believed(
    issuer: SimulatedIssuer, in_json: bytes
) -> None:
    good = json.loads(issuer.status_body())
    subject = good["credentialSubject"]
    thief = SimulatedIssuer()
    short = subject | {"encodedList": "uH4sIAAAAAAAAA2NgAAAAAAAA"}
    cases = {
        "status-issuer": issuer.status_body(issuer="did:web:evil.example"),
        "status-id": issuer.status_body(id=issuer.status_url + "0"),
        "signature-invalid": thief.status_body(),
        "status-type": issuer.status_body(type=["VerifiableCredential"]),
        "status-purpose": issuer.status_body(
            credentialSubject=subject | {"statusPurpose": "suspension"}
        ),
        "member-kind": issuer.status_body(credentialSubject="x:y"),
        "unsecured": json.dumps({k: v for k, v in good.items() if k != "proof"}).encode(),
        "json-malformed": b"{<html>",
        "jwt-malformed": b"<html>",
    }
    for error, body in cases.items():
        expected = "signature-invalid" if error == "signature-invalid" else error
        assert status_check(issuer, in_json, body) == (Outcome.FAIL, expected), error
    outcome, error = status_check(issuer, in_json, issuer.status_body(credentialSubject=short))
    assert (outcome, error) in {(Outcome.FAIL, "status-length"), (Outcome.FAIL, "status-encoding")}
    changed = copy.deepcopy(good)
    bits = status_list.bits(status_list.SMALLEST, ones=[1])
    changed["credentialSubject"]["encodedList"] = status_list.encode(bits)
    outcome, error = status_check(issuer, in_json, json.dumps(changed).encode())
    assert (outcome, error) == (Outcome.FAIL, "signature-invalid")


def test_a_list_may_be_a_token(issuer: SimulatedIssuer, in_jwt: bytes) -> None:
    body = issuer.secure_jwt(issuer.status_document()).encode()
    assert status_check(issuer, in_jwt, body)[0] is Outcome.PASS


def test_an_index_outside_the_list_is_a_fail(issuer: SimulatedIssuer, bundle: Bundle) -> None:
    report = verify(issuer.secure_json(issuer.record(index=10**8)), bundle=bundle, at=NOW)
    assert first_bad(report) == ("status.revocation", Outcome.FAIL, "status-index")


def badge(issuer: SimulatedIssuer, **changes: Any) -> dict[str, Any]:
    """A credential of another kind, as others issue them."""
    document = {
        "@context": CONTEXTS,
        "id": "https://other.example/badges/1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": {"@value": "A badge", "@language": "en"},
        "issuer": issuer.id,
        "validFrom": "2026-11-01T00:00:00.5+01:00",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://other.example/a",
                "type": ["Achievement"],
                "name": "A",
                "description": "B",
                "criteria": {"narrative": "C"},
            },
        },
    }
    return document | changes


def test_another_credential_with_known_contexts_is_verified_as_generic(
    issuer: SimulatedIssuer, bundle: Bundle
) -> None:
    for data in (
        issuer.secure_json(badge(issuer)),
        issuer.secure_jwt(badge(issuer)).encode(),
    ):
        report = verify(data, bundle=bundle, at=NOW)
        record = report.accept()
        assert report.profile == GENERIC
        assert (record.holder_id, record.results, record.credits_earned) == (None, (), None)
        ours = verify(data, bundle=bundle, at=NOW, options=Options(frozenset({COMPLETION})))
        assert first_bad(ours)[0] == "record.profile"


@pytest.mark.parametrize(
    "changes",
    [
        {"@context": [*CONTEXTS, "https://www.w3.org/ns/credentials/examples/v2"]},
        {"@context": CONTEXTS[::-1]},
        {"@context": ["https://www.w3.org/2018/credentials/v1"]},
        {"@context": {}},
        {"@context": None},
        {"type": "OpenBadgeCredential"},
        {"type": 5},
        {"credentialSubject": []},
        {"credentialSubject": "urn:x"},
        {"id": 5},
        {"validUntil": "never"},
    ],
)
def test_a_credential_of_no_known_form_fails_the_profile_check(
    issuer: SimulatedIssuer, bundle: Bundle, changes: dict[str, Any]
) -> None:
    token = issuer.sign_token(
        {"alg": "ES256", "typ": "vc+jwt", "kid": issuer.token_key.id}, badge(issuer, **changes)
    )
    report = verify(token.encode(), bundle=bundle, at=NOW)
    assert first_bad(report)[0] in {"record.profile", "record.securing"}


def test_a_token_without_the_claims_of_open_badges_is_only_generic(
    issuer: SimulatedIssuer, bundle: Bundle
) -> None:
    header = {"alg": "ES256", "typ": "vc+jwt", "kid": issuer.token_key.id}
    report = verify(issuer.sign_token(header, issuer.record()).encode(), bundle=bundle, at=NOW)
    assert report.accept().id == issuer.record()["id"]
    assert report.profile == GENERIC
    assert "lacks iss, jti, nbf, sub" in report.check("record.profile").detail


@pytest.mark.parametrize("issuer_value", [None, 5, [], {"name": "x"}])
def test_a_record_without_an_issuer_is_no_credential(
    issuer: SimulatedIssuer, bundle: Bundle, issuer_value: Any
) -> None:
    header = {"alg": "ES256", "typ": "vc+jwt", "kid": issuer.token_key.id}
    payload = badge(issuer) | {"issuer": issuer_value}
    report = verify(issuer.sign_token(header, payload).encode(), bundle=bundle, at=NOW)
    assert first_bad(report) == ("record.profile", Outcome.FAIL, "data-model")


def test_a_status_of_another_kind_is_unknown(issuer: SimulatedIssuer, bundle: Bundle) -> None:
    status = {"id": "urn:x", "type": "TokenStatusList"}
    token = issuer.secure_jwt(badge(issuer, credentialStatus=status)).encode()
    report = verify(token, bundle=bundle, at=NOW)
    assert first_bad(report) == ("status.revocation", Outcome.UNKNOWN, "status-type")


def test_the_two_documents_in_circulation_under_one_context_address_make_no_difference(
    issuer: SimulatedIssuer, bundle: Bundle
) -> None:
    _, context = wheel_context("ob-v3p0-context-3.0.3.json")
    assert {"jti", "endorsementJwt"} <= context.keys()
    for extra in ({"jti": "urn:x"}, {"endorsementJwt": ["a.b.c"]}):
        with pytest.raises(ProofError):
            issuer.secure_json(issuer.record(**extra))


def test_what_a_report_quotes_cannot_disturb_a_terminal(
    issuer: SimulatedIssuer, bundle: Bundle
) -> None:
    header = {"alg": "ES256", "typ": "vc+jwt", "kid": issuer.token_key.id}
    payload = badge(issuer) | {"issuer": "did:web:\x1b[2Jevil\u202eexample\n" + "a" * 5000}
    report = verify(issuer.sign_token(header, payload).encode(), bundle=bundle, at=NOW)
    detail = report.check("issuer.known").detail
    assert detail.isprintable()
    assert len(detail) < 600
