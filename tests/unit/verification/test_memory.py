"""A bundle that has seen thousands of records says of every record what a fresh one says."""

import copy
import json
import threading
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proof import jose
from app.proof.encoding import base64url_encode
from app.proof.parse import dump
from app.verification import Bundle, Outcome, Report, verify
from tests.simulator.issuer import NOW, SimulatedIssuer

ISSUER, THIEF = SimulatedIssuer(revoked={7}, suspended={8}, superseded={7}), SimulatedIssuer()
FRESH = ISSUER.bundle()
HEADER = json.dumps({"alg": "ES256", "typ": "vc+jwt", "cty": "vc", "kid": ISSUER.token_key.id})
HEADER_PART = base64url_encode(HEADER.encode())


def fresh() -> Bundle:
    """The same bundle, which remembers nothing."""
    return replace(FRESH)


def record(number: int, **changes: Any) -> dict[str, Any]:
    """One of the many records of a course."""
    document = ISSUER.record(index=number, **changes)
    document["id"] = f"urn:uuid:6f5b2c1e-9a0d-4c57-8d3e-{number:012x}"
    subject = document["credentialSubject"]
    subject["id"] = f"urn:uuid:0b1d6a52-3a52-4d7e-9a57-{number:012x}"
    subject["identifier"][0]["salt"] = f"q3VtZ1h2bW5hc2Rm{number:010d}"
    subject["result"][0]["value"] = str(number % 900)
    return document


def payload(document: dict[str, Any]) -> bytes:
    """What a token of the issuer says, byte for byte."""
    to_sign = jose.signing_input(document, kid=ISSUER.token_key.id)
    return jose.split(f"{to_sign.decode()}.AAAA").payload


def token(text: bytes, *, by: SimulatedIssuer = ISSUER) -> bytes:
    """Any payload, well signed."""
    to_sign = f"{HEADER_PART}.{base64url_encode(text)}".encode()
    return jose.assemble(to_sign, by.sign(by.token_key.id, to_sign)).encode()


def warmed() -> Bundle:
    """A bundle that has seen a course's records, and learnt from them whatever it learns."""
    bundle = fresh()
    for number in range(60):
        report = verify(token(payload(record(number))), bundle=bundle, at=NOW)
        assert (report.outcome is Outcome.PASS) == (number not in {7, 8})
    return bundle


WARM = warmed()
GOOD = payload(record(4000))
MEMBERS = json.loads(GOOD)


def agree(text: bytes) -> Report:
    data = token(text)
    reports = [verify(data, bundle=bundle, at=NOW) for bundle in (WARM, WARM, fresh())]
    assert reports[0] == reports[1] == reports[2]
    return reports[0]


def test_both_say_the_same_of_good_revoked_and_suspended_records() -> None:
    for number in (3, 7, 8, 99, 131_071, 131_072):
        report = agree(payload(record(number)))
        assert (report.outcome is Outcome.PASS) == (number in {3, 99, 131_071})
    assert agree(GOOD).accept().holder_id == MEMBERS["credentialSubject"]["id"]
    assert agree(payload(record(7))).checks[7].evidence["error"] == "status-superseded"


def test_a_record_that_is_known_well_still_needs_its_signature() -> None:
    for data in (token(GOOD, by=THIEF), token(GOOD)[:-8] + b"AAAAAAAA", token(GOOD) + b"A"):
        report = verify(data, bundle=WARM, at=NOW)
        assert report == verify(data, bundle=fresh(), at=NOW)
        assert report.outcome is Outcome.FAIL
        assert report.record is None


def test_a_bad_record_teaches_a_bundle_nothing() -> None:
    bundle = fresh()
    for _ in range(30):
        verify(
            token(GOOD.replace(b'"role":"participant"', b'"role":1'), by=THIEF),
            bundle=bundle,
            at=NOW,
        )
        verify(token(GOOD.replace(b'"name"', b'"nama"')), bundle=bundle, at=NOW)
    for data in (token(GOOD), token(GOOD.replace(b'"name"', b'"nama"'))):
        assert verify(data, bundle=bundle, at=NOW) == verify(data, bundle=fresh(), at=NOW)


