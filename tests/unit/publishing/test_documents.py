"""Strict JSON, and patches by RFC 7396."""

from typing import Any

import pytest
from hypothesis import given

from app.platform.problems import Invalid
from app.publishing import documents, wire
from tests.unit.publishing.test_items import JSON

# RFC 7396, appendix A
VECTORS: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "result"), VECTORS)
def test_a_patch_does_what_the_standard_says(target: Any, patch: Any, result: Any) -> None:
    assert documents.merged(target, patch) == result


@given(target=JSON, patch=JSON)
def test_a_patch_applied_twice_is_applied_once(target: Any, patch: Any) -> None:
    once = documents.merged(target, patch)
    assert documents.merged(once, patch) == once


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "json-malformed"), (b"{'a': 1}", "json-malformed"), (b"\xff", "json-not-unicode"),
        (b'"\\udc00"', "json-not-unicode"), (b'{"a":1,"a":1}', "json-duplicate-name"),
        (b"NaN", "json-number"), (b"1e400", "json-number"), (b"9" * 41, "json-number"),
        (b"[" * 33 + b"]" * 33, "json-too-deep"), (b" " * 262_145, "json-too-large"),
    ],
)  # fmt: skip
def test_a_text_of_more_than_one_meaning_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(documents.Unreadable) as caught:
        documents.read(body)
    assert (caught.value.code, caught.value.status) == (code, 400)


@given(value=JSON)
def test_any_json_is_a_course_or_is_refused(value: Any) -> None:
    try:
        found = wire.course(value)
    except Invalid as error:
        refused = error
    else:
        assert wire.course(found) == found
        return
    assert refused.fields


def test_two_ways_to_say_nothing_are_one() -> None:
    bare = wire.course({"title": {"en": "A"}})
    assert wire.course({"title": {"en": "A"}, "runs": [], "url": None, "summary": {}}) == bare
    assert wire.course(dict(wire.EXAMPLE)) == wire.EXAMPLE
