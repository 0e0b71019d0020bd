"""Withdrawn, superseded, suspended: what the lists say, and lists that say it wrongly."""

import base64
import copy
import gzip
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.proof import status_list
from app.proof.vocabulary import KNOWN
from app.verification import Bundle, NotAccepted, Options, Outcome, Report, StatusListEntry, verify
from app.verification.lists import OpenedList
from tests.simulator.issuer import CONTEXTS, NOW, SimulatedIssuer

ISSUER = SimulatedIssuer()
KEEPER = SimulatedIssuer(society="keeper")
BUNDLE = ISSUER.bundle()
RECORD = ISSUER.secure_json(ISSUER.record())
HOUR = timedelta(hours=1)
OURS = f"{ISSUER.base_url}/lists/1"


def holding(issuer: SimulatedIssuer, **ones: set[int]) -> Bundle:
    """The bundle of the same issuer with other bits."""
    other = SimulatedIssuer()
    other.__dict__.update(issuer.__dict__ | ones)
    return other.bundle()


def found(report: Report, code: str) -> tuple[Outcome, str]:
    check = report.check(code)
    return check.outcome, check.evidence.get("error", "")


def test_a_good_record_names_the_lists_it_was_looked_up_in() -> None:
    report = verify(RECORD, bundle=BUNDLE, at=NOW)
    for purpose in ("revocation", "suspension"):
        evidence = report.check(f"status.{purpose}").evidence
        assert evidence == {"list": ISSUER.list_url(purpose), "fetched_at": NOW.isoformat()}


@pytest.mark.parametrize(
    ("ones", "revocation", "suspension"),
    [
        ({"revoked": {4711}}, (Outcome.FAIL, "status-set"), (Outcome.PASS, "")),
        ({"suspended": {4711}}, (Outcome.PASS, ""), (Outcome.FAIL, "status-suspended")),
        (
            {"revoked": {4711}, "superseded": {4711}},
            (Outcome.FAIL, "status-superseded"),
            (Outcome.PASS, ""),
        ),
        (
            {"revoked": {4711}, "suspended": {4711}},
            (Outcome.FAIL, "status-set"),
            (Outcome.FAIL, "status-suspended"),
        ),
        ({"superseded": {4711}}, (Outcome.PASS, ""), (Outcome.PASS, "")),
        ({"revoked": {4710, 4712}, "suspended": {4710}}, (Outcome.PASS, ""), (Outcome.PASS, "")),
    ],
)
def test_the_three_bits_of_a_completion_record_are_told_apart(
    ones: dict[str, set[int]], revocation: tuple[Outcome, str], suspension: tuple[Outcome, str]
) -> None:
    report = verify(RECORD, bundle=holding(ISSUER, **ones), at=NOW)
    assert found(report, "status.revocation") == revocation
    assert found(report, "status.suspension") == suspension


def test_without_a_list_of_suspensions_the_check_passes_and_says_so() -> None:
    lists = {ISSUER.status_url: BUNDLE.status_lists[ISSUER.status_url]}
    report = verify(RECORD, bundle=replace(BUNDLE, status_lists=lists), at=NOW)
    check = report.check("status.suspension")
    assert check.outcome is Outcome.PASS
    assert check.evidence == {"suspension": "not published"}
    report.accept()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            ISSUER.status_body("suspension", validUntil="2026-11-23T11:00:00Z"),
            (Outcome.UNKNOWN, "status-stale"),
        ),
        (
            ISSUER.status_body("suspension", issuer="did:web:x.example"),
            (Outcome.FAIL, "status-issuer"),
        ),
        (ISSUER.status_body("refresh"), (Outcome.FAIL, "status-id")),
        (
            ISSUER.status_body("refresh", id=ISSUER.list_url("suspension")),
            (Outcome.FAIL, "status-purpose"),
        ),
        (SimulatedIssuer().status_body("suspension"), (Outcome.FAIL, "signature-invalid")),
        (b"<html>", (Outcome.FAIL, "jwt-malformed")),
    ],
)
def test_a_list_of_suspensions_that_is_published_must_be_good(
    body: bytes, expected: tuple[Outcome, str]
) -> None:
    url = ISSUER.list_url("suspension")
    lists = {**BUNDLE.status_lists, url: StatusListEntry(url, body, NOW)}
    report = verify(RECORD, bundle=replace(BUNDLE, status_lists=lists), at=NOW)
    assert found(report, "status.suspension") == expected