ODD: list[Any] = [
    *(
        "",
        " ",
        "x",
        "x\n",
        'x"',
        "x\\",
        'x","more":"y',
        "\u0000",
        "\u00e9",
        "\u2028",
        "x" * 301,
        "<&>",
    ),
    *(
        "~gap:0~",
        "~gap:0#",
        "~gap:1#~gap:2~",
        "0",
        "00",
        "07",
        "-1",
        "1e3",
        "131071",
        "131072",
        "1" * 12,
    ),
    *(
        "2026-11-20T09:30:01Z",
        "2026-13-20T09:30:00Z",
        "2026-02-29T00:00:00Z",
        "2027-01-01T00:00:00Z",
    ),
    *(
        "2026-11-20T09:30:00z",
        "2026-11-20T24:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ),
    *(
        "urn:uuid:0b1d6a52-3a52-4d7e-9a57-62b9a8a1f0c3",
        "urn:uuid:0B1D6A52-3a52-4d7e-9a57-62b9a8a1f0c3",
    ),
    *("did:key:z6Mk", "did:key:", ISSUER.id, ISSUER.status_url, MEMBERS["id"], MEMBERS["sub"]),
    *(f"{ISSUER.status_url}#4001", f"{ISSUER.status_url}#4000", f"{ISSUER.status_url}/suspension"),
    *(0, 1, -1, 1.0, 12.5, 12.505, True, False, None, [], {}, [[]], 1_763_631_000, 1_763_631_001),
]
Path = tuple[Any, ...]


def paths(value: Any, path: Path = ()) -> list[Path]:
    items: Any = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    return [path, *(found for key, inner in items for found in paths(inner, (*path, key)))]


def at(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


PLACES = [path for path in paths(MEMBERS) if path]


def changed(changes: list[tuple[Path, Any]]) -> bytes:
    members = json.loads(GOOD)
    for path, value in changes:
        try:
            at(members, path[:-1])[path[-1]] = copy.deepcopy(value)  # or the next change changes it
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return dump(members)


CHANGES = st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(ODD)), min_size=1, max_size=3)
CUTS = st.tuples(
    st.integers(0, len(GOOD)),
    st.integers(0, 3),
    st.sampled_from(
        [b"", b" ", b'"', b"\\", b"\\u0041", b"\n", b",", b"}", b"{", b"0", b"\xff", b"\xc3"]
    )
    | st.binary(max_size=3),
)


@settings(max_examples=80, deadline=None)
@given(CHANGES)
def test_both_say_the_same_of_any_signed_change(changes: list[tuple[Path, Any]]) -> None:
    agree(changed(changes))


@settings(max_examples=80, deadline=None)
@given(CUTS)
def test_both_say_the_same_of_any_signed_bytes(cut: tuple[int, int, bytes]) -> None:
    start, length, middle = cut
    agree(GOOD[:start] + middle + GOOD[start + length :])


@pytest.mark.slow
@settings(max_examples=5000, deadline=None)
@given(CHANGES)
def test_both_say_the_same_of_thousands_of_signed_changes(changes: list[tuple[Path, Any]]) -> None:
    agree(changed(changes))


@pytest.mark.slow
@settings(max_examples=5000, deadline=None)
@given(st.lists(CUTS, min_size=1, max_size=2))
def test_both_say_the_same_of_thousands_of_signed_bytes(cuts: list[tuple[int, int, bytes]]) -> None:
    text = GOOD
    for start, length, middle in cuts:
        text = text[:start] + middle + text[start + length :]
    agree(text)


@pytest.mark.slow
@pytest.mark.parametrize("path", PLACES, ids=str)
def test_both_say_the_same_of_every_value_in_every_place(path: Path) -> None:
    for value in (*ODD, *(at(MEMBERS, other) for other in PLACES[::5])):
        agree(changed([(path, value)]))


def test_both_say_the_same_where_two_places_no_longer_match() -> None:
    """What a token says twice has to be the same twice."""
    other = record(4001)
    for path in (
        ("sub",),
        ("jti",),
        ("nbf",),
        ("id",),
        ("credentialSubject", "id"),
        ("validFrom",),
    ):
        value = json.loads(payload(other))
        if path in {("nbf",), ("validFrom",)}:
            value |= {"nbf": MEMBERS["nbf"] + 1, "validFrom": "2026-11-20T09:30:01Z"}
        report = agree(changed([(path, at(value, path))]))
        assert report.outcome is Outcome.FAIL
    index = ("credentialStatus", "statusListIndex")
    assert agree(changed([(index, "7")])).checks[7].evidence.get("error") == "status-superseded"


def test_many_threads_may_verify_with_one_bundle() -> None:
    bundle, wrong = fresh(), []
    data = [token(payload(record(number))) for number in range(6, 26)]

    def work() -> None:
        for number, one in enumerate(data, start=6):
            if (verify(one, bundle=bundle, at=NOW).outcome is Outcome.PASS) != (
                number > 8 or number == 6
            ):
                wrong.append(number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
