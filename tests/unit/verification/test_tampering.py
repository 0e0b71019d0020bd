"""Whatever is done to a record, it is refused or says exactly what it said; nothing else leaks."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proof.rdfc import canonicalise
from app.verification import NotAccepted, Report, verify
from app.verification.model import COMPLETION
from tests.simulator.issuer import NOW, SimulatedIssuer

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

    return statements(document) == statements(SECURED)


EVERYWHERE = paths(SECURED)
OBJECTS = [path for path in EVERYWHERE if isinstance(at(SECURED, path), dict)]
INSIDE = [path for path in EVERYWHERE if path]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(OBJECTS), NAMES, VALUES)
def test_a_member_added_anywhere_is_refused(path: tuple[Any, ...], name: str, value: Any) -> None:
    document = copy.deepcopy(SECURED)
    if name in at(document, path):
        return
    at(document, path)[name] = value
    assert not is_accepted(verify(json.dumps(document).encode(), bundle=BUNDLE, at=NOW))


@pytest.mark.parametrize("path", OBJECTS, ids=str)
def test_a_member_that_nobody_knows_is_refused_everywhere(path: tuple[Any, ...]) -> None:
    for name, value in (("cpdHours", 999), ("extra", None), ("more", []), ("@nest", {"name": "x"})):
        document = copy.deepcopy(SECURED)
        at(document, path)[name] = value
        assert not is_accepted(verify(json.dumps(document).encode(), bundle=BUNDLE, at=NOW))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(INSIDE), VALUES)
def test_a_member_changed_anywhere_is_refused_or_says_the_same(
    path: tuple[Any, ...], value: Any
) -> None:
    document = copy.deepcopy(SECURED)
    if at(document, path) == value:
        return
    at(document, path[:-1])[path[-1]] = value
    report = verify(json.dumps(document).encode(), bundle=BUNDLE, at=NOW)
    if is_accepted(report):
        assert says_the_same(document)
        assert (
            report.profile != COMPLETION
            or report.record == verify(IN_JSON, bundle=BUNDLE, at=NOW).record
        )


@pytest.mark.parametrize("path", INSIDE, ids=str)
def test_a_member_taken_away_anywhere_is_refused(path: tuple[Any, ...]) -> None:
    document = copy.deepcopy(SECURED)
    del at(document, path[:-1])[path[-1]]
    assert not is_accepted(verify(json.dumps(document).encode(), bundle=BUNDLE, at=NOW))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([IN_JSON, IN_JWT]), st.data())
def test_bytes_changed_anywhere_are_refused_or_say_the_same(good: bytes, data: Any) -> None:
    start = data.draw(st.integers(0, len(good)))
    length = data.draw(st.integers(0, 4))
    middle = data.draw(st.binary(max_size=4))
    changed = good[:start] + middle + good[start + length :]
    report = verify(changed, bundle=BUNDLE, at=NOW)
    if is_accepted(report):
        assert report.record == verify(good, bundle=BUNDLE, at=NOW).record


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_at_all_give_a_report(data: bytes) -> None:
    assert not is_accepted(verify(data, bundle=BUNDLE, at=NOW))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(SECURED)), VALUES))
def test_any_json_with_the_members_of_a_record_gives_a_report(members: dict[str, Any]) -> None:
    data = json.dumps(SECURED | members).encode()
    verify(data, bundle=BUNDLE, at=NOW)
    token = ISSUER.sign_token(
        {"alg": "ES256", "typ": "vc+jwt", "kid": ISSUER.token_key.id}, ISSUER.record() | members
    )
    verify(token.encode(), bundle=BUNDLE, at=NOW)


@settings(max_examples=100, deadline=None)
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
