"""Two versions of a policy compared, in words."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.recognition.policies.changes import What, changes
from app.recognition.policies.reading import read_document
from tests.unit.recognition.policy_strategies import Document, policies

LINES: list[Document] = [
    {
        "id": name,
        "when": {"kind_in": [name]},
        "measure": "contact_minutes",
        "per": 60,
        "credit": 1,
        "category": "any",
    }
    for name in ("course", "conference", "mentoring", "teaching")
]
OLD: Document = {
    "policy_id": "p",
    "policy_version": 1,
    "registry": "R",
    "status": "draft",
    "unit": "credit",
    "issuers": {"accept_tags": ["partner"], "otherwise": "review"},
    "scope": {"kinds": ["course", "conference"]},
    "map": LINES[:3],
    "caps": [{"id": "imported-year", "category": "any", "period": "year", "max": 20}],
    "delivery": {"self_paced_online": {"require": ["assessed"]}},
    "tag_rules": [{"tag": "ethics", "requires_any_competence": ["EC8"]}],
    "cycle": {
        "months": 12,
        "total": 30,
        "minimums": [{"id": "ethics", "tag": "ethics", "min": 1}],
        "category_groups": {"g": ["any"]},
        "carry_over_max": 0,
    },
}


def said(**change: Any) -> list[str]:
    return [*map(str, changes(read_document(OLD), read_document({**OLD, **change})))]


def with_first(**members: Any) -> list[Document]:
    return [{**LINES[0], **members}, *LINES[1:3]]


def cap(**members: Any) -> list[Document]:
    return [{**OLD["caps"][0], **members}]


def test_a_version_that_asks_the_same_has_no_changes() -> None:
    assert said() == []
    assert said(policy_version=2) == []
    assert said(scope={"kinds": ["conference", "course"], "note": "in another order"}) == []


CASES: list[tuple[Document, list[str]]] = [
    ({"caps": cap(max=25)}, ["Cap imported-year: 20 -> 25"]),
    ({"caps": cap(period="cycle")}, ["Cap imported-year, period: in a year -> in a cycle"]),
    (
        {"map": with_first(per=50)},
        ["Rule course: 1 credit for 60 contact minutes -> for 50 contact minutes"],
    ),
    (
        {"map": with_first(credit="3/2")},
        ["Rule course: 1 credit for 60 contact minutes -> 3/2 credit for 60 contact minutes"],
    ),
    (
        {"map": with_first(rounding={"mode": "floor", "step": "1/2"})},
        ["Rule course, rounding: nothing -> down to 1/2"],
    ),
    ({"map": with_first(when={})}, ["Rule course, when: course -> every record"]),
    (
        {"map": LINES},
        ["Rule teaching added: 1 credit for 60 contact minutes, when teaching, category any"],
    ),
    (
        {"map": LINES[:2]},
        ["Rule mentoring removed: 1 credit for 60 contact minutes, when mentoring, category any"],
    ),
    ({"map": [LINES[2], *LINES[:2]]}, ["Rule mentoring moved: now first"]),
    ({"map": [LINES[1], LINES[0], LINES[2]]}, ["Rule course moved: now after conference"]),
    (
        {"map": [{"id": "course", "when": {}, "decision": "reject", "reason": "OWN"}, *LINES[1:3]]},
        [
            "Rule course: 1 credit for 60 contact minutes -> reject (OWN)",
            "Rule course, when: course -> every record",
            "Rule course, category: any -> nothing",
        ],
    ),
    (
        {"unit": "point"},
        [
            "Unit: credit -> point",
            *(
                f"Rule {one}: 1 credit for 60 contact minutes -> 1 point for 60 contact minutes"
                for one in ("course", "conference", "mentoring")
            ),
        ],
    ),
    (
        {"scope": {"kinds": ["course", "teaching"]}},
        ["Scope, kinds added: teaching", "Scope, kinds removed: conference"],
    ),
    ({"scope": None}, ["Scope removed: kinds course, conference, others review"]),
    (
        {"issuers": {"accept_any": True}},
        ["Issuers, any: not accepted as such -> accepted", "Issuers, accepted removed: partner"],
    ),
    ({"window": {"max_age_months": 24}}, ["Window added: always to open end, oldest 24 months"]),
    ({"time_zone": "Asia/Karachi"}, ["Time zone: UTC -> Asia/Karachi"]),
    ({"valid": {"from": "2026-01-01"}}, ["In force: always to open end -> 2026-01-01 to open end"]),
    (
        {"delivery": {"self_paced_online": {"require": ["assessed"], "on_missing": "reject"}}},
        ["Delivery self_paced_online, missing: review -> reject"],
    ),
    ({"tag_rules": []}, ["Tag ethics removed: needs one of EC8"]),
    ({"cycle": {**OLD["cycle"], "total": "61/2"}}, ["Cycle: 30 required -> 61/2 required"]),
    (
        {"cycle": {**OLD["cycle"], "carry_over_max": None}},
        ["Cycle, carry-over: at most 0 -> nothing"],
    ),
    (
        {
            "cycle": {
                **OLD["cycle"],
                "minimums": [{"id": "ethics", "tag": "ethics", "min_share": "1/10"}],
            }
        },
        ["Minimum ethics: 1 -> 1/10 of the total"],
    ),
    (
        {"cycle": None},
        [
            (
                "Cycle removed: 30 required, length 12 months, begins the same day for "
                "everybody, first 2000-01-01, group g any, carry-over at most 0"
            ),
            "Minimum ethics removed: 1, tag ethics",
        ],
    ),
    (
        {"rounding": {"mode": "nearest", "step": "1/3", "tie": "down"}},
        ["Rounding: none -> nearest to 1/3, a tie down"],
    ),
    ({"min_award": "1/2"}, ["Least award: nothing -> 1/2"]),
    ({"approval": {"body": "X"}}, ["Approval added: by X, missing review, expired reject"]),
    ({"languages": {"accept": []}}, ["Languages added: none, others review"]),
    (
        {"content": {"exclude_if_all_tags_in": ["soft_skills"]}},
        ["Content not counted added: soft_skills"],
    ),
    ({"required_competences": {"any_of": ["EC7"]}}, ["Competences added: one of EC7, else review"]),
    (
        {"basis": {"type": "mra", "ref": "X-1", "annex": "a"}},
        ["Basis: nothing -> mra X-1, annex a"],
    ),
    ({"status": "adopted"}, ["Status: draft -> adopted"]),
]


@pytest.mark.parametrize(("change", "words"), CASES, ids=[words[0][:50] for _, words in CASES])
def test_a_change_is_said_in_words(change: Document, words: list[str]) -> None:
    assert said(**change) == words


def test_a_change_is_structured_too() -> None:
    (one,) = changes(read_document(OLD), read_document({**OLD, "caps": cap(max=25)}))
    assert (one.what, one.path, one.old, one.new) == (
        What.CHANGED,
        "caps.imported-year",
        "20",
        "25",
    )


def test_a_list_that_is_asked_for_and_empty_differs_from_one_that_is_not_asked_for() -> None:
    old = {**OLD, "issuers": {"accept_tags": ["a"]}}
    new = {**OLD, "issuers": {"accept_tags": ["a"], "applies_to_kinds": []}}
    (one,) = changes(read_document(old), read_document(new))
    assert str(one) == "Issuers, asked for: nothing is asked -> an empty list"


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(policies(), policies(), st.data())
def test_whatever_decides_differently_is_said(
    old: Document, new: Document, data: st.DataObject
) -> None:
    """Put one member of another policy into a policy: if nothing is said, nothing was changed."""
    name = data.draw(st.sampled_from(sorted({*old, *new} - {"policy_version"})))
    mixed = (
        {**old, name: new.get(name)} if name in new else {k: v for k, v in old.items() if k != name}
    )
    first = read_document(old)
    try:
        second = read_document(mixed)
    except ValueError:  # the two do not go together
        return
    told = changes(first, second)
    compared = ("rules", "caps", "issuers", "scope", "window", "languages", "cycle", "rounding")
    more = ("approval", "delivery", "regime", "tag_rules", "min_award", "unit", "excluded_tags")
    same = all(
        _sorted(getattr(first, x)) == _sorted(getattr(second, x)) for x in (*compared, *more)
    )
    assert told or same


def _sorted(value: Any) -> str:
    """Equal for values that differ in the order of a list of codes only."""
    return "".join(sorted(str(value)))
