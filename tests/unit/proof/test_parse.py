import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.proof.errors import ProofError
from app.proof.parse import Limits, dump, load, load_object

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'{"a": 1, "a": 2}', "json-duplicate-name"),
        (b'{"a": {"b": 1, "\\u0062": 2}}', "json-duplicate-name"),
        (b'{"a": NaN}', "json-number"),
        (b'{"a": -Infinity}', "json-number"),
        (b'{"a": 1e999}', "json-number"),
        (b'{"a": 9007199254740992}', "json-number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "json-number"),
        (b'{"a": "\\ud800"}', "json-not-unicode"),
        (b'{"\\udfff": 1}', "json-not-unicode"),
        (b'{"a": "\xff"}', "json-not-unicode"),
        (b'{"a": "\xed\xa0\x80"}', "json-not-unicode"),
        (b'{"a": 1} {"b": 2}', "json-malformed"),
        (b'{"a": 1}\x00', "json-malformed"),
        (b'\xef\xbb\xbf{"a": 1}', "json-malformed"),
        (b'{"a": "line\nbreak"}', "json-malformed"),
        (b"{'a': 1}", "json-malformed"),
        (b"", "json-malformed"),
        (b"[" * 33, "json-malformed"),
        (b"[" * 33 + b"]" * 33, "json-too-deep"),
        (b'{"a":[' * 17 + b"]}" * 17, "json-too-deep"),
        (b"[" * 60_000, "json-too-deep"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "json-too-deep"),
        (b'"' + b"a" * 70_000 + b'"', "json-too-large"),
        (b"[1, 2]", "json-not-an-object"),
    ],
)
def test_a_text_that_two_readers_could_read_differently_is_refused(text: bytes, code: str) -> None:
    with pytest.raises(ProofError) as refused:
        load_object(text)
    assert refused.value.code == code


def test_brackets_inside_texts_do_not_count_as_depth() -> None:
    text = b'{"a": "' + b"[{" * 50 + b'", "b\\"]": "\\\\"}'
    assert load(text) == json.loads(text)


def test_the_limits_are_the_callers() -> None:
    assert load(b"[[1]]", limits=Limits(size=5, depth=2)) == [[1]]
    with pytest.raises(ProofError):
        load(b"[[1]]", limits=Limits(size=4, depth=2))
    with pytest.raises(ProofError):
        load(b"[[1]]", limits=Limits(size=5, depth=1))


@pytest.mark.parametrize(
    "text",
    [
        b'"' * 250_001,
        b'"a\\' * 80_000,
        b"{" + b"".join(b'"%d":1,' % number for number in range(20_000)) + b'"19999":1}',
        b"{" + b",".join(b'"a":1' for _ in range(40_000)) + b"}",
    ],
    ids=["quotes", "quotes that never end", "the last of many twice", "one many times"],
)
def test_a_hostile_text_is_refused_in_time_that_grows_with_its_length(text: bytes) -> None:
    started = time.process_time()
    with pytest.raises(ProofError):
        load(text, limits=Limits(size=len(text)))
    assert time.process_time() - started < 1  # it takes 50 ms; the square of the length, a minute


@given(VALUES)
def test_every_ordinary_value_is_read_as_the_standard_library_reads_it(value: object) -> None:
    text = json.dumps(value).encode()
    assert load(text) == value


@given(st.binary(max_size=200))
def test_any_bytes_at_all_raise_a_proof_error_or_give_json(data: bytes) -> None:
    try:
        value = load(data)
    except ProofError:
        return
    assert value == json.loads(data)


def test_a_written_object_keeps_its_order_and_is_read_again() -> None:
    value = {"z": "\u5b89\u5168", "a": [1, 2.5, True, None]}
    written = dump(value)
    assert written.startswith('{"z":"\u5b89\u5168"'.encode())
    assert load(written) == value


def test_what_cannot_be_read_again_is_not_written() -> None:
    for value in (float("nan"), "\ud800"):
        with pytest.raises(ProofError):
            dump({"a": value})
