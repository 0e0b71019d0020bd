"""Every fact that a completion may tell reaches the record, which stays an Open Badge."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft201909Validator, Draft202012Validator
from pydantic import ValidationError

from app.records import build, rules
from app.records.encoding import facts_hash, from_json, to_json
from app.records.issue import new_salts, prepare, sign
from app.records.model import CourseFacts, Kind, Mode, NewCompletion, Role, Tag, Unit
from app.records.wire import CompletionIn
from app.verification.profile import check, schema
from tests.conftest import NOW
from tests.simulator.published import published_json
from tests.unit.records.test_issue import DECIDED, SIGNER, draft

PROGRAMME = b"Programme: bridges, then more bridges."
EVERYTHING: dict[str, Any] = {
    "holder": {
        "identifiers": [
            {"type": "ext:RegisterNumber", "value": "REG-1"},
            {"type": "ext:MembershipNumber", "value": "M-1"},
        ]
    },
    "completed_on": "2026-11-20",
    "started_on": "2026-11-16",
    "ended_on": "2026-11-20",
    "kind": "conference",
    "mode": "blended",
    "role": "presenter",
    "assessed": True,
    "result": "passed with distinction",
    "contact_minutes": 360,
    "workload_minutes": 480,
    "full_days": 1.5,
    "course": {
        "title": {"zh-Hans": "桥梁抗震设计", "en": "Seismic design", "ar": "التصميم الزلزالي"},
        "description": {"zh-Hans": "两天的课程", "en": "Two days"},
        "url": "https://society.example/courses/7",
    },
    "course_run": "2026-11",
    "tags": ["technical", "ethics"],
    "competences": ["EC1", "EC13"],
    "fields": ["0732", "0715"],
    "standards": ["GB 50011-2010"],
    "credits": [{"value": 6, "unit": "CPDHours"}, {"value": 0.25, "unit": "CEU"}],
    "approvals": [{"body": "PEC", "number": "CPD-2026-17"}],
    "languages": ["zh-Hans", "en"],
    "country": "CN",
    "files": [
        {
            "url": "https://society.example/programme.pdf",
            "sha256": hashlib.sha256(PROGRAMME).hexdigest(),
            "media_type": "application/pdf",
        },
        {"content": base64.b64encode(b"my certificate").decode()},
    ],
}


def completion(**changes: Any) -> NewCompletion:
    facts = {name: value for name, value in {**EVERYTHING, **changes}.items() if value is not None}
    return CompletionIn.model_validate_json(json.dumps(facts)).completion()


def document(told: NewCompletion) -> Any:
    return build.document(
        draft(
            told,
            course=told.course or CourseFacts({"en": "x"}),
            salts=new_salts(len(told.holder.identifiers)),
        )
    )


def facts(record: Any) -> dict[str, str]:
    subject = record["credentialSubject"]
    units = {d["id"]: d["resultType"] for d in subject["achievement"]["resultDescription"]}
    return {units[one["resultDescription"]]: one["value"] for one in subject["result"]}


def test_every_fact_is_in_the_record_with_its_unit() -> None:
    record = document(completion())
    assert check(record) == []
    assert facts(record) == {
        "ext:ContactMinutes": "360",
        "ext:WorkloadMinutes": "480",
        "ext:FullDays": "1.5",
        "ext:ActivityKind": "conference",
        "ext:DeliveryMode": "blended",
        "ext:Assessed": "true",
        "ext:AssessmentResult": "passed with distinction",
        "ext:CPDHours": "6",
        "ext:CEU": "0.25",
        "ext:TeachingLanguages": "zh-Hans, en",
        "ext:Country": "CN",
    }
    subject = record["credentialSubject"]
    assert subject["activityStartDate"] == "2026-11-16T00:00:00Z"
    assert subject["activityEndDate"] == "2026-11-20T00:00:00Z"
    achievement = subject["achievement"]
    assert achievement["otherIdentifier"][0]["identifierType"] == "ext:Approval.PEC"
    assert len(achievement["alignment"]) == 5


def test_each_language_has_its_title_and_description() -> None:
    achievement = document(completion())["credentialSubject"]["achievement"]
    first = achievement["inLanguage"], achievement["name"], achievement["description"]
    assert first == ("zh-Hans", "桥梁抗震设计", "两天的课程")
    others = [
        (one["inLanguage"], one["name"], one.get("description")) for one in achievement["related"]
    ]
    assert others == [("en", "Seismic design", "Two days"), ("ar", "التصميم الزلزالي", None)]


def test_a_file_is_named_with_the_digest_of_its_bytes() -> None:
    one, two = document(completion())["relatedResource"]
    digest = hashlib.sha256(PROGRAMME).digest()
    assert one["id"] == "https://society.example/programme.pdf"
    assert base64.urlsafe_b64decode(one["digestMultibase"][1:] + "==") == b"\x12\x20" + digest
    name = base64.urlsafe_b64encode(hashlib.sha256(b"my certificate").digest()).decode()
    assert two["id"] == "ni:///sha-256;" + name.rstrip("=")


@pytest.mark.parametrize(
    "file",
    [
        {"url": "https://a.example/x"},
        {"sha256": "00" * 32},
        {"content": "no base64!"},
        {"content": "eA==", "sha256": "00" * 32},
        {},
    ],
)
def test_a_file_without_its_digest_or_with_a_wrong_one_is_refused(file: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        completion(files=[file])


WRONG: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"started_on": "2026-11-21"}, ("/started_on", "date-order")),
    ({"started_on": "2026-11-19", "ended_on": "2026-11-18"}, ("/started_on", "date-order")),
    ({"ended_on": "2026-12-24"}, ("/ended_on", "date-future")),
    ({"credits": [{"value": 6, "unit": "hours"}]}, ("/credits/0/unit", "value-unknown")),
    (
        {"holder": {"identifiers": [{"type": "ext:RegisterNumber.PEC", "value": "1"}]}},
        ("/holder/identifiers/0/type", "value-unknown"),
    ),
    ({"credits": [{"value": 0, "unit": "CEU"}]}, ("/credits/0/value", "credit-range")),
    ({"credits": [{"value": 0.125, "unit": "CEU"}]}, ("/credits/0/value", "credit-range")),
    ({"credits": [{"value": 1, "unit": "CEU"}] * 2}, ("/credits", "value-twice")),
    ({"approvals": [{"body": "the PEC", "number": "1"}]}, ("/approvals/0/body", "body-form")),
    ({"approvals": [{"body": "PEC", "number": " "}]}, ("/approvals/0/number", "text-missing")),
    ({"languages": ["English"]}, ("/languages/0", "language-form")),
    ({"country": "China"}, ("/country", "country-form")),
    ({"files": [{"url": "ftp://x", "sha256": "00" * 32}]}, ("/files/0/url", "url-form")),
    ({"files": [{"url": "https://x.example/", "sha256": "00"}]}, ("/files/0/sha256",
                                                                  "digest-form")),
    ({"supersedes": "the old one"}, ("/supersedes", "record-id-form")),
    ({"course": {"title": {"en": "x"}, "description": {"zh": "y"}}}, ("/course/description",
                                                                     "description-untitled")),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), WRONG)
def test_each_new_fact_is_held_to_its_rule(
    changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    found = [(one.pointer, one.code) for one in rules.check(completion(**changes), at=NOW)]
    assert expected in found


def test_nothing_is_wrong_with_everything() -> None:
    assert list(rules.check(completion(), at=NOW)) == []


def shapes() -> Iterator[NewCompletion]:
    """Records of every shape: with and without each fact that may be left out."""
    optional = [name for name in EVERYTHING if name not in {
        "holder", "completed_on", "kind", "mode", "role", "assessed", "course", "contact_minutes",
    }]  # fmt: skip
    yield completion()
    yield completion(**dict.fromkeys(optional))
    for name in optional:
        yield completion(**{name: None})
        yield completion(**dict.fromkeys(set(optional) - {name}), assessed=True)
    for kind, mode, role in zip(Kind, [*Mode] * 3, [*Role] * 3, strict=False):
        yield completion(kind=kind, mode=mode, role=role)
    for unit in Unit:
        yield completion(credits=[{"value": 1.5, "unit": unit}])
    yield completion(holder={"id": "urn:uuid:2f1c3c1e-0d5c-4b2e-9a58-0d7a4f6f7c11"})


@pytest.mark.feeds
def test_records_of_every_shape_fit_the_published_schema_and_ours() -> None:
    theirs = Draft201909Validator(
        published_json("ob3", "schemas", "ob_v3p0_achievementcredential_schema.json")
    )
    ours = Draft202012Validator(schema())
    for told in shapes():
        assert list(rules.check(told, at=NOW)) == []
        made = draft(
            told,
            course=told.course or CourseFacts({"en": "x"}),
            salts=new_salts(len(told.holder.identifiers)),
        )
        record = json.loads(sign(prepare(made, DECIDED), SIGNER).json)
        assert check(record) == []
        theirs.validate(record)
        ours.validate(record)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
@given(
    without=st.sets(st.sampled_from(["files", "credits", "course", "tags", "ended_on", "country"])),
    tags=st.lists(st.sampled_from(list(Tag)), unique=True),
    minutes=st.integers(1, 1000),
)
def test_a_completion_written_down_is_read_back_the_same(
    without: set[str], tags: list[Tag], minutes: int
) -> None:
    told = completion(**dict.fromkeys(without), contact_minutes=minutes)
    again = from_json(json.loads(json.dumps(to_json(told))))
    assert again == told
    assert facts_hash(again) == facts_hash(told)
    other = completion(contact_minutes=minutes, tags=tags)
    assert (facts_hash(other) == facts_hash(told)) == (other == told)
