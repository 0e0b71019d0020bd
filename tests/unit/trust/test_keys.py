"""Keys that are made, rotated, retired and compromised, and what is published of them."""

from datetime import timedelta

import pytest

from app.identity import audit
from app.platform.problems import Invalid, NotFound
from app.proof.keys import Algorithm
from app.trust import keys, service, store
from app.trust.documents import did_document
from app.trust.model import Issuer, State
from tests.unit.trust.conftest import TrustNode

DID = "did:web:node.example:societies:cse"
ES256, ED25519 = f"{DID}#es256-1", f"{DID}#ed25519-1"


def cse(node: TrustNode) -> Issuer:
    with node.database.read() as session:
        return service.issuer_of(session, "cse")


def states(node: TrustNode) -> dict[str, State]:
    return {held.key.id.partition("#")[2]: held.state for held in cse(node).keys}


def version(node: TrustNode) -> int:
    with node.database.read() as session:
        return store.trust_version(session)


def test_rotating_signs_with_new_keys_and_keeps_the_old_ones_published(node: TrustNode) -> None:
    node.now += timedelta(days=1)
    with node.database.write() as session:
        done = keys.rotate(session, node.signer, issuer_id=DID, at=node.now)
    assert [one.fresh.key.id for one in done] == [f"{DID}#ed25519-2", f"{DID}#es256-2"]
    assert [one.retired[0].key.id for one in done] == [ED25519, ES256]
    assert states(node) == {
        "ed25519-1": State.RETIRED,
        "es256-1": State.RETIRED,
        "ed25519-2": State.CURRENT,
        "es256-2": State.CURRENT,
    }
    issuer = cse(node)
    newest = issuer.signing_key(Algorithm.ES256)
    assert newest is not None
    assert newest.id == f"{DID}#es256-2"
    assert did_document(issuer)["assertionMethod"] == [held.key.id for held in issuer.keys]
    assert all(held.retired_at in {None, node.now} for held in issuer.keys)


def test_one_kind_of_key_can_be_rotated_alone(node: TrustNode) -> None:
    with node.database.write() as session:
        keys.rotate(session, node.signer, issuer_id=DID, algorithms=[Algorithm.ES256], at=node.now)
    assert states(node)["ed25519-1"] is State.CURRENT
    assert states(node)["es256-1"] is State.RETIRED


def test_the_last_key_of_its_kind_is_not_retired_by_mistake(node: TrustNode) -> None:
    with (
        pytest.raises(keys.LastKey, match=r"last ES256 key.*Rotate"),
        node.database.write() as session,
    ):
        keys.retire(session, ES256, at=node.now)
    assert states(node)["es256-1"] is State.CURRENT
    with node.database.write() as session:
        keys.retire(session, ES256, at=node.now, last=True)
        keys.add(session, node.signer, issuer_id=DID, algorithm=Algorithm.ED25519, at=node.now)
        keys.retire(session, ED25519, at=node.now)
    assert cse(node).signing_key(Algorithm.ES256) is None


def test_a_key_retired_earlier_is_not_retired_later(node: TrustNode) -> None:
    with node.database.write() as session:
        first = keys.retire(session, ES256, at=node.now, last=True)
        again = keys.retire(session, ES256, at=node.now + timedelta(days=9))
    assert first.retired_at == again.retired_at == node.now


def test_a_compromised_key_is_replaced_at_once_and_leaves_the_did_document(
    node: TrustNode,
) -> None:
    since = node.now
    node.now += timedelta(days=30)
    with node.database.write() as session:
        done = keys.compromise(session, node.signer, ES256, since=since, at=node.now)
    assert done.key.compromised_since == since
    assert done.successor is not None
    assert done.successor.key.id == f"{DID}#es256-2"
    assert did_document(cse(node))["assertionMethod"] == [ED25519, f"{DID}#es256-2"]
    with node.database.read() as session:
        entries = service.bundle(session, at=node.now).issuers[DID].keys
        trail = audit.trail(session, f"issuer:{DID}")
    assert {held.key.id: held.compromised_since for held in entries}[ES256] == since
    assert [entry.action for entry in trail] == ["key.add"] * 2 + ["key.compromised", "key.add"]
    assert trail[2].after == {"key": ES256, "state": "compromised", "at": since.isoformat()}


def test_a_retired_key_that_is_compromised_later_needs_no_successor(node: TrustNode) -> None:
    with node.database.write() as session:
        keys.rotate(session, node.signer, issuer_id=DID, at=node.now)
        done = keys.compromise(session, node.signer, ES256, since=node.now, at=node.now)
    assert done.successor is None
    assert (done.key.state, done.key.retired_at) == (State.COMPROMISED, node.now)


def test_a_compromise_is_only_ever_moved_back_in_time(node: TrustNode) -> None:
    early, late = node.now - timedelta(days=9), node.now
    with node.database.write() as session:
        keys.compromise(session, node.signer, ES256, since=late, at=late)
        assert (
            keys.compromise(session, node.signer, ES256, since=early, at=late).key.compromised_since
            == early
        )
        assert (
            keys.compromise(session, node.signer, ES256, since=late, at=late).key.compromised_since
            == early
        )


def test_a_compromise_that_is_to_come_is_refused(node: TrustNode) -> None:
    with pytest.raises(Invalid, match="to come"), node.database.write() as session:
        keys.compromise(
            session, node.signer, ES256, since=node.now + timedelta(days=1), at=node.now
        )


def test_keys_of_others_and_keys_that_are_none_are_not_found(node: TrustNode) -> None:
    for key_id in (f"{DID}#es256-9", "did:web:elsewhere.example#k", "es256-1", ""):
        with pytest.raises(NotFound), node.database.write() as session:
            keys.retire(session, key_id, at=node.now)
    with pytest.raises(NotFound, match="has ed25519-1, es256-1"), node.database.write() as session:
        keys.retire(session, f"{DID}#nothing", at=node.now)


def retire_something_unknown_in_the_same_transaction(node: TrustNode) -> None:
    def both() -> None:
        with node.database.write() as session:
            keys.retire(session, f"{DID}#es256-2", at=node.now, last=True)
            keys.retire(session, "did:web:elsewhere.example#k", at=node.now)

    with pytest.raises(NotFound):
        both()


def test_every_change_of_a_key_counts_up_what_is_trusted_once_it_is_committed(
    node: TrustNode,
) -> None:
    before = version(node)
    with node.database.write() as session:
        keys.rotate(session, node.signer, issuer_id=DID, at=node.now)
        assert store.trust_version(session) == before
    assert version(node) == before + 1
    retire_something_unknown_in_the_same_transaction(node)
    assert version(node) == before + 1
    with node.database.write() as session:
        service.store_status_list(session, "https://node.example/1", b"{}", at=node.now)
    assert version(node) == before + 2


def test_a_savepoint_counts_with_its_transaction_and_not_before(node: TrustNode) -> None:
    before = version(node)
    with node.database.write() as session:
        with session.begin_nested():
            keys.retire(session, ES256, at=node.now, last=True)
        assert store.trust_version(session) == before
    assert version(node) == before + 1
