"""Who shows a record, to whom: presentations, and every way to show one that is not one's own."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proof.errors import ProofError
from app.verification import (
    Bundle,
    NotAccepted,
    Options,
    Outcome,
    PresentationReport,
    verify_presentation,
)
from app.verification.presentation import TITLES
from tests.simulator.holder import CHALLENGE, DOMAIN, SimulatedHolder, enveloped, without_proof
from tests.simulator.issuer import NOW, SimulatedIssuer
from tests.unit.verification.test_tampering import VALUES, at, paths

ISSUER = SimulatedIssuer()
BUNDLE = ISSUER.bundle()
HOLDER = SimulatedHolder()
OTHER = SimulatedHolder()
ASKED = Options(challenge=CHALLENGE, domain=DOMAIN)


def about(holder: SimulatedHolder, *, index: int = 4711, **changes: Any) -> dict[str, Any]:
    record = ISSUER.record(index=index, **changes)
    record["credentialSubject"]["id"] = holder.id
    return record


RECORD = ISSUER.secure(about(HOLDER))
TOKEN = ISSUER.secure_jwt(about(HOLDER))
PRESENTED = HOLDER.present(RECORD)
GOOD = {
    "embedded": PRESENTED,
    "embedded token": HOLDER.present(TOKEN),
    "both": HOLDER.present(RECORD, TOKEN),
    "jcs": HOLDER.present(RECORD, TOKEN, cryptosuite="eddsa-jcs-2022"),
    "token": HOLDER.present_token(RECORD, TOKEN),
    "envelope": enveloped(HOLDER.present_token(TOKEN)),
    "no holder named": HOLDER.present_token(TOKEN, holder={"id": HOLDER.id}),
}


def verified(
    presentation: bytes, options: Options = ASKED, bundle: Bundle = BUNDLE
) -> PresentationReport:
    return verify_presentation(presentation, bundle=bundle, at=NOW, options=options)


def first_bad(report: PresentationReport) -> tuple[str, Outcome, str]:
    check = next(check for check in report.checks if check.outcome is not Outcome.PASS)
    return check.code, check.outcome, check.evidence.get("error", "")


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_presentation_passes_every_check_in_every_form(kind: str) -> None:
    report = verified(GOOD[kind])
    assert [(check.code, check.outcome) for check in report.checks] == [
        (code, Outcome.PASS) for code in TITLES
    ]
    assert report.holder == HOLDER.id
    assert {record.holder_id for record in report.accept()} == {HOLDER.id}


def test_a_report_on_a_presentation_is_no_verdict_either() -> None:
    with pytest.raises(TypeError, match="not a verdict"):
        bool(verified(PRESENTED))


def test_what_is_no_presentation_gives_a_report_of_all_checks() -> None:
    for data in (b"", b"{}", json.dumps(RECORD).encode(), TOKEN.encode(), b"[]", b"a.b.c"):
        report = verified(data)
        assert [check.code for check in report.checks] == list(TITLES)
        assert first_bad(report)[0] in {"presentation.readable", "presentation.form"}
        assert report.holder is None
        with pytest.raises(NotAccepted):
            report.accept()


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(ProofError):
        verify_presentation(PRESENTED, bundle=BUNDLE, at=NOW.replace(tzinfo=None))


REPLAYS: dict[str, tuple[bytes, Options, tuple[str, Outcome, str]]] = {
    "wrong challenge": (
        PRESENTED,
        Options(challenge="another", domain=DOMAIN),
        ("presentation.request", Outcome.FAIL, "challenge-mismatch"),
    ),
    "wrong domain": (
        PRESENTED,
        Options(challenge=CHALLENGE, domain="https://other.example"),
        ("presentation.request", Outcome.FAIL, "domain-mismatch"),
    ),
    "no challenge in it": (
        HOLDER.present(RECORD, options={"domain": DOMAIN}),
        ASKED,
        ("presentation.request", Outcome.FAIL, "challenge-mismatch"),
    ),
    "no domain in it": (
        HOLDER.present(RECORD, options={"challenge": CHALLENGE}),
        ASKED,
        ("presentation.request", Outcome.FAIL, "domain-mismatch"),
    ),
    "nothing was asked": (
        PRESENTED,
        Options(),
        ("presentation.request", Outcome.UNKNOWN, "challenge-none"),
    ),
    "made for somebody": (
        PRESENTED,
        Options(challenge=CHALLENGE),
        ("presentation.request", Outcome.UNKNOWN, "domain-none"),
    ),
    "token with another nonce": (
        HOLDER.present_token(TOKEN, claims={"aud": DOMAIN, "nonce": "old"}),
        ASKED,
        ("presentation.request", Outcome.FAIL, "challenge-mismatch"),
    ),
    "token for another audience": (
        HOLDER.present_token(TOKEN, claims={"aud": ["https://x.example"], "nonce": CHALLENGE}),
        ASKED,
        ("presentation.request", Outcome.FAIL, "domain-mismatch"),
    ),
    "expired proof": (
        HOLDER.present(
            RECORD,
            options={
                "challenge": CHALLENGE,
                "domain": DOMAIN,
                "expires": "2026-11-23T11:59:59Z",
            },
        ),
        ASKED,
        ("presentation.dates", Outcome.FAIL, "presentation-expired"),
    ),
    "expired token": (
        HOLDER.present_token(
            TOKEN,
            claims={"aud": DOMAIN, "nonce": CHALLENGE, "exp": int(NOW.timestamp()) - 1},
        ),
        ASKED,
        ("presentation.dates", Outcome.FAIL, "presentation-expired"),
    ),
    "token of tomorrow": (
        HOLDER.present_token(
            TOKEN,
            claims={"aud": DOMAIN, "nonce": CHALLENGE, "nbf": int(NOW.timestamp()) + 61},
        ),
        ASKED,
        ("presentation.dates", Outcome.FAIL, "presentation-early"),
    ),
    "signed tomorrow": (
        HOLDER.present(RECORD, created=NOW + timedelta(seconds=61)),
        ASKED,
        ("holder.key", Outcome.FAIL, "key-time"),
    ),
    "somebody else's record": (
        OTHER.present(RECORD),
        ASKED,
        ("holder.subject", Outcome.FAIL, "holder-other"),
    ),
    "somebody else's name": (
        OTHER.present(RECORD, holder=HOLDER.id),
        ASKED,
        ("holder.key", Outcome.FAIL, "holder-key"),
    ),
    "somebody else's token": (
        OTHER.present_token(TOKEN),
        ASKED,
        ("holder.subject", Outcome.FAIL, "holder-other"),
    ),
    "a record that names no key": (
        HOLDER.present(ISSUER.secure(ISSUER.record())),
        ASKED,
        ("holder.subject", Outcome.UNKNOWN, "holder-unbound"),
    ),
    "made to assert": (
        HOLDER.present(RECORD, purpose="assertionMethod"),
        ASKED,
        ("presentation.signature", Outcome.FAIL, "proof-purpose"),
    ),
    "nobody signed": (
        without_proof(PRESENTED),
        ASKED,
        ("holder.key", Outcome.UNKNOWN, "unsecured"),
    ),
    "an unknown holder": (
        HOLDER.present_token(
            TOKEN, header={"kid": "did:web:x.example#k"}, holder="did:web:x.example", claims={}
        ),
        ASKED,
        ("holder.key", Outcome.FAIL, "holder-unknown"),
    ),
}


@pytest.mark.parametrize("attack", REPLAYS)
def test_a_presentation_shown_again_or_by_another_is_not_accepted(attack: str) -> None:
    presentation, options, expected = REPLAYS[attack]
    report = verified(presentation, options)
    assert first_bad(report) == expected
    with pytest.raises(NotAccepted):
        report.accept()


def test_of_an_unsigned_presentation_the_records_are_verified_and_nothing_else() -> None:
    report = verified(without_proof(PRESENTED))
    assert report.holder is None
    assert report.check("presentation.records").outcome is Outcome.PASS
    assert report.check("holder.subject").outcome is Outcome.UNKNOWN
    tolerated = {"holder.key", "presentation.signature", "presentation.request"}
    with pytest.raises(NotAccepted):
        report.accept(tolerate=frozenset(tolerated))
    rest = {"presentation.dates", "holder.subject"}
    assert report.accept(tolerate=frozenset(tolerated | rest))[0].holder_id == HOLDER.id


def test_one_bad_record_spoils_the_presentation() -> None:
    revoking = SimulatedIssuer()
    revoking.__dict__.update(ISSUER.__dict__ | {"revoked": {5}})
    other_id = "urn:uuid:aaaaaaaa-9a0d-4c57-8d3e-0c1f2a3b4c5d"
    revoked = ISSUER.secure(about(HOLDER, index=5, id=other_id))
    report = verified(HOLDER.present(RECORD, revoked), bundle=revoking.bundle())
    assert first_bad(report) == ("presentation.records", Outcome.FAIL, "status.revocation")
    assert [inner.outcome for inner in report.credentials] == [Outcome.PASS, Outcome.FAIL]


def test_a_record_of_unknown_status_leaves_the_presentation_undecided() -> None:
    report = verified(PRESENTED, bundle=Bundle(7, NOW, BUNDLE.issuers))
    assert first_bad(report) == ("presentation.records", Outcome.UNKNOWN, "status.revocation")
    codes = frozenset({"presentation.records", "status.revocation"})
    assert len(report.accept(tolerate=codes)) == 1


def test_a_society_presents_with_a_key_that_the_bundle_knows() -> None:
    record = ISSUER.record()
    record["credentialSubject"] = {"id": ISSUER.id}
    record["type"] = ["VerifiableCredential"]
    secured = ISSUER.secure(record)
    document = HOLDER.document(secured, holder=ISSUER.id)
    presented = ISSUER.secure(
        document, created=NOW, purpose="authentication", challenge=CHALLENGE, domain=[DOMAIN]
    )
    assert verified(json.dumps(presented).encode()).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "changes",
    [
        {"type": ["Other"]},
        {"type": []},
        {"@context": ["https://www.w3.org/2018/credentials/v1"]},
        {"holder": 5},
        {"verifiableCredential": ["a.b.c"]},
        {"verifiableCredential": [RECORD] * 101},
        {"verifiableCredential": []},
        {"vp": {}},
        {"jti": "urn:x", "id": "urn:y"},
    ],
)
def test_what_is_not_made_as_a_presentation_is_refused(changes: dict[str, Any]) -> None:
    report = verified(HOLDER.present_token(TOKEN, **changes))
    assert first_bad(report)[:2] == ("presentation.form", Outcome.FAIL)


def test_a_record_in_the_place_of_a_presentation_is_refused() -> None:
    wrong = enveloped(HOLDER.present_token(TOKEN), id=f"data:application/vc+jwt,{TOKEN}")
    assert first_bad(verified(wrong))[0] == "presentation.form"
    assert first_bad(verified(HOLDER.present_token(TOKEN, header={"typ": "vc+jwt"})))[0] == (
        "presentation.form"
    )


PRESENTED_JSON = json.loads(PRESENTED)
PLACES = [path for path in paths(PRESENTED_JSON) if path]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PLACES), VALUES)
def test_a_presentation_changed_anywhere_is_refused(path: tuple[Any, ...], value: Any) -> None:
    document = json.loads(PRESENTED)
    if at(document, path) == value:
        return
    at(document, path[:-1])[path[-1]] = value
    report = verified(json.dumps(document).encode())
    if report.outcome is Outcome.PASS:  # a list of one says the same as its one entry
        assert report.accept() == verified(PRESENTED).accept()


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(PRESENTED_JSON)), VALUES))
def test_any_json_with_the_members_of_a_presentation_gives_a_report(members: Any) -> None:
    verified(json.dumps(PRESENTED_JSON | members).encode())
    verified(HOLDER.present_token(**members))
