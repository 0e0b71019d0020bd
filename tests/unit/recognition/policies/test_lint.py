"""Advice on a policy: each finding has its code, its place and its line."""

from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.recognition.deciding import vectors_form as form
from app.recognition.deciding.evaluate import fits
from app.recognition.policies import shipped
from app.recognition.policies.lint import MOST, lint, lint_text
from app.recognition.policies.lint_lines import covers
from app.recognition.policies.reading import PolicyInvalid, read_document
from tests.unit.recognition.policy_strategies import RECORDS, WHENS, Document, policies

GOOD: Document = {
    "policy_id": "good",
    "policy_version": 1,
    "registry": "R",
    "status": "draft",
    "rule_sources": ["the rules"],
    "unit": "hour",
    "issuers": {"accept_any": True},
    "map": [
        {
            "id": "h",
            "when": {},
            "measure": "contact_minutes",
            "per": 60,
            "credit": 1,
            "category": "any",
        }
    ],
    "cycle": {"months": 12, "total": 30},
}
LINE = GOOD["map"][0]


def line(name: str, when: Document, **members: Any) -> Document:
    return {**LINE, "id": name, "when": when, **members}


def codes(**change: Any) -> set[str]:
    policy = read_document({**GOOD, **change})
    return {f"{one.code}@{one.path}" for one in lint(policy, today=date(2026, 6, 1))}


def test_a_policy_without_fault_gets_no_advice() -> None:
    assert codes() == set()


