"""A shape answers twice, with reasons and with yes or no; both answers are the same everywhere."""

import copy
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.verification import profile
from app.verification.shape import Anything, Constant, Members, Number, Sequence, Shape, Text
from tests.simulator.issuer import SimulatedIssuer

RECORD = SimulatedIssuer().record()
TEXT = Text(r"[a-z]+", "letters", longest=5)
SHAPES: dict[str, Shape] = {
    "anything": Anything(),
    "constant": Constant("x"),
    "true": Constant(value=True),
    "texts": Constant(("x", "y")),
    "text": TEXT,
    "number": Number(10),
    "sequence": Sequence(Anything(), most=3),
    "texts-once": Sequence(TEXT, most=2),
    "members": Members(required={"a": TEXT}, optional={"b": Number(1)}),
    "nested": Members(required={}, optional={"a": Sequence(Members({"a": TEXT}, {}))}),
    "party": profile.PARTY,
    "achievement": profile.ACHIEVEMENT,
    "record": profile.RECORD,
}
TESTS = {name: shape.test() for name, shape in SHAPES.items()}
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 11)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["x", "y", "a", "b", "abcdef", "", "\n", "a\n", 1, 1.0, 10, 10.5, True]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def agree(name: str, value: Any) -> bool:
    problems = list(SHAPES[name].problems(value))
    holds = TESTS[name](value)
    assert holds == (not problems), problems
    return holds


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SHAPES)), JSON)
@example("true", 1)
@example("constant", "x\n")
@example("text", "abc\n")
@example("sequence", [1, True])
@example("sequence", [1, 1.0])
@example("number", True)
@example("number", -0.0)
def test_reasons_and_yes_or_no_agree_on_any_value(name: str, value: Any) -> None:
    agree(name, value)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(st.sampled_from(sorted(SHAPES)), JSON)
def test_reasons_and_yes_or_no_agree_on_thousands_of_values(name: str, value: Any) -> None:
    agree(name, value)


def test_every_shape_says_yes_and_no() -> None:
    good = {"constant": "x", "true": True, "texts": ["x", "y"], "text": "abc", "number": 1}
    good |= {"sequence": [1, 2], "texts-once": ["a", "b"], "members": {"a": "x"}, "anything": None}
    good |= {"nested": {"a": [{"a": "x"}]}, "party": RECORD["issuer"], "record": RECORD}
    good["achievement"] = RECORD["credentialSubject"]["achievement"]
    assert good.keys() == SHAPES.keys()
    for name, value in good.items():
        assert agree(name, value)
        assert name == "anything" or not agree(name, {"z": 1})


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_both_agree_on_a_record_with_any_member_replaced(data: Any) -> None:
    document = copy.deepcopy(RECORD)
    place: Any = document
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    agree("record", json.loads(json.dumps(document)))
