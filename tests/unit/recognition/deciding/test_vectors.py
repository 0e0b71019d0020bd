"""The worked vectors come out as written; and the runner notices when they do not."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.recognition.deciding import vectors
from app.recognition.policies import shipped
from app.recognition.policies.reading import read_document

ROOT = Path(__file__).parents[4]
FILES = sorted((ROOT / "tests" / "vectors" / "recognition").glob("*.yaml"))
SHARED = ROOT.parent / "shared" / "data" / "cpd" / "recognition-examples.json"
if not SHARED.exists():  # a worktree stands one folder deeper
    SHARED = ROOT.parents[1] / "shared" / "data" / "cpd" / "recognition-examples.json"

POLICY: dict[str, Any] = {
    "policy_id": "p",
    "policy_version": 1,
    "registry": "R",
    "status": "draft",
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
}
RECORD: dict[str, Any] = {
    "id": "V-1",
    "type": "record",
    "policy": "p",
    "record": {
        "record_id": "r",
        "completed": "2026-01-01",
        "kind": "course",
        "measures": {"contact_minutes": "80"},
    },
    "today": "2026-02-01",
    "expected": {"decision": "accept", "credited": "4/3", "credited_decimal": "1.3333"},
}


def mismatches(vector: dict[str, Any], **policies: Any) -> list[str]:
    document = {"policies": policies or {"p": POLICY}, "vectors": [vector]}
    (result,) = vectors.run(document)
    return [str(one) for one in result.mismatches]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_ours_comes_out_as_written(path: Path) -> None:
    results = vectors.run(vectors.read(path.read_text()), known=shipped.policies())
    assert {one.id: [*map(str, one.mismatches)] for one in results if not one.passed} == {}
    assert len({one.id for one in results}) == len(results)


def test_our_vectors_say_their_arithmetic_and_cover_many_bodies() -> None:
    ours = [one for path in FILES for one in vectors.read(path.read_text())["vectors"]]
    assert len(ours) >= 74 - 49 + 45
    assert all(one["why"] for one in ours)
    named = {
        name.partition("@")[0]
        for one in ours
        for name in [*one.get("policies", []), *([one["policy"]] if "policy" in one else [])]
    }
    registries = {one.registry for one in shipped.policies() if one.policy_id in named}
    assert len(registries) >= 20


@pytest.mark.feeds
def test_the_vectors_kept_beside_the_checkout_pass_as_they_stand() -> None:
    if not SHARED.exists():
        pytest.skip("the shared vectors are not beside this checkout")
    results = vectors.run(vectors.read(SHARED.read_text()))
    assert [f"{one.id}: {one.mismatches}" for one in results if not one.passed] == []
    assert len(results) >= 49


def test_a_vector_that_is_right_passes() -> None:
    assert mismatches(RECORD) == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("decision", "accept_capped"),
        ("credited", "1.3333"),
        ("credited", 1),
        ("credited", None),
        ("credited", 1.3333),
        ("credited_decimal", "1.3334"),
        ("reasons", ["CAP:x"]),
        ("reasons", "OK"),
        ("category", "other"),
        ("counted_tags", ["ethics"]),
        ("no_such_member", True),
    ],
)
def test_a_member_that_comes_out_otherwise_is_told(member: str, value: object) -> None:
    wrong = {**RECORD, "expected": {**RECORD["expected"], member: value}}
    (told,) = mismatches(wrong)
    assert told.startswith(f"{member}: expected ")


def test_what_no_policy_asks_about_is_passed_over_and_a_misspelt_fact_is_absent() -> None:
    record = RECORD["record"]
    assert mismatches({**RECORD, "found_at": "x", "record": {**record, "colour": "red"}}) == []
    misspelt = {**record, "measures": {}, "measure": record["measures"]}
    assert mismatches({**RECORD, "record": misspelt}) != []


def test_an_amount_is_the_same_however_it_is_written() -> None:
    for written in ("4/3", "8/6"):
        assert mismatches({**RECORD, "expected": {"credited": written}}) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "other"},
        {"type": None},
        {"policy": "absent"},
        {"policy": None},
        {"record": {}},
        {"record": {**RECORD["record"], "verification": {"colour": "red"}}},
        {"record": {**RECORD["record"], "measures": {"contact_minutes": 1.5}}},
        {"record": {**RECORD["record"], "completed": "2026-02-30"}},
        {"today": None},
        {"now": "2026-02-01T00:00:00Z"},
        {"today": None, "now": "2026-02-01T00:00:00"},
        {"ledger": {"used": {"x": "-1"}}},
        {"expected": None},
    ],
    ids=str,
)
def test_a_vector_that_cannot_be_read_fails_and_stops_no_other(broken: dict[str, Any]) -> None:
    document = {"policies": {"p": POLICY}, "vectors": [{**RECORD, **broken}, RECORD]}
    first, second = vectors.run(document)
    assert len(first.mismatches) == 1
    assert second.passed


def test_a_policy_that_cannot_be_read_fails_its_vectors_and_says_why() -> None:
    told = mismatches(RECORD, p={**POLICY, "unit": 3})
    assert len(told) == 1
    assert "unit" in told[0]


def test_a_policy_of_ones_own_takes_the_place_of_the_one_with_its_id() -> None:
    own = read_document({**POLICY, "rounding": {"mode": "floor", "step": "1"}})
    (result,) = vectors.run({"policies": {"p": POLICY}, "vectors": [RECORD]}, instead=own)
    told = [one.field for one in result.mismatches]
    assert told == ["credited", "credited_decimal"]


def test_a_vector_names_a_version_or_takes_the_newest() -> None:
    newer = {**POLICY, "policy_version": 2, "unit": "point"}
    known = [read_document(POLICY), read_document(newer)]
    for name, version in (("p", 2), ("p@1", 1), ("p@2", 2)):
        vector = {**RECORD, "policy": name, "expected": {"policy": f"p@{version}"}}
        assert vectors.run({"vectors": [vector]}, known=known)[0].passed
    absent = {**RECORD, "policy": "p@3"}
    assert not vectors.run({"vectors": [absent]}, known=known)[0].passed


@pytest.mark.parametrize("document", [None, [], {}, {"vectors": 3}, {"vectors": [3]}])
def test_what_is_no_file_of_vectors_is_refused(document: object) -> None:
    with pytest.raises(vectors.VectorsInvalid):
        vectors.run(document)


@pytest.mark.parametrize("text", ["", "- a", "{", "vectors: !!python/object:os.x {}", "a: 1\na: 2"])
def test_a_text_that_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(vectors.VectorsInvalid):
        vectors.read(text)


def test_json_is_read_with_exact_numbers() -> None:
    text = json.dumps({"vectors": [{"measure": 1.6}]})
    assert vectors.read(text)["vectors"][0]["measure"] == "1.6"


def test_a_later_event_of_a_record_that_never_came_is_told() -> None:
    vector = {
        "id": "H",
        "type": "history",
        "policies": ["p"],
        "events": [{"again": "r", "today": "2026-01-01"}],
    }
    assert mismatches(vector) == ["events[0].again: expected a record that came before, found r"]


def test_a_history_that_would_take_minutes_fails_at_once() -> None:
    caps = [{"id": f"c{n}", "period": "year", "max": n} for n in range(200)]
    events = [
        {"record": {**RECORD["record"], "record_id": f"r{n}"}, "today": "2026-02-01"}
        for n in range(1000)
    ]
    vector = {"id": "H", "type": "history", "policies": ["p"], "events": events}
    (told,) = mismatches(vector, p={**POLICY, "caps": caps})
    assert told.startswith("events: expected fewer")