COURSE, TALK = {"kind_in": ["course"]}, {"kind_in": ["course", "conference"]}
CASES: list[tuple[Document, str]] = [
    ({"map": [LINE, line("b", COURSE)]}, "rule-unreachable@map[1]"),
    ({"map": [line("a", TALK), line("b", {**COURSE, "tag": "ethics"})]}, "rule-unreachable@map[1]"),
    (
        {"map": [line("a", COURSE), line("b", {"kind_in": ["conference"]}), line("c", TALK)]},
        "rule-unreachable@map[2]",
    ),
    (
        {"map": [line("a", {"max_contact_minutes": 60}), line("b", {"max_contact_minutes": 30})]},
        "rule-unreachable@map[1]",
    ),
    (
        {
            "map": [
                line("a", {"has_measure": "contact_minutes"}),
                line("b", {"min_contact_minutes": 30}),
            ]
        },
        "rule-unreachable@map[1]",
    ),
    (
        {"map": [line("a", {"min_contact_minutes": 60, "max_contact_minutes": 30})]},
        "rule-never@map[0].when",
    ),
    ({"map": [line("a", {"kind_in": []})]}, "rule-never@map[0].when"),
    (
        {"map": [line("a", COURSE), line("b", {"tag": "ethics"}, credit=2), LINE]},
        "rules-overlap@map[1]",
    ),
    ({"map": [line("a", COURSE)], "scope": {"kinds": ["mentoring"]}}, "rule-out-of-scope@map[0]"),
    (
        {"map": [line("a", COURSE)], "scope": {"kinds": ["course", "mentoring"]}},
        "kind-without-line@scope.kinds[1]",
    ),
    ({"map": [line("a", {}, credit=0)]}, "rule-zero@map[0].credit"),
    ({"map": [line("a", {"kind_in": ["cuorse"]})]}, "unknown-kind@map[0].when.kind_in[0]"),
    ({"map": [line("a", {"mode": "online"})]}, "unknown-mode@map[0].when.mode"),
    ({"map": [line("a", {"role": "instructor"})]}, "unknown-role@map[0].when.role"),
    ({"map": [line("a", {"tag": "ethic"})]}, "unknown-tag@map[0].when.tag"),
    ({"map": [line("a", {}, measure="hours")]}, "unknown-measure@map[0].measure"),
    ({"map": [line("a", {}, measure="half_days")]}, "measure-supplied@map[0].measure"),
    (
        {"required_competences": {"any_of": ["EC14"]}},
        "unknown-competence@required_competences.any_of[0]",
    ),
    (
        {"tag_rules": [{"tag": "ethics", "requires_any_competence": ["E8"]}]},
        "unknown-competence@tag_rules[0].requires_any_competence[0]",
    ),
    ({"languages": {"accept": ["english"]}}, "unknown-language@languages.accept[0]"),
    ({"languages": {"accept": []}}, "language-none@languages.accept"),
    (
        {"delivery": {"self_paced_online": {"require": ["proctored"]}}},
        "delivery-unstated@delivery.self_paced_online.require[0]",
    ),
    ({"delivery": {"online": {"require": []}}}, "unknown-mode@delivery.online"),
    (
        {"caps": [{"id": "c", "category": "other", "period": "year", "max": 5}]},
        "unknown-category@caps[0].category",
    ),
    (
        {
            "cycle": {
                "months": 12,
                "total": 30,
                "minimums": [{"id": "m", "category": "x", "min": 1}],
            }
        },
        "unknown-category@cycle.minimums[0].category",
    ),
    (
        {"cycle": {"months": 12, "total": 30, "category_groups": {"g": ["x"]}}},
        "unknown-category@cycle.category_groups.g[0]",
    ),
    (
        {
            "caps": [
                {"id": "all", "period": "year", "max": 40},
                {"id": "c", "category": "any", "period": "record", "max": 50},
            ]
        },
        "cap-never-binds@caps[1].max",
    ),
    (
        {
            "caps": [
                {"id": "a", "period": "year", "max": 30},
                {"id": "b", "period": "year", "max": "60/2"},
            ]
        },
        "cap-twice@caps[1]",
    ),
    (
        {"caps": [{"id": "c", "period": "cycle", "max": 40}], "cycle": None},
        "cap-without-cycle@caps[0].period",
    ),
    (
        {"caps": [{"id": "c", "period": "record", "max": "1/4"}], "min_award": "1/2"},
        "cap-below-award@caps[0].max",
    ),
    (
        {
            "cycle": {
                "months": 12,
                "total": 30,
                "minimums": [{"id": "m", "tag": "ethics", "min": 31}],
            }
        },
        "minimum-above-total@cycle.minimums[0].min",
    ),
    (
        {
            "cycle": {
                "months": 12,
                "total": 30,
                "minimums": [{"id": "m", "tag": "ethics", "min_share": "3/2"}],
            }
        },
        "minimum-above-total@cycle.minimums[0].min_share",
    ),
    (
        {
            "caps": [{"id": "c", "category": "any", "period": "year", "max": 4}],
            "cycle": {
                "months": 24,
                "total": 8,
                "minimums": [{"id": "m", "category": "any", "min": 9}],
            },
        },
        "minimum-above-cap@cycle.minimums[0]",
    ),
    ({"caps": [{"id": "c", "period": "year", "max": 29}]}, "total-above-caps@cycle.total"),
    (
        {"cycle": {"months": 12, "total": 30, "min_categories": 2}},
        "too-few-groups@cycle.min_categories",
    ),
    (
        {"cycle": {"months": 12, "total": 30, "anchor": "rolling", "carry_over_max": 1}},
        "carry-over-rolling@cycle.carry_over_max",
    ),
    ({"cycle": None}, "no-cycle@"),
    ({"rule_sources": []}, "no-source@"),
    ({"issuers": {}}, "issuer-nobody@issuers"),
    (
        {"issuers": {"accept_any": True, "accept_tags": ["a"]}},
        "issuer-tags-unused@issuers.accept_tags",
    ),
    (
        {"issuers": {"accept_tags": ["a"], "reject_tags": ["a"]}},
        "issuer-tag-twice@issuers.accept_tags",
    ),
    ({"regime": "evidence_only"}, "table-unused@map"),
    ({"regime": "evidence_only", "map": []}, "cycle-unmet@cycle"),
    ({"rounding": {"mode": "floor", "step": 1, "tie": "up"}}, "tie-unused@rounding.tie"),
    ({"rounding": {"mode": "none", "step": 1}}, "step-unused@rounding.step"),
    ({"valid": {"from": "2020-01-01", "to": "2026-05-31"}}, "valid-ended@valid.to"),
    (
        {"valid": {"from": "2026-01-01"}, "window": {"to": "2025-12-31"}},
        "window-closed@window.to",
    ),
]


