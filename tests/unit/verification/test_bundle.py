import copy
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proof.errors import ProofError
from app.verification import Bundle, StatusListEntry, dump_bundle, load_bundle, verify
from app.verification.model import Outcome
from tests.simulator.issuer import NOW, SimulatedIssuer
from tests.unit.verification.test_tampering import VALUES, at, paths

ISSUER = SimulatedIssuer()
BUNDLE = ISSUER.bundle(
    retired_at=datetime(2027, 1, 1, tzinfo=UTC), compromised_since=datetime(2027, 2, 1, tzinfo=UTC)
)
WRITTEN = json.loads(dump_bundle(BUNDLE))


def test_a_bundle_is_read_as_it_was_written() -> None:
    assert load_bundle(dump_bundle(BUNDLE)) == BUNDLE
    assert dump_bundle(load_bundle(dump_bundle(BUNDLE))) == dump_bundle(BUNDLE)


def test_a_bundle_from_a_file_verifies_a_record() -> None:
    bundle = load_bundle(dump_bundle(ISSUER.bundle()))
    report = verify(ISSUER.secure_json(ISSUER.record()), bundle=bundle, at=NOW)
    assert report.outcome is Outcome.PASS


def test_a_bundle_says_who_made_it_and_who_vouches_for_whom() -> None:
    (issuer,) = BUNDLE.issuers.values()
    lent = replace(issuer, status_issuers=("did:web:lists.example",), via="did:web:hub.example")
    made = replace(BUNDLE, publisher=issuer.id, issuers={issuer.id: lent})
    assert load_bundle(dump_bundle(made)) == made
    with pytest.raises(ProofError, match="publisher"):
        load_bundle(dump_bundle(replace(made, publisher="did:web:nobody.example")))
    changed = json.loads(dump_bundle(made))
    for wrong in ("did:web:lists.example", ["a", 1], {}):
        changed["issuers"][0]["status_issuers"] = wrong
        with pytest.raises(ProofError, match="status_issuers"):
            load_bundle(json.dumps(changed).encode())


def test_what_a_verifier_remembers_is_no_part_of_a_bundle() -> None:
    bundle = ISSUER.bundle()
    bundle.memory.put("inflated", key="list")
    assert bundle == replace(bundle) == copy.deepcopy(bundle)
    for other in (replace(bundle), copy.deepcopy(bundle)):
        assert other.memory.get(str, key="list") is None
    assert bundle.memory.get(str, key="list") == "inflated"
    assert b"inflated" not in dump_bundle(bundle)


def test_the_file_says_what_it_is() -> None:
    assert WRITTEN["format"] == "opencpd-trust-bundle"
    assert WRITTEN["format_version"] == 1
    assert set(WRITTEN["issuers"][0]["keys"][0]) == {
        "id",
        "publicKeyMultibase",
        "valid_from",
        "retired_at",
        "compromised_since",
    }


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("format",), "other", "bundle-format"),
        (("format_version",), 2, "bundle-format"),
        (("version",), "7", "member-kind"),
        (("version",), True, "member-kind"),
        (("issued_at",), "2026-11-23", "time-malformed"),
        (("issuers",), ["x"], "member-kind"),
        (("issuers", 0, "name"), None, "member-kind"),
        (("issuers", 0, "keys", 0, "id"), "did:web:evil.example#1", "bundle-key"),
        (("issuers", 0, "keys", 0, "publicKeyMultibase"), "z6Mk", "key-unsupported"),
        (("issuers", 0, "keys", 0, "valid_from"), "soon", "time-malformed"),
        (("issuers", 0, "keys", 0, "retired_at"), None, "member-kind"),
        (("status_lists", 0, "body"), 5, "member-kind"),
    ],
)
def test_a_bundle_that_is_not_what_it_must_be_is_refused(
    path: tuple[Any, ...], value: Any, code: str
) -> None:
    changed = json.loads(json.dumps(WRITTEN))
    at(changed, path[:-1])[path[-1]] = value
    with pytest.raises(ProofError) as refused:
        load_bundle(json.dumps(changed).encode())
    assert refused.value.code == code


@pytest.mark.parametrize("name", ["issuers", "status_lists"])
def test_nothing_is_in_a_bundle_twice(name: str) -> None:
    changed = WRITTEN | {name: WRITTEN[name] * 2}
    with pytest.raises(ProofError, match="twice"):
        load_bundle(json.dumps(changed).encode())
    issuer = WRITTEN["issuers"][0]
    twice = WRITTEN | {"issuers": [issuer | {"keys": issuer["keys"] * 2}]}
    with pytest.raises(ProofError, match="twice"):
        load_bundle(json.dumps(twice).encode())


def test_a_list_that_is_not_text_cannot_be_written() -> None:
    held = StatusListEntry("https://a.example", b"\xff", NOW)
    with pytest.raises(ProofError):
        dump_bundle(replace(BUNDLE, status_lists={held.url: held}))
    with pytest.raises(ProofError):
        dump_bundle(Bundle(1, NOW.replace(tzinfo=None)))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(paths(WRITTEN)[1:]), VALUES)
def test_a_bundle_changed_anywhere_is_refused_or_read(path: tuple[Any, ...], value: Any) -> None:
    changed = json.loads(json.dumps(WRITTEN))
    at(changed, path[:-1])[path[-1]] = value
    try:
        load_bundle(json.dumps(changed).encode())
    except ProofError:
        return
