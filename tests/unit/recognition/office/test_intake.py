"""A file is taken apart into records whose bytes are as they came."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform.problems import DomainError
from app.recognition.office.intake import Piece, pieces

TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln"
RECORD = '{"@context": [], "name": "Brücke 桥", "amount": 1.50}'


def taken(text: str) -> list[Piece]:
    return list(pieces(text.encode()))


def test_a_record_alone_is_one_piece_byte_for_byte() -> None:
    assert taken(RECORD) == [Piece(RECORD.encode())]
    spread = json.dumps(json.loads(RECORD), indent=2)
    assert taken(spread) == [Piece(spread.encode())]


def test_tokens_come_one_a_line() -> None:
    assert taken(f"\ufeff{TOKEN}\r\n\n{TOKEN}\n") == [Piece(TOKEN.encode())] * 2
    assert taken(f"  {TOKEN}  ") == [Piece(TOKEN.encode())]


def test_an_array_gives_its_elements_as_they_stand() -> None:
    found = taken(f' [ {RECORD} , "{TOKEN}",\n{RECORD}]')
    assert [one.record for one in found] == [RECORD.encode(), TOKEN.encode(), RECORD.encode()]


def test_lines_may_say_whose_each_record_is() -> None:
    lines = [
        json.dumps({"registrant": "4711", "record": TOKEN}),
        json.dumps({"registrant": "4712", "record": json.loads(RECORD)}),
    ]
    first, second = taken("\n".join(lines))
    assert (first.number, first.record) == ("4711", TOKEN.encode())
    assert second.number == "4712"
    assert json.loads(second.record) == json.loads(RECORD)


def test_a_bad_piece_stops_no_other() -> None:
    found = taken(f'[{RECORD}, {{"registrant": 4711, "record": "x"}}, {RECORD}')
    assert [one.error is None for one in found] == [True, False, True]
    broken = taken(f"[{RECORD}, {{oops")
    assert [one.error is None for one in broken] == [True, False]


@pytest.mark.parametrize("text", ["", " \n ", "[]"])
def test_a_file_with_nothing_in_it_is_refused(text: str) -> None:
    with pytest.raises(DomainError) as caught:
        taken(text)
    assert caught.value.fields[0].code == "file-missing"


def test_a_deep_document_is_left_to_verification() -> None:
    deep = "[" * 100_000
    assert [one.error is not None for one in taken(deep)] == [True]
    assert len(taken('{"a":' * 100_000)) == 1


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_whatever_comes_is_taken_apart_or_refused(data: bytes) -> None:
    with suppress(DomainError):
        assert all(one.record or one.error or data for one in pieces(data))
