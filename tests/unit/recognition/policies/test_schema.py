"""The published schema takes what the reader takes, and refuses what it refuses, where it can."""

import copy
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from app.recognition.policies import schema, shipped
from app.recognition.policies.reading import PolicyInvalid, read_document
from app.recognition.policies.text import Fault, read_text
from tests.unit.recognition.policy_strategies import policies

VALIDATOR = Draft202012Validator(schema.schema(), format_checker=FormatChecker(["date"]))
UNSAYABLE = {"time-zone", "span", "id-twice"}
"""What a schema cannot say of a document."""
# No text ends with a line break: to this validator, unlike to ECMA-262, `$` stands before one.
ODD: list[Any] = [None, True, 0, 1, -1, 2.5, 10**13, "", "x", "0", "0/7", "1/0", "8/5", "1.6", "-1"]
ODD += ["1e3", "2026-01-31", "2026-02-30", "26-1-1", " 1", "review", "none", "nearest", "floor"]
ODD += ["up", "year", "draft", "adopted", "illustrative; not", "学时", "\u00a0", "a b"]
ODD += ["Asia/Karachi", "Mars/Base", [], ["course"], [""], ["a", 3], {}, {"id": "x"}]
NAMES = [
    "note",
    "title",
    "unit",
    "regime",
    "min_award",
    "tie",
    "step",
    "mode",
    "decision",
    "reason",
]
NAMES += ["min", "min_share", "category", "tag", "max", "per", "credit", "measure", "rounding"]
NAMES += ["schema", "colour", "from", "to", "anchor", "first", "carry_over_max"]


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path]
    if isinstance(value, dict):
        found += [one for name, inner in value.items() for one in places(inner, (*path, name))]
    if isinstance(value, list):
        found += [one for n, inner in enumerate(value) for one in places(inner, (*path, n))]
    return found


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A policy with a few members taken out, put in or changed."""
    document = copy.deepcopy(draw(policies()))
    for _ in range(draw(st.integers(0, 2))):
        *way, last = draw(st.sampled_from([one for one in places(document) if one]))
        holder: Any = document
        for step in way:
            holder = holder[step]
        what = draw(st.sampled_from(["change", "remove", "add"]))
        if what == "remove":
            del holder[last]
        elif what == "add" and isinstance(holder[last], dict):
            holder[last][draw(st.sampled_from(NAMES))] = draw(st.sampled_from(ODD))
        else:
            holder[last] = draw(st.sampled_from(ODD))
    return document


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged())
def test_the_schema_and_the_reader_agree(document: dict[str, Any]) -> None:
    said = [f"{one.json_path}: {one.message}" for one in VALIDATOR.iter_errors(document)]
    faults = faults_of(document)
    if not faults:
        assert said == []
    elif not {fault.code for fault in faults} <= UNSAYABLE:
        assert said, faults


def faults_of(document: dict[str, Any]) -> Sequence[Fault]:
    try:
        read_document(document)
    except PolicyInvalid as error:
        return error.faults
    return ()


@pytest.mark.parametrize("name", list(shipped.texts()))
def test_a_shipped_policy_is_valid_under_the_schema(name: str) -> None:
    document = read_text(shipped.texts()[name]).document
    assert [str(one) for one in VALIDATOR.iter_errors(document)] == []


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema.schema())
    json.dumps(schema.schema())


def test_everything_that_a_shipped_policy_says_is_closed_to_what_is_not_known() -> None:
    made = schema.schema()
    parts = [made, *made["$defs"].values()]
    objects = [one for one in parts if one.get("type") == "object"]
    assert len(objects) > 10
    assert all(one["additionalProperties"] is False for one in objects)


@pytest.mark.parametrize(
    "change",
    [
        {"rounding": {"mode": "nearest", "step": "1/3"}},
        {"rounding": {"mode": "floor"}},
        {"map": []},
        {"unit": None},
        {"cycle": {"months": 12, "total": 1, "minimums": [{"id": "m", "min": 1}]}},
        {"cycle": {"months": 12, "total": 1, "minimums": [{"id": "m", "tag": "ethics"}]}},
        {"map": [{"id": "a", "when": {}, "decision": "reject"}]},
        {"map": [{"id": "a", "when": {}, "measure": "count", "per": 1, "credit": 1}]},
    ],
    ids=str,
)
def test_the_schema_says_what_belongs_together(change: dict[str, Any]) -> None:
    document = {**read_text(shipped.texts()["us-nd-v1"]).document, **change}
    with pytest.raises(PolicyInvalid):
        read_document(document)
    assert not VALIDATOR.is_valid(document)
