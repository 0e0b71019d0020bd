"""The verifier of the conformance profile, its status lists and presentations."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.proof import data_integrity, status_list
from app.proof.errors import ProofError
from app.trust.vc_api.verifier import EveryDidKey
from tests.simulator.holder import CHALLENGE, DOMAIN, SimulatedHolder
from tests.simulator.issuer import NOW
from tests.simulator.vc_api import (
    EXAMPLES,
    V2,
    ConformanceClient,
    Json,
    conformance_app,
    credential,
)

STATUS = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}


@pytest.fixture(scope="module")
def client() -> ConformanceClient:
    return ConformanceClient(conformance_app())


def test_a_status_that_the_issuer_added_can_be_set_and_cleared(client: ConformanceClient) -> None:
    secured = client.issue(credential(), credentialStatus=STATUS)
    entry = secured["credentialStatus"]
    assert entry["statusListIndex"] == str(int(entry["statusListIndex"]))
    assert client.errors(secured) == []
    change = {"credentialId": secured["id"], "credentialStatus": STATUS}
    assert client.ask("/credentials/status", change | {"status": True})["http_status"] == 200
    assert client.errors(secured) == ["status.revocation"]
    client.ask("/credentials/status", change | {"status": False})
    assert client.errors(secured) == []


def test_a_status_list_is_served_as_a_credential_of_the_issuer(client: ConformanceClient) -> None:
    secured = client.issue(credential(), credentialStatus=STATUS)
    address = secured["credentialStatus"]["statusListCredential"]
    served = client.http.get(address.removeprefix("https://node.example")).json()
    assert served["id"] == address
    assert served["issuer"] == secured["issuer"]
    assert "BitstringStatusListCredential" in served["type"]
    bits = status_list.decode(served["credentialSubject"]["encodedList"])
    assert len(bits) * 8 == status_list.SMALLEST
    assert client.errors(served) == []


def test_what_has_no_status_here_cannot_be_changed(client: ConformanceClient) -> None:
    change = {"credentialId": "urn:uuid:nobody", "credentialStatus": STATUS}
    assert client.http.post("/credentials/status", json=change).status_code == 404
    assert client.http.get("/credentials/status/nothing").status_code == 404
    for wrong in ({}, change | {"credentialId": 5}, change | {"status": "yes"}):
        assert client.ask("/credentials/status", wrong)["http_status"] == 400


def test_a_credential_in_an_envelope_needs_all_of_the_envelope(client: ConformanceClient) -> None:
    good = client.issue(credential(), cryptosuite="vc+jwt")
    assert client.errors(good) == []
    for changes in (
        {"@context": []},
        {"@context": EXAMPLES},
        {"id": good["id"].partition(",")[2]},
        {"type": "VerifiableCredential"},
    ):
        assert client.errors(good | changes)
    del good["type"]
    assert client.errors(good)


def test_a_text_is_no_credential_but_a_token_is(client: ConformanceClient) -> None:
    embedded = client.issue(credential())
    assert client.errors(json.dumps(embedded)) == ["member-kind"]
    token = client.issue(credential(), cryptosuite="vc+jwt")["id"].partition(",")[2]
    assert client.errors(token) == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("type", "UnknownProofType"),
        ("type", ...),
        ("cryptosuite", "UnknownCryptosuite"),
        ("verificationMethod", "did:key:invalidVm"),
        ("verificationMethod", ...),
        ("verificationMethod", "did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj"),
        ("proofPurpose", "invalidPurpose"),
        ("proofPurpose", "authentication"),
        ("proofPurpose", ...),
        ("created", "invalidDate"),
        ("expires", "2020-01-01T00:00:00Z"),
        ("proofValue", ...),
        ("proofValue", None),
        ("proofValue", "no-multibase"),
        ("previousProof", "urn:uuid:nothing"),
        ("previousProof", 456321),
        ("unknown", "member"),
    ],
)
def test_a_proof_with_one_wrong_member_is_refused(
    client: ConformanceClient, member: str, value: Any
) -> None:
    secured = client.issue(credential())
    [proof] = secured["proof"]
    changed = {name: said for name, said in (proof | {member: value}).items() if said is not ...}
    assert client.errors(secured | {"proof": changed})


@pytest.mark.parametrize("proof", [None, [], "proof", [None], 5], ids=str)
def test_what_is_no_proof_is_refused(client: ConformanceClient, proof: Any) -> None:
    assert client.errors(client.issue(credential()) | {"proof": proof})


def test_a_proof_of_another_party_counts_only_beside_the_issuers(client: ConformanceClient) -> None:
    friend = SimulatedHolder()
    secured = client.issue(credential())
    prepared = data_integrity.prepare_proof(
        {name: value for name, value in secured.items() if name != "proof"},
        verification_method=friend.key_id,
        created=NOW,
    )
    alone = prepared.attach(friend.sign(prepared.hash_data))
    assert client.errors(alone)[0] == "key.valid"
    both = secured | {"proof": [*secured["proof"], *alone["proof"]]}  # type: ignore[list-item,misc]
    assert client.errors(both) == []


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else ()
    for name, inner in items if isinstance(value, dict) else enumerate(_items(value)):
        yield from _places(inner, (*path, name))


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_any_change_anywhere_is_refused_with_a_reason(
    client: ConformanceClient, suite: str
) -> None:
    secured = client.issue(
        credential(
            id="urn:uuid:86294362-4254-4f36-854f-3952fe42555d",
            name={"@value": "Dog", "@language": "en", "@direction": "ltr"},
            validFrom="2023-01-01T00:00:00Z",
            evidence=[{"type": "https://a.example/#Seen"}],
        ),
        cryptosuite=suite,
    )
    for path in _places(secured):
        for value in (None, [], {}, "changed", 5, ...):
            changed = _with(secured, path, value)
            if changed is not None and changed != secured:
                assert client.errors(changed), (path, value)


def _with(document: Json, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at a place; ``...`` takes away what is there."""
    if not path:
        return None if value is ... else value
    changed = copy.deepcopy(document)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


