import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.proof import status_list
from app.proof.encoding import base64url_encode
from app.proof.errors import ProofError

SIZE = status_list.SMALLEST


@given(st.sets(st.integers(0, SIZE - 1), max_size=50))
def test_exactly_the_marked_entries_are_set_after_encoding_and_decoding(ones: set[int]) -> None:
    data = status_list.decode(status_list.encode(status_list.bits(SIZE, ones=ones)))
    assert {index for index in ones if status_list.get(data, index=index)} == ones
    assert int.from_bytes(data, "big").bit_count() == len(ones)


def test_the_first_entry_is_the_leftmost_bit() -> None:
    data = status_list.bits(SIZE, ones=[0, 9])
    assert data[:2] == b"\x80\x40"


def test_the_same_list_gives_the_same_text() -> None:
    data = status_list.bits(SIZE, ones=[5])
    assert status_list.encode(data) == status_list.encode(data)


def test_the_published_empty_list_is_read() -> None:
    # Bitstring Status List 1.0, example 2, without the multibase letter that came later.
    text = "H4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
    assert status_list.decode("u" + text) == bytes(SIZE // 8)


ZIPPED = gzip.compress(bytes(SIZE // 8), mtime=0)


def packed(data: bytes) -> str:
    return "u" + base64url_encode(gzip.compress(data, mtime=0))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "status-encoding"),
        ("zabc", "status-encoding"),
        ("u====", "base64url"),
        ("uAAAA", "status-encoding"),
        (packed(bytes(SIZE // 8))[:40], "status-encoding"),
        (packed(bytes(SIZE // 8 - 1)), "status-length"),
        (packed(bytes(12_000)), "status-length"),
        (packed(bytes(17 * 1024 * 1024)), "status-too-large"),
        ("u" + base64url_encode(ZIPPED * 2), "status-encoding"),
        ("u" + base64url_encode(ZIPPED + b"more"), "status-encoding"),
    ],
)
def test_a_list_that_is_damaged_short_or_a_bomb_is_refused(text: str, code: str) -> None:
    with pytest.raises(ProofError) as refused:
        status_list.decode(text)
    assert refused.value.code == code


def test_an_index_outside_the_list_is_refused() -> None:
    data = status_list.bits(SIZE, ones=[])
    for index in (-1, SIZE):
        with pytest.raises(ProofError):
            status_list.get(data, index=index)
    with pytest.raises(ProofError):
        status_list.bits(SIZE, ones=[SIZE])
    with pytest.raises(ProofError):
        status_list.bits(8, ones=[])