@pytest.mark.parametrize(
    ("change", "finding"), CASES, ids=[f"{code}-{n}" for n, (_, code) in enumerate(CASES)]
)
def test_what_an_author_may_not_have_meant_is_found(change: Document, finding: str) -> None:
    assert finding in codes(**change)


@pytest.mark.parametrize(
    "change",
    [
        {"map": [line("a", COURSE), LINE]},
        {"map": [line("a", {"max_contact_minutes": 30}), line("b", {"max_contact_minutes": 60})]},
        {"map": [line("a", COURSE), line("b", {"kind_in": ["conference"]}, credit=2)]},
        {"map": [line("a", {"mode": "in_person"}), line("b", {"mode": "live_online"}, credit=2)]},
        {"caps": [{"id": "c", "period": "year", "max": 30}]},
        {
            "caps": [
                {"id": "r", "period": "record", "max": 10},
                {"id": "y", "period": "year", "max": 30},
            ]
        },
        {"valid": {"to": "2026-06-01"}},
        {"cycle": None, "basis": {"type": "mra", "ref": "X"}},
        {"issuers": {"accept_tags": ["a"]}},
    ],
    ids=str,
)
def test_what_is_meant_is_left_alone(change: Document) -> None:
    assert codes(**change) == set()


def test_a_policy_with_everything_wrong_is_told_of_the_first_of_it_at_once() -> None:
    many = [line(f"l-{n}", {"kind_in": [f"k-{n}-{m}" for m in range(20)]}) for n in range(100)]
    assert len(lint(read_document({**GOOD, "map": many}))) == MOST


def test_a_finding_has_the_line_of_the_text() -> None:
    text = yaml.safe_dump({**GOOD, "caps": [{"id": "c", "period": "year", "max": 29}]})
    _, (finding,) = lint_text(text)
    assert finding.line is not None
    assert text.splitlines()[finding.line - 1].strip().startswith("total:")
    assert str(finding).startswith(f"line {finding.line}: cycle.total: ")


def test_a_text_that_is_no_policy_is_refused_with_its_lines() -> None:
    with pytest.raises(PolicyInvalid) as refused:
        lint_text("policy_id: x\ncaps: 3\n")
    assert {fault.line for fault in refused.value.faults} >= {1, 2}


@pytest.mark.parametrize("name", list(shipped.texts()))
def test_shipped_policies_name_only_codes_that_there_are(name: str) -> None:
    _, findings = lint_text(shipped.texts()[name], today=date(2026, 6, 1))
    meant = {"no-cycle", "rules-overlap", "measure-supplied", "valid-ended"}
    assert [str(one) for one in findings if one.code not in meant] == []


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(WHENS, WHENS, RECORDS)
def test_what_is_said_to_be_covered_never_gets_past(
    wide: Document, narrow: Document, record: Document
) -> None:
    document = {**GOOD, "map": [line("a", wide), line("b", narrow)]}
    first, second = read_document(document).rules
    facts = form.RecordPart.model_validate(record).facts()
    if covers(first.when, second.when) and fits(second.when, facts):
        assert fits(first.when, facts)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(policies(), st.dates())
def test_any_policy_that_is_read_can_be_looked_through(document: Document, today: date) -> None:
    for finding in lint(read_document(document), today=today):
        assert finding.detail.endswith((".", "?"))
        assert finding.mend