def test_a_bad_list_of_newer_versions_leaves_a_revoked_record_revoked() -> None:
    bundle = holding(ISSUER, revoked={4711}, superseded={4711})
    url = ISSUER.list_url("refresh")
    lists = {**bundle.status_lists, url: StatusListEntry(url, b"{}", NOW)}
    report = verify(RECORD, bundle=replace(bundle, status_lists=lists), at=NOW)
    assert found(report, "status.revocation") == (Outcome.FAIL, "status-set")


# Lists of others: any number of entries, several purposes, values of several bits.


def entry(purpose: str = "revocation", url: str = OURS, index: Any = "7", **more: Any) -> Any:
    return {
        "id": f"{url}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": index,
        "statusListCredential": url,
    } | more


def badge(*entries: Any) -> bytes:
    document: dict[str, Any] = {
        "@context": CONTEXTS[:1],
        "type": ["VerifiableCredential"],
        "issuer": ISSUER.id,
        "validFrom": "2026-11-01T00:00:00Z",
        "credentialSubject": {"id": "urn:x:y"},
        "credentialStatus": list(entries),
    }
    return ISSUER.secure_jwt(document).encode()


def listed(
    purposes: Any = "revocation",
    *,
    ones: tuple[int, ...] = (),
    length: int = status_list.SMALLEST,
    signer: SimulatedIssuer = ISSUER,
    url: str = OURS,
    form: str = "jwt",
    **subject: Any,
) -> StatusListEntry:
    document = signer.status_document(id=url)
    document["credentialSubject"] |= {
        "statusPurpose": purposes,
        "encodedList": status_list.encode(status_list.bits(length, ones=ones)),
    } | subject
    made = signer.secure_jwt(document).encode() if form == "jwt" else signer.secure_json(document)
    return StatusListEntry(url, made, NOW)


def status_of(
    record: bytes, *lists: StatusListEntry, bundle: Bundle = BUNDLE, code: str = "status.revocation"
) -> tuple[Outcome, str]:
    known = replace(bundle, status_lists={held.url: held for held in lists})
    return found(verify(record, bundle=known, at=NOW), code)


@pytest.mark.parametrize("form", ["json", "jwt"])
def test_a_list_is_read_in_either_form(form: str) -> None:
    assert status_of(badge(entry()), listed(form=form)) == (Outcome.PASS, "")
    assert status_of(badge(entry()), listed(ones=(7,), form=form)) == (Outcome.FAIL, "status-set")


def test_one_list_may_serve_several_purposes_and_a_record_name_several_lists() -> None:
    record = badge(entry(), entry("suspension", url=OURS + "0"))
    both, other = listed(["revocation", "suspension"]), listed("suspension", url=OURS + "0")
    assert status_of(record, both, other) == (Outcome.PASS, "")
    assert status_of(record, both, other, code="status.suspension") == (Outcome.PASS, "")
    suspended = listed("suspension", url=OURS + "0", ones=(7,))
    assert status_of(record, both, suspended) == (Outcome.PASS, "")
    assert status_of(record, both, suspended, code="status.suspension") == (
        Outcome.FAIL,
        "status-suspended",
    )
    assert status_of(badge(entry(), entry("suspension")), both, code="status.suspension") == (
        Outcome.PASS,
        "",
    )


def test_a_set_bit_outweighs_a_list_that_is_not_there() -> None:
    record = badge(entry(url=OURS + "9"), entry())
    assert status_of(record, listed()) == (Outcome.UNKNOWN, "status-absent")
    assert status_of(record, listed(ones=(7,))) == (Outcome.FAIL, "status-set")


