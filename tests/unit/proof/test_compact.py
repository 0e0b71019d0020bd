import hashlib
import json
import zlib
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proof import ProofError, compact
from app.proof.compact import MOST_DIGITS, pack, unpack
from app.proof.dictionaries import BY_VERSION, NEWEST
from tests.simulator.issuer import SimulatedIssuer

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e15, 1e15)
UUIDS = st.uuids().map(str)
TEXTS = (
    st.text(max_size=30)
    | UUIDS
    | UUIDS.map(lambda uuid: f"urn:uuid:{uuid}")
    | st.binary(min_size=32, max_size=32).map(lambda raw: f"sha256${raw.hex()}")
    | st.from_regex(r"[A-Za-z0-9_-]{22}", fullmatch=True)
    | st.from_regex(r"z[1-9A-HJ-NP-Za-km-z]{64,88}", fullmatch=True)
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
PARTIES = st.fixed_dictionaries(
    {"id": TEXTS | st.just("did:web:a.example:societies:x"), "name": TEXTS}
)
DOCUMENTS = st.dictionaries(TEXTS, VALUES, max_size=6) | st.fixed_dictionaries(
    {"id": TEXTS, "name": TEXTS, "issuer": PARTIES, "validFrom": TEXTS, "more": VALUES}
)


DICTIONARIES = {
    1: "98222cf4a73cc64b2bfa33e883a7ffc4cb4a0faceb400f038e4567689fb8c562",
    2: "e24b8d5c33513582ef92b8e97c604fdce288172c8cc415a697c1e8c687bfc88d",
}
"""SHA-256 of each dictionary: one that was ever printed with must stay as it is for ever."""
PRINTED = (
    "0042164200089705069361010677253778490579934090880891441211279287708052224439488821907427649615"
    "2880129320551937820462172794485694554402817396267558383903041611080876051145865012218801742002"
    "3629423263615862210495986188979013044837522403728843728560782359466024915968798070213783215710"
    "137919903532380304886013189082550504799164271651951"
)


def packed(document: Any) -> str:
    return pack(json.dumps(document, ensure_ascii=False).encode())


def coded(text: bytes, *, lifted: bytes = b"", version: int = NEWEST, ending: bytes = b"") -> str:
    """A code whose inflated text is ``text``."""
    deflating = zlib.compressobj(9, zlib.DEFLATED, -15, 9, 0, BY_VERSION[NEWEST])
    deflated = deflating.compress(text) + deflating.flush()
    return compact._write(bytes([version]) + deflated + ending + lifted)


def test_a_record_comes_back_as_it_was_and_still_verifies_as_json() -> None:
    issuer = SimulatedIssuer()
    record = issuer.secure_json(issuer.record())
    back = unpack(pack(record))
    assert json.loads(back) == json.loads(record)
    assert back == rfc8785.dumps(json.loads(record))


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS)
def test_any_json_object_comes_back(document: dict[str, Any]) -> None:
    assert json.loads(unpack(packed(document))) == document


@settings(max_examples=300, deadline=None)
@given(st.text("0123456789", max_size=400) | st.text(max_size=50))
def test_made_up_codes_are_refused_with_the_one_error(digits: str) -> None:
    with pytest.raises(ProofError):
        unpack(digits)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_damaged_code_gives_another_record_or_the_one_error(data: st.DataObject) -> None:
    digits = packed(SimulatedIssuer().record())
    place = data.draw(st.integers(0, len(digits) - 1))
    digit = data.draw(st.sampled_from("0123456789"))
    try:
        back = unpack(digits[:place] + digit + digits[place + 1 :])
    except ProofError:
        return
    assert isinstance(json.loads(back), dict)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=80))
def test_a_code_with_any_text_inside_raises_nothing_else(text: bytes, lifted: bytes) -> None:
    said = compact._END * len(compact._SAID)
    for inflated in (text, said + text, said + b'{"id":"' + text + b'"}'):
        try:
            back = unpack(coded(inflated, lifted=lifted))
        except ProofError:
            continue
        assert json.loads(back) is not None


def said(text: str, *before: str) -> bytes:
    texts = [*before, *[""] * (len(compact._SAID) - len(before))]
    return b"".join(each.encode() + compact._END for each in texts) + text.encode()


@pytest.mark.parametrize(
    ("digits", "code"),
    [
        ("", "compact-digits"),
        ("12a", "compact-digits"),
        ("٣٤٥", "compact-digits"),
        ("999", "compact-digits"),
        ("1", "compact-digits"),
        ("9" * 94, "compact-digits"),
        ("0" * (MOST_DIGITS + 1), "compact-too-large"),
        (coded(said("{}"), version=0), "compact-version"),
        (coded(said("{}"), version=9), "compact-version"),
        (compact._write(bytes([NEWEST])), "compact-damaged"),
        (coded(said("{}"), ending=b"\0"), "compact-damaged"),
        (coded(b"{}"), "compact-damaged"),
        (coded(said('{"a":"\x02"}'), lifted=b"short"), "compact-damaged"),
        (coded(said('{"a":"\x01"}')), "compact-damaged"),
        (coded(said('{"a":"\x1e"}')), "compact-damaged"),
        (coded(said('{"a":"\x06"}', "\n")), "json-malformed"),
        (coded(said('{ "a":1}')), "compact-not-canonical"),
        (coded(said('{"b":1,"a":1}')), "compact-not-canonical"),
        (coded(said('{"a":1,"a":1}')), "json-duplicate-name"),
        (coded(said("[]")), "json-not-an-object"),
        (coded(b" " * 10_000_000), "compact-damaged"),
        (coded(said('{"a":"' + "\x06" * 60_000 + '"}', "x" * 5_000)), "compact-too-large"),
        (coded(said('{"a":"' + "\x01" * 60_000 + '"}'), lifted=b"x" * 16), "compact-too-large"),
    ],
)  # fmt: skip
def test_a_bad_code_is_refused_for_its_reason(digits: str, code: str) -> None:
    with pytest.raises(ProofError) as refused:
        unpack(digits)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (b"[]", "json-not-an-object"),
        (b'{"a": 1e20}', "json-number"),
        (b'{"a": ' + b'"x"' * 30_000 + b"}", "json-too-large"),
    ],
)
def test_what_would_not_come_back_is_not_packed(record: bytes, code: str) -> None:
    with pytest.raises(ProofError) as refused:
        pack(record)
    assert refused.value.code == code


def test_a_record_takes_less_than_a_fifth_of_its_json() -> None:
    issuer = SimulatedIssuer()
    record = issuer.secure_json(issuer.record())
    bytes_in_code = len(pack(record)) * 39 / 94
    assert bytes_in_code < len(record) / 5


def test_no_dictionary_was_ever_changed() -> None:
    found = {number: hashlib.sha256(text).hexdigest() for number, text in BY_VERSION.items()}
    assert found == DICTIONARIES


def test_a_code_printed_long_ago_is_still_read() -> None:
    document = json.loads(unpack(PRINTED))
    assert document["id"] == "urn:uuid:0190e0b2-6f5b-7c1e-9a0d-4c578d3e0c1f"
    assert document["name"] == "桥梁抗震设计"
    assert document["hash"] == "5e" * 32
    assert document["signature"] == "z" + "2" * 87
