import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft201909Validator, Draft202012Validator

from app.verification import profile
from tests.simulator.issuer import SimulatedIssuer
from tests.simulator.published import published_json
from tests.unit.verification.test_tampering import NAMES, VALUES, at, paths

ISSUER = SimulatedIssuer()
SCHEMA = Path(__file__).parents[3] / "openapi" / "schemas" / "completion-record.schema.json"
VALIDATOR = Draft202012Validator(profile.schema())
SECURED = ISSUER.secure(ISSUER.record())
PLACES = paths(SECURED)


def least() -> dict[str, Any]:
    """A record with only the members that it must have."""
    record = ISSUER.record()
    subject, achievement = record["credentialSubject"], record["credentialSubject"]["achievement"]
    del record["relatedResource"], record["issuer"]["url"], record["issuer"]["otherIdentifier"]
    for name in set(subject) - {"id", "type", "achievement"}:
        del subject[name]
    kept = {"id", "type", "achievementType", "name", "description", "criteria"}
    for name in set(achievement) - kept:
        del achievement[name]
    del achievement["criteria"]["id"]
    return record


def test_the_published_schema_is_the_one_that_is_checked() -> None:
    assert json.loads(SCHEMA.read_text()) == profile.schema()
    Draft202012Validator.check_schema(profile.schema())


@pytest.mark.parametrize(
    "document", [ISSUER.record(), SECURED, least()], ids=["all", "proof", "least"]
)
def test_good_records_have_no_problem(document: dict[str, Any]) -> None:
    assert profile.check(document) == []
    assert VALIDATOR.is_valid(document)


@pytest.mark.feeds
@pytest.mark.parametrize("document", [SECURED, ISSUER.secure(least())], ids=["all", "least"])
def test_our_records_are_valid_open_badges(document: dict[str, Any]) -> None:
    schema = published_json("ob3", "schemas", "ob_v3p0_achievementcredential_schema.json")
    checker = Draft201909Validator(schema, format_checker=Draft201909Validator.FORMAT_CHECKER)
    assert [error.message for error in checker.iter_errors(document)] == []


def agree(document: Any) -> None:
    if '\\n"' in json.dumps(document):
        return  # for Python's $, which JSON Schema does not mean, a line break at the end is none
    ours = not list(profile.RECORD.problems(document))
    assert ours == VALIDATOR.is_valid(document)


@pytest.mark.parametrize("path", PLACES, ids=str)
def test_both_checks_agree_when_something_is_missing_or_added(path: tuple[Any, ...]) -> None:
    document = copy.deepcopy(SECURED)
    if isinstance(at(document, path), dict):
        at(document, path)["cpdHours"] = 1
        agree(document)
        assert not VALIDATOR.is_valid(document)
    if isinstance(at(document, path), list):
        at(document, path).append(copy.deepcopy(at(document, path)[0]))
        agree(document)
    if path:
        document = copy.deepcopy(SECURED)
        del at(document, path[:-1])[path[-1]]
        agree(document)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PLACES), NAMES, VALUES)
def test_both_checks_agree_on_any_change(path: tuple[Any, ...], name: str, value: Any) -> None:
    document = copy.deepcopy(SECURED)
    if isinstance(at(document, path), dict):
        at(document, path)[name] = value
    elif path:
        at(document, path[:-1])[path[-1]] = value
    agree(document)
    profile.check(document)


SUBJECT = ("credentialSubject",)
ACHIEVEMENT = (*SUBJECT, "achievement")


@pytest.mark.parametrize(
    ("path", "value", "pointer", "code"),
    [
        (("validFrom",), "2026-02-30T00:00:00Z", "/validFrom", "time"),
        (("validFrom",), "2026-11-17T00:00:00Z", "/validFrom", "order"),
        ((*SUBJECT, "activityEndDate"), "2026-11-15T00:00:00Z", "", "order"),
        (("issuer", "id"), "did:web:node.example:..", "/issuer/id", "did"),
        ((*SUBJECT, "creditsEarned"), 1.125, "/credentialSubject/creditsEarned", "decimals"),
        ((*SUBJECT, "creditsEarned"), -1, "/credentialSubject/creditsEarned", "range"),
        ((*SUBJECT, "creditsEarned"), True, "/credentialSubject/creditsEarned", "shape"),
        (
            (*SUBJECT, "result", 0, "resultDescription"),
            "urn:x",
            "/credentialSubject/result",
            "unit",
        ),
        ((*ACHIEVEMENT, "id"), "https://node.example/files/programme.pdf", "", "twice"),
        ((*ACHIEVEMENT, "name"), "bell\u0007", "", "shape"),
        ((*ACHIEVEMENT, "name"), " ", "", "shape"),
        ((*ACHIEVEMENT, "description"), "tab\t", "", "shape"),
        ((*SUBJECT, "identifier", 0, "hashed"), False, "", "shape"),
        ((*SUBJECT, "id"), "mailto:a@b.example", "/credentialSubject/id", "shape"),
        (("credentialStatus", "statusListIndex"), "007", "", "shape"),
        (("credentialStatus",), [], "/credentialStatus", "shape"),
        (("validUntil",), "2030-01-01T00:00:00Z", "/validUntil", "unknown"),
        (("evidence",), [], "/evidence", "unknown"),
    ],
)
def test_a_problem_names_its_place_and_kind(
    path: tuple[Any, ...], value: Any, pointer: str, code: str
) -> None:
    document = ISSUER.record()
    at(document, path[:-1])[path[-1]] = value
    found = profile.check(document)
    assert [problem.code for problem in found] == [code]
    assert found[0].pointer.startswith(pointer)


def test_two_holders_identities_do_not_share_a_salt() -> None:
    document = ISSUER.record()
    identities = document["credentialSubject"]["identifier"]
    identities.append(identities[0] | {"identityType": "ext:Other"})
    assert [problem.code for problem in profile.check(document)] == ["salt"]


def test_a_missing_member_is_named() -> None:
    document = ISSUER.record()
    del document["name"], document["credentialSubject"]["achievement"]["criteria"]
    assert {(problem.pointer, problem.code) for problem in profile.check(document)} == {
        ("/name", "missing"),
        ("/credentialSubject/achievement/criteria", "missing"),
    }