def test_a_purpose_that_nobody_explained_is_unknown_and_never_a_pass() -> None:
    record = badge(entry(), entry("approval"))
    held = listed(["revocation", "approval"])
    assert status_of(record, held) == (Outcome.UNKNOWN, "status-purpose")
    report = verify(record, bundle=replace(BUNDLE, status_lists={OURS: held}), at=NOW)
    with pytest.raises(NotAccepted):
        report.accept()


def test_a_kind_of_status_that_nobody_explained_is_unknown() -> None:
    record = badge({"id": "urn:x:1", "type": "TokenStatusList"})
    assert status_of(record) == (Outcome.UNKNOWN, "status-type")


def test_that_a_newer_version_is_to_be_had_does_not_withdraw_a_record_of_others() -> None:
    held = listed("refresh", ones=(7,))
    report = verify(
        badge(entry("refresh")), bundle=replace(BUNDLE, status_lists={OURS: held}), at=NOW
    )
    assert found(report, "status.revocation") == (Outcome.PASS, "")
    assert "refresh" in report.check("status.revocation").evidence


MESSAGES = [{"status": hex(value), "message": f"state {value}"} for value in range(4)]
SIZED = {"statusSize": 2, "statusMessage": MESSAGES}


@pytest.mark.parametrize(
    ("ones", "expected"),
    [
        ((), (Outcome.PASS, "")),
        ((14,), (Outcome.UNKNOWN, "status-message")),
        ((15,), (Outcome.UNKNOWN, "status-message")),
        ((13, 16), (Outcome.PASS, "")),
    ],
)
def test_a_value_of_two_bits_is_read_at_its_place(
    ones: tuple[int, ...], expected: tuple[Outcome, str]
) -> None:
    held = listed("message", ones=ones, length=2 * status_list.SMALLEST)
    assert status_of(badge(entry("message", **SIZED)), held) == expected


def test_a_message_is_said_to_a_person_and_its_bits_are_read_the_leftmost_first() -> None:
    for ones, value in (((14,), 2), ((15,), 1), ((14, 15), 3)):
        held = listed("message", ones=ones, length=2 * status_list.SMALLEST)
        known = replace(BUNDLE, status_lists={OURS: held})
        report = verify(badge(entry("message", **SIZED)), bundle=known, at=NOW)
        assert f"state {value}" in report.check("status.revocation").detail


def test_a_revocation_of_several_bits_is_one_whatever_its_value() -> None:
    for ones in ((14,), (15,)):
        held = listed(ones=ones, length=2 * status_list.SMALLEST)
        assert status_of(badge(entry(**SIZED)), held) == (Outcome.FAIL, "status-set")


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"statusSize": 2}, "status-message"),
        ({"statusSize": 2, "statusMessage": MESSAGES[:3]}, "status-message"),
        (
            {"statusSize": 1 + 1, "statusMessage": [{"status": "2", "message": "x"}]},
            "status-message",
        ),
        ({"statusSize": 0}, "status-size"),
        ({"statusSize": -1}, "status-size"),
        ({"statusSize": 33}, "status-size"),
        ({"statusSize": True}, "member-kind"),
        ({"statusSize": "1"}, "member-kind"),
        ({"statusPurpose": "suspended"}, "status-purpose"),
        ({"statusListCredential": f"{OURS}/2"}, "status-absent"),
    ],
)
def test_an_entry_that_is_not_made_by_the_standard_never_passes(
    more: dict[str, Any], error: str
) -> None:
    outcome, said = status_of(badge(entry(**more)), listed(length=4 * status_list.SMALLEST))
    assert outcome is not Outcome.PASS
    assert said == error


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("0", ""),
        (str(status_list.SMALLEST - 1), ""),
        (str(status_list.SMALLEST), "status-index"),
        ("999999999", "status-index"),
        ("9999999999", "status-index"),
        ("0" * 9, "profile"),
        ("-1", "profile"),
        ("1.0", "profile"),
        ("\u0661", "profile"),
        (7, "profile"),
        ("", "profile"),
    ],
)
def test_an_index_is_decimal_and_inside_the_list(index: Any, expected: str) -> None:
    report = verify(
        badge(entry(index=index)), bundle=replace(BUNDLE, status_lists={OURS: listed()}), at=NOW
    )
    if expected == "profile":
        assert report.check("record.profile").outcome is Outcome.FAIL
    else:
        outcome = Outcome.FAIL if expected else Outcome.PASS
        assert found(report, "status.revocation") == (outcome, expected)