def presented(*records: Any, **changes: Any) -> Json:
    document: Json = json.loads(SimulatedHolder().present(*records, **changes))
    return document


def test_a_presentation_answers_its_challenge_and_nothing_else(client: ConformanceClient) -> None:
    document = presented(
        client.issue(credential()), client.issue(credential(), cryptosuite="vc+jwt")
    )
    asked = {"challenge": CHALLENGE, "domain": DOMAIN}
    assert client.errors(document, kind="presentation", **asked) == []
    for wrong in ({"challenge": "other"}, {"domain": "https://other.example"}, {}):
        given = asked | wrong if wrong else {}
        assert client.errors(document, kind="presentation", **given) == ["presentation.request"]


def test_a_presentation_is_as_good_as_what_is_in_it(client: ConformanceClient) -> None:
    asked = {"challenge": CHALLENGE, "domain": DOMAIN}
    spoiled = client.issue(credential()) | {"name": "changed"}
    found = client.errors(presented(spoiled), kind="presentation", **asked)
    assert found[:2] == ["presentation.records", "proof.signature"]


@pytest.mark.parametrize(
    "changes",
    [
        {"@context": ...},
        {"@context": [EXAMPLES, V2]},
        {"@context": [{"A": "https://a.example/#A"}, V2]},
        {"@context": [V2, 5]},
        {"type": ...},
        {"type": ["https://a.example/#Presentation"]},
        {"holder": "z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj"},
        {"holder": {"name": "Acme"}},
        {"holder": "did:example:somebody"},
        {"verifiableCredential": ["a.b.c"]},
        {"verifiableCredential": 5},
        {"verifiableCredential": [{"type": []}]},
        {"verifiableCredential": [{"type": "EnvelopedVerifiableCredential", "id": "x"}]},
        {"id": "not a url"},
        {"proof": None},
        {"proof": ...},
    ],
    ids=lambda changes: json.dumps(changes, default=str)[:60],
)
def test_what_is_no_presentation_is_refused(client: ConformanceClient, changes: Json) -> None:
    document = presented(client.issue(credential())) | changes
    changed = {name: value for name, value in document.items() if value is not ...}
    asked = {"challenge": CHALLENGE, "domain": DOMAIN}
    assert client.errors(changed, kind="presentation", **asked)


@pytest.mark.parametrize("path", ["/credentials/verify", "/presentations/verify"])
def test_no_body_at_all_makes_a_server_error(client: ConformanceClient, path: str) -> None:
    bodies = [b"", b"null", b"[]", b"5", b'"a.b.c"', b"{", b"\xff\xfe", b'{"a": 1, "a": 2}', b"NaN"]
    bodies += [b"[" * 5000, b'{"verifiableCredential": null}', b'{"verifiablePresentation": []}']
    bodies += [b'{"verifiableCredential": "x", "options": 5}', b'{"verifiablePresentation": "."}']
    bodies += [b'{"type": ["NonconformingDocument"]}', b'{"verifiableCredential": {}}']
    for body in bodies:
        assert client.ask(path, body)["http_status"] == 400


def test_every_did_key_is_an_issuer_and_nothing_else_is() -> None:
    issuers = EveryDidKey({})
    holder = SimulatedHolder()
    assert issuers[holder.id].keys[0].key.id == holder.key_id
    assert len(issuers) == len(list(issuers)) == 0
    for other in (
        holder.key_id,
        "did:key:z6Mk",
        "did:key:",
        "did:web:a.example",
        "",
        holder.id[:-1],
    ):
        assert other not in issuers
    with pytest.raises(ProofError):
        data_integrity.read_proofs({})
