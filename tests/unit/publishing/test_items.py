"""Taking a bulk body apart, whatever is in it."""

import io
import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from app.platform.problems import DomainError
from app.publishing.items import BatchUnreadable, Items, split

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
BLANK = st.text(alphabet=" \t\r\n", max_size=3)


def parts(body: bytes, *, array: bool) -> list[bytes]:
    items: Items = split(io.BytesIO(body), array=array, spare=io.BytesIO())
    return [one for _, one in items.read(0, len(items.places))]


@given(values=st.lists(JSON, min_size=1, max_size=6), blank=BLANK)
def test_an_array_falls_into_its_items(values: list[Any], blank: str) -> None:
    body = "[" + f"{blank},{blank}".join(json.dumps(one) for one in values) + f"]{blank}"
    found = parts((blank + body).encode(), array=True)
    assert [json.loads(one) for one in found] == values


@given(values=st.lists(JSON, min_size=1, max_size=6), blank=BLANK)
def test_lines_fall_into_their_items(values: list[Any], blank: str) -> None:
    body = f"{blank}\n".join(json.dumps(one) for one in values).encode()
    found = parts(body, array=False)
    assert [json.loads(one) for one in found] == values


@given(body=st.binary(max_size=60), array=st.booleans())
def test_whatever_comes_is_taken_apart_or_refused(body: bytes, array: bool) -> None:
    try:
        found = parts(body, array=array)
    except DomainError:
        return
    assert found


@given(text=st.text(alphabet='[]{},:"\\a1 \n', max_size=40))
def test_what_looks_like_json_is_taken_apart_or_refused(text: str) -> None:
    body = f"[{text}]".encode()
    try:
        found = parts(body, array=True)
    except DomainError:
        return
    try:
        assert len(found) == len(json.loads(body))
    except ValueError:  # an item that is no JSON by itself: it is refused when its turn has come
        assert found


@pytest.mark.parametrize("depth", [10, 2_000, 100_000])
def test_an_item_that_nests_deep_is_told_from_the_next(depth: int) -> None:
    body = b"[" + b'["]",' * depth + b"1" + b"]" * depth + b",2]"
    found = parts(body, array=True)
    assert (len(found), found[1]) == (2, b"2")


def test_a_long_item_costs_no_more_than_its_length() -> None:
    body = b'["' + b"a" * 900_000 + b'",1]'
    assert [len(one) for one in parts(body, array=True)] == [256 * 1024 + 1, 1]
    with pytest.raises(BatchUnreadable):
        parts(b'["' + b"a" * 3_000_000 + b'"]', array=True)