def bomb() -> str:
    packed = gzip.compress(b"\0" * (17 * 1024 * 1024), compresslevel=9)
    return "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("encoded", "error"),
    [
        (status_list.encode(bytes(status_list.SMALLEST // 8 - 1)), "status-length"),
        (bomb(), "status-too-large"),
        ("uAAAA", "status-encoding"),
        ("z" + "A" * 30, "status-encoding"),
        ("u" + "=" * 8, "base64url"),
        (5, "member-kind"),
    ],
)
def test_a_list_that_is_short_a_bomb_or_damaged_is_not_believed(encoded: Any, error: str) -> None:
    assert status_of(badge(entry()), listed(encodedList=encoded)) == (Outcome.FAIL, error)


def test_a_list_is_too_short_for_values_of_two_bits_that_is_long_enough_for_one() -> None:
    held = listed("message")
    assert status_of(badge(entry("message", **SIZED)), held) == (Outcome.FAIL, "status-length")


def test_a_lists_ttl_is_advice_to_whoever_fetches_and_not_its_end() -> None:
    for age, expected in (
        (HOUR, (Outcome.PASS, "")),
        (timedelta(days=8), (Outcome.UNKNOWN, "status-stale")),
    ):
        held = replace(listed(ttl=300_000), fetched_at=NOW - age)
        assert status_of(badge(entry()), held) == expected


# Who may keep a list.


def delegating(**changes: Any) -> Bundle:
    keeper = KEEPER.entry()
    issuer = replace(ISSUER.entry(), status_issuers=(KEEPER.id,), **changes)
    return replace(BUNDLE, issuers={issuer.id: issuer, keeper.id: keeper})


def test_a_list_kept_by_another_counts_when_the_bundle_says_so_and_not_otherwise() -> None:
    kept, revoked = listed(signer=KEEPER), listed(signer=KEEPER, ones=(7,))
    assert status_of(badge(entry()), kept) == (Outcome.FAIL, "status-issuer")
    assert status_of(badge(entry()), kept, bundle=delegating()) == (Outcome.PASS, "")
    assert status_of(badge(entry()), revoked, bundle=delegating()) == (Outcome.FAIL, "status-set")
    unknown = replace(delegating(), issuers={ISSUER.id: delegating().issuers[ISSUER.id]})
    assert status_of(badge(entry()), kept, bundle=unknown) == (Outcome.FAIL, "status-issuer")


def test_whoever_keeps_lists_for_one_issuer_keeps_none_for_another() -> None:
    bundle = delegating()
    other = SimulatedIssuer(society="other")
    bundle = replace(bundle, issuers={**bundle.issuers, other.id: other.entry()})
    record = other.record()
    record["credentialStatus"] |= {"statusListCredential": OURS, "id": f"{OURS}#4711"}
    kept = listed(signer=KEEPER)
    secured = other.secure_json(record)
    assert status_of(secured, kept, bundle=bundle) == (Outcome.FAIL, "status-issuer")


def test_a_compromised_key_keeps_no_list() -> None:
    report = verify(RECORD, bundle=ISSUER.bundle(), at=NOW)
    assert report.outcome is Outcome.PASS
    known = ISSUER.entry()
    proof_key, token_key = known.keys
    bad = replace(known, keys=(proof_key, replace(token_key, compromised_since=NOW)))
    bundle = replace(BUNDLE, issuers={bad.id: bad})
    lists = {ISSUER.status_url: listed(url=ISSUER.status_url)}
    report = verify(RECORD, bundle=replace(bundle, status_lists=lists), at=NOW)
    assert found(report, "status.revocation") == (Outcome.FAIL, "key-compromised")


# What is remembered.


def test_a_list_is_opened_once_and_its_age_is_asked_every_time() -> None:
    bundle = ISSUER.bundle()
    assert verify(RECORD, bundle=bundle, at=NOW).outcome is Outcome.PASS
    opened = bundle.memory.get(OpenedList, key=(ISSUER.status_url, ISSUER.id))
    assert opened is not None
    assert verify(RECORD, bundle=bundle, at=NOW).outcome is Outcome.PASS
    assert bundle.memory.get(OpenedList, key=(ISSUER.status_url, ISSUER.id)) is opened
    later = verify(RECORD, bundle=bundle, at=NOW + timedelta(days=2))
    assert found(later, "status.revocation") == (Outcome.UNKNOWN, "status-stale")
    earlier = verify(RECORD, bundle=bundle, at=NOW - timedelta(hours=2))
    assert found(earlier, "status.revocation") == (Outcome.UNKNOWN, "status-future")


def test_a_changed_list_or_issuer_is_never_taken_from_memory() -> None:
    lists = dict(BUNDLE.status_lists)
    issuers = dict(BUNDLE.issuers)
    bundle = Bundle(7, NOW, issuers, lists)
    assert verify(RECORD, bundle=bundle, at=NOW).outcome is Outcome.PASS
    revoking = holding(ISSUER, revoked={4711})
    lists[ISSUER.status_url] = revoking.status_lists[ISSUER.status_url]
    report = verify(RECORD, bundle=bundle, at=NOW)
    assert found(report, "status.revocation") == (Outcome.FAIL, "status-set")
    lists[ISSUER.status_url] = BUNDLE.status_lists[ISSUER.status_url]
    issuers[ISSUER.id] = ISSUER.entry(compromised_since=NOW)
    report = verify(RECORD, bundle=bundle, at=NOW)
    assert found(report, "key.valid") == (Outcome.FAIL, "key-compromised")


def test_a_keeper_who_was_changed_is_asked_for_again() -> None:
    issuers = dict(delegating().issuers)
    bundle = Bundle(7, NOW, issuers, {OURS: listed(signer=KEEPER)})
    record = badge(entry())
    assert found(verify(record, bundle=bundle, at=NOW), "status.revocation")[0] is Outcome.PASS
    issuers[KEEPER.id] = KEEPER.entry(compromised_since=NOW)
    assert found(verify(record, bundle=bundle, at=NOW), "status.revocation") == (
        Outcome.FAIL,
        "key-compromised",
    )
    del issuers[KEEPER.id]
    assert found(verify(record, bundle=bundle, at=NOW), "status.revocation") == (
        Outcome.FAIL,
        "status-issuer",
    )


def test_a_list_changed_in_its_text_is_refused_in_both_forms() -> None:
    revoked = listed(ones=(7,))
    good = listed()
    header, _, signature = revoked.body.split(b".")
    mixed = replace(revoked, body=b".".join([header, good.body.split(b".")[1], signature]))
    assert status_of(badge(entry()), mixed) == (Outcome.FAIL, "signature-invalid")
    document = json.loads(listed(ones=(7,), form="json").body)
    changed = copy.deepcopy(document)
    changed["credentialSubject"]["encodedList"] = status_list.encode(
        status_list.bits(status_list.SMALLEST, ones=())
    )
    mixed = replace(revoked, body=json.dumps(changed).encode())
    assert status_of(badge(entry()), mixed) == (Outcome.FAIL, "signature-invalid")


def test_a_list_that_is_good_under_other_contexts_is_opened_again_under_ours() -> None:
    bundle = ISSUER.bundle()
    wider = Options(contexts={**KNOWN, "https://x.example/context": {}})
    assert verify(RECORD, bundle=bundle, at=NOW, options=wider).outcome is Outcome.PASS
    opened = bundle.memory.get(OpenedList, key=(ISSUER.status_url, ISSUER.id))
    assert verify(RECORD, bundle=bundle, at=NOW).outcome is Outcome.PASS
    assert bundle.memory.get(OpenedList, key=(ISSUER.status_url, ISSUER.id)) is not opened
