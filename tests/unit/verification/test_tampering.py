"""Whatever is done to a record, it is refused or says exactly what it said; nothing else leaks."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proof import jose
from app.proof.encoding import base64url_encode
from app.proof.parse import dump
from app.proof.rdfc import canonicalise
from app.verification import NotAccepted, Record, Report, verify
from app.verification.model import COMPLETION
from tests.simulator.issuer import NOW, SimulatedIssuer

pytestmark = pytest.mark.slow

ISSUER = SimulatedIssuer()
BUNDLE = ISSUER.bundle()
SECURED = ISSUER.secure(ISSUER.record())
IN_JSON = json.dumps(SECURED).encode()
IN_JWT = ISSUER.secure_jwt(ISSUER.record()).encode()
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 10),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["urn:x", "_:b", "//x", "VerifiableCredential", "@id", ISSUER.id]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KNOWN_NAMES = (
    *("id", "type", "name", "image", "@id", "@type", "@graph", "@context", "@reverse", "proof"),
    *("evidence", "alignment", "validUntil", "tag", "url", "narrative", "creditsEarned", "creator"),
)
NAMES = st.one_of(st.text(max_size=10), st.sampled_from(KNOWN_NAMES))


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    return [path, *(found for key, inner in items for found in paths(inner, (*path, key)))]


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def is_accepted(report: Report) -> bool:
    try:
        report.accept()
    except NotAccepted:
        return False
    return True


def says_the_same(document: dict[str, Any]) -> bool:
    def statements(secured: dict[str, Any]) -> str:
        return canonicalise({k: v for k, v in secured.items() if k != "proof"})

    proof = document["proof"]
    proofs = proof if isinstance(proof, list) else [proof]
    same_proof = all(one == SECURED["proof"][0] for one in proofs)
    return same_proof and statements(document) == statements(SECURED)


def look(document: dict[str, Any]) -> None:
    """Refused, or no statement is another one, and a completion record has the same facts.

    An RDF proof does not cover in which order a set of results or of alignments is written.
    """
    report = verify(json.dumps(document).encode(), bundle=BUNDLE, at=NOW)
    if is_accepted(report):
        assert says_the_same(document)
        assert report.profile != COMPLETION or in_any_order(report.record) == in_any_order(GOOD)


def in_any_order(record: Record | None) -> tuple[Any, ...]:
    assert record is not None
    facts = replace(record, results=(), alignments=())
    return facts, set(record.results), set(record.alignments)


def refuse(text: str | bytes) -> None:
    data = text.encode() if isinstance(text, str) else text
    assert not is_accepted(verify(data, bundle=BUNDLE, at=NOW))


def added(path: tuple[Any, ...], name: str, value: Any) -> dict[str, Any] | None:
    document = copy.deepcopy(SECURED)
    if name in at(document, path):
        return None
    at(document, path)[name] = value
    return document


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any] | None:
    document = copy.deepcopy(SECURED)
    if json.dumps(at(document, path)) == json.dumps(value):
        return None
    at(document, path[:-1])[path[-1]] = value
    return document


def with_payload(payload: dict[str, Any]) -> bytes:
    """The token with another payload under the signature of the first."""
    header, _, signature = IN_JWT.decode().split(".")
    return f"{header}.{base64url_encode(dump(payload))}.{signature}".encode()


def written(value: Any, path: tuple[Any, ...], pair: str, *, first: bool) -> str:
    """JSON in which the object at ``path`` has one more ``pair``, which may be there already."""
    if isinstance(value, list):
        inner = [written(one, _below(path, n), pair, first=first) for n, one in enumerate(value)]
        return f"[{','.join(inner)}]"
    if not isinstance(value, dict):
        return json.dumps(value)
    members = [
        f"{json.dumps(name)}:{written(one, _below(path, name), pair, first=first)}"
        for name, one in value.items()
    ]
    twin = [pair] if path == () else []
    return "{" + ",".join([*twin, *members] if first else [*members, *twin]) + "}"


def _below(path: tuple[Any, ...], key: Any) -> tuple[Any, ...]:
    return path[1:] if path and path[0] == key else ELSEWHERE


ELSEWHERE = ("nowhere",)
GOOD = verify(IN_JSON, bundle=BUNDLE, at=NOW).record
IN_CLAIMS = jose.claims(IN_JWT.decode())
EVERYWHERE = paths(SECURED)
OBJECTS = [path for path in EVERYWHERE if isinstance(at(SECURED, path), dict)]
INSIDE = [path for path in EVERYWHERE if path]


LISTS = [path for path in EVERYWHERE if isinstance(at(SECURED, path), list)]
IN_PAYLOAD = [path for path in paths(IN_CLAIMS) if path]
MORE_VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        0.5,
        12.5,
        13,
        "",
        " ",
        "x",
        "12.5",
        "0",
        "2026-11-20T09:30:00Z",
    ),
    *("2026-11-20T09:30:01Z", "urn:x", "https://x.example/", "did:web:evil.example", [], {}, [[]]),
    *([{}], ["x"], {"id": "urn:x"}, {"type": "Profile"}, {"@value": "x"}, {"@id": "urn:x"}),
    *({"@list": []}, {"@none": "x"}, [None], "VerifiableCredential", ISSUER.id),
]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(OBJECTS), NAMES, VALUES)
def test_a_member_added_anywhere_is_refused(path: tuple[Any, ...], name: str, value: Any) -> None:
    if document := added(path, name, value):
        refuse(json.dumps(document))


@pytest.mark.slow
@settings(max_examples=5000, deadline=None)
@given(st.sampled_from(OBJECTS), NAMES, VALUES)
def test_thousands_of_members_added_anywhere_are_refused(
    path: tuple[Any, ...], name: str, value: Any
) -> None:
    if document := added(path, name, value):
        refuse(json.dumps(document))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*KNOWN_NAMES, "", " ", "@direction", "@nest", "Name", "name "])
def test_every_known_name_is_refused_in_every_place(name: str) -> None:
    for path in OBJECTS:
        for value in (*MORE_VALUES, at(SECURED, ("name",)), SECURED["issuer"]):
            if document := added(path, name, value):
                refuse(json.dumps(document))


@pytest.mark.parametrize("path", OBJECTS, ids=str)
def test_a_member_that_nobody_knows_is_refused_everywhere(path: tuple[Any, ...]) -> None:
    for name, value in (("cpdHours", 999), ("extra", None), ("more", []), ("@nest", {"name": "x"})):
        document = copy.deepcopy(SECURED)
        at(document, path)[name] = value
        assert not is_accepted(verify(json.dumps(document).encode(), bundle=BUNDLE, at=NOW))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(INSIDE), VALUES)
def test_a_member_changed_anywhere_is_refused_or_says_the_same(
    path: tuple[Any, ...], value: Any
) -> None:
    if document := changed(path, value):
        look(document)


@pytest.mark.slow
@settings(max_examples=5000, deadline=None)
@given(st.sampled_from(INSIDE), VALUES)
def test_thousands_of_changes_anywhere_are_refused_or_say_the_same(
    path: tuple[Any, ...], value: Any
) -> None:
    if document := changed(path, value):
        look(document)


@pytest.mark.slow
@pytest.mark.parametrize("path", INSIDE, ids=str)
def test_every_change_of_kind_in_every_place_is_refused_or_says_the_same(
    path: tuple[Any, ...],
) -> None:
    value = at(SECURED, path)
    same_in_another_kind = [[value], {"@value": value}, {"@id": value}, {"id": value}, str(value)]
    for other in (*MORE_VALUES, *same_in_another_kind):
        if document := changed(path, other):
            look(document)


@pytest.mark.parametrize("path", LISTS, ids=str)
def test_a_list_changed_in_any_way_is_refused_or_says_the_same(path: tuple[Any, ...]) -> None:
    entries = at(SECURED, path)
    others = [
        *(entries[::-1], entries * 2, [*entries, entries[0]], entries[1:], entries[:-1], []),
        *(
            [entries],
            [*entries, "x"],
            [*entries, {}],
            [*entries, None],
            ["x", *entries],
            entries[0],
        ),
    ]
    for other in others:
        if document := changed(path, other):
            look(document)


def test_a_name_that_is_there_twice_is_refused_in_every_place() -> None:
    for form in (SECURED, IN_CLAIMS):
        for path in [path for path in paths(form) if isinstance(at(form, path), dict)]:
            for name, value in list(at(form, path).items())[:3]:
                for other, first in ((value, True), (value, False), ("x", True), ("x", False)):
                    text = written(form, path, json.dumps({name: other})[1:-1], first=first)
                    if form is SECURED:
                        refuse(text)
                        continue
                    token = IN_JWT.decode().split(".")
                    token[1] = base64url_encode(text.encode())
                    refuse(".".join(token))
                    to_sign = ".".join(token[:2]).encode()
                    refuse(jose.assemble(to_sign, ISSUER.sign(ISSUER.token_key.id, to_sign)))


@pytest.mark.parametrize("path", IN_PAYLOAD, ids=str)
def test_a_token_changed_anywhere_in_its_payload_is_refused(path: tuple[Any, ...]) -> None:
    taken = copy.deepcopy(IN_CLAIMS)
    del at(taken, path[:-1])[path[-1]]
    refuse(with_payload(taken))
    for value in MORE_VALUES[::4]:
        other = copy.deepcopy(IN_CLAIMS)
        at(other, path[:-1])[path[-1]] = value
        if dump(other) != dump(IN_CLAIMS):
            refuse(with_payload(other))
        if isinstance(at(IN_CLAIMS, path), dict):
            more = copy.deepcopy(IN_CLAIMS)
            at(more, path)["cpdHours"] = value
            refuse(with_payload(more))


@pytest.mark.parametrize("path", INSIDE, ids=str)
def test_a_member_taken_away_anywhere_is_refused(path: tuple[Any, ...]) -> None:
    document = copy.deepcopy(SECURED)
    del at(document, path[:-1])[path[-1]]
    assert not is_accepted(verify(json.dumps(document).encode(), bundle=BUNDLE, at=NOW))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([IN_JSON, IN_JWT]), st.data())
def test_bytes_changed_anywhere_are_refused_or_say_the_same(good: bytes, data: Any) -> None:
    start = data.draw(st.integers(0, len(good)))
    length = data.draw(st.integers(0, 4))
    middle = data.draw(st.binary(max_size=4))
    changed = good[:start] + middle + good[start + length :]
    report = verify(changed, bundle=BUNDLE, at=NOW)
    if is_accepted(report):
        assert report.record == verify(good, bundle=BUNDLE, at=NOW).record


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_at_all_give_a_report(data: bytes) -> None:
    assert not is_accepted(verify(data, bundle=BUNDLE, at=NOW))


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(SECURED)), VALUES))
def test_any_json_with_the_members_of_a_record_gives_a_report(members: dict[str, Any]) -> None:
    data = json.dumps(SECURED | members).encode()
    verify(data, bundle=BUNDLE, at=NOW)
    token = ISSUER.sign_token(
        {"alg": "ES256", "typ": "vc+jwt", "kid": ISSUER.token_key.id}, ISSUER.record() | members
    )
    verify(token.encode(), bundle=BUNDLE, at=NOW)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(paths(json.loads(ISSUER.status_body()))[1:]), VALUES)
def test_a_status_list_changed_anywhere_never_hides_a_revocation(
    path: tuple[Any, ...], value: Any
) -> None:
    body = json.loads(REVOKING_BODY)
    at(body, path[:-1])[path[-1]] = value
    bundle = ISSUER.bundle(status=json.dumps(body).encode())
    assert not is_accepted(verify(IN_JSON, bundle=bundle, at=NOW))


def _revoking_body() -> bytes:
    revoking = SimulatedIssuer()
    revoking.__dict__.update(ISSUER.__dict__ | {"revoked": {4711}})
    return revoking.status_body()


REVOKING_BODY = _revoking_body()
