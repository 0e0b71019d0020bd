"""The bundle that a node signs and serves, and the one it keeps in memory for whoever verifies."""

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from app.identity import audit
from app.platform.db import Database
from app.platform.problems import NotFound
from app.proof.errors import ProofError
from app.proof.keys import Algorithm
from app.trust import keys, publishing, service, store
from app.trust.known import OLDEST, KnownBundle
from app.verification.signed_bundle import open_bundle
from tests.simulator.signing import MemorySigner
from tests.unit.trust.conftest import TrustNode

NODE = "did:web:node.example"
CSE = f"{NODE}:societies:cse"
URL = "https://node.example/societies/cse/status/1"


def served(node: TrustNode) -> publishing.Served:
    return publishing.Served(node.database, node.signer, now=lambda: node.now)


def change_something(node: TrustNode, body: bytes = b"{}") -> None:
    with node.database.write() as session:
        service.store_status_list(session, URL, body, at=node.now)


def test_a_signed_bundle_holds_what_the_node_knows(node: TrustNode) -> None:
    change_something(node)
    opened = open_bundle(node.export(), publisher_keys=None, least_version=None)
    with node.database.read() as session:
        known = service.bundle(session, at=node.now)
    assert replace(opened.bundle, version=known.version) == known
    assert (opened.publisher, opened.key.id) == (NODE, f"{NODE}#es256-1")
    assert set(opened.bundle.issuers) == {NODE, CSE}


def test_every_bundle_has_a_higher_version_also_when_the_clock_is_set_back(
    node: TrustNode,
) -> None:
    versions = [
        open_bundle(
            node.export(after=timedelta(seconds=step)), publisher_keys=None, least_version=None
        ).bundle.version
        for step in (0, 0, 5, -3600, -1)
    ]
    start = int((node.now + timedelta(seconds=3596)).timestamp())
    assert versions == [start, start + 1, start + 5, start + 6, start + 7]


def test_first_exports_made_at_the_same_time_have_versions_of_their_own(
    node: TrustNode, database_url: str
) -> None:
    versions, start = [], threading.Barrier(4)

    def export() -> None:
        database = Database.open(database_url)
        start.wait()
        with database.write() as session:
            made = publishing.export_bundle(session, node.signer, at=node.now)
        versions.append(made.version)
        database.close()

    threads = [threading.Thread(target=export) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = int(node.now.timestamp())
    assert sorted(versions) == [first, first + 1, first + 2, first + 3]


def test_an_earlier_key_signs_too_unless_it_is_compromised_or_gone(node: TrustNode) -> None:
    def signers() -> list[str]:
        data = node.export()
        found = []
        with node.database.read() as session:
            for held in service.node_issuer(session).keys:
                with suppress(ProofError):
                    open_bundle(data, publisher_keys=[held.key], least_version=None)
                    found.append(held.key.id.removeprefix(f"{NODE}#"))
        return found

    assert signers() == ["es256-1"]
    with node.database.write() as session:
        keys.rotate(session, node.signer, issuer_id=NODE, at=node.now)
    assert signers() == ["es256-1", "es256-2"]
    with node.database.write() as session:
        keys.compromise(session, node.signer, f"{NODE}#es256-1", since=node.now, at=node.now)
    assert signers() == ["es256-2"]
    with node.database.write() as session:
        keys.rotate(session, node.signer, issuer_id=NODE, at=node.now)
    fresh = MemorySigner()
    fresh._keys = {k: v for k, v in node.signer._keys.items() if not k.endswith("es256-2")}
    node.signer = fresh
    assert signers() == ["es256-3"]


def test_a_node_without_a_key_says_so(node: TrustNode, database: Database) -> None:
    with node.database.write() as session:
        keys.retire(session, f"{NODE}#es256-1", at=node.now, last=True)
    with pytest.raises(publishing.NoBundleKey, match="keys rotate --node"):
        node.export()


def test_a_node_that_never_had_keys_has_no_bundle(database: Database, now: object) -> None:
    with pytest.raises(NotFound, match="OPENCPD_KEY_PASSPHRASE"), database.write() as session:
        publishing.export_bundle(session, MemorySigner(), at=now)  # type: ignore[arg-type]


def test_an_export_is_audited(node: TrustNode) -> None:
    node.export()
    with node.database.read() as session:
        (entry,) = audit.trail(session, "trust:bundle")
    assert entry.action == "bundle.export"
    assert entry.after is not None
    assert entry.after["version"] == int(node.now.timestamp())


def test_the_same_bundle_is_served_until_something_changes_or_it_ages(node: TrustNode) -> None:
    serving = served(node)
    first = serving.newest()
    node.now += timedelta(minutes=30)
    assert serving.newest() == first == served(node).newest()
    change_something(node)
    second = serving.newest()
    assert second.version > first.version
    assert served(node).newest() == second
    node.now += publishing.OLDEST + timedelta(seconds=1)
    assert serving.newest().version > second.version
    with node.database.write() as session:
        keys.rotate(session, node.signer, issuer_id=CSE, at=node.now)
    opened = open_bundle(serving.newest().body, publisher_keys=None, least_version=None)
    assert len(opened.bundle.issuers[CSE].keys) == 4


def test_what_is_known_is_read_once_while_nothing_changes(node: TrustNode) -> None:
    known = KnownBundle(node.database)
    first = known.at(node.now)
    assert known.at(node.now + timedelta(minutes=1)) is first
    change_something(node)
    second = known.at(node.now)
    assert second is not first
    assert second.status_lists[URL].body == b"{}"
    assert known.at(node.now + OLDEST + timedelta(seconds=1)) is not second
    assert known.at(node.now - timedelta(seconds=1)).issued_at == node.now - timedelta(seconds=1)


def test_another_process_is_seen_at_the_next_question(node: TrustNode, database_url: str) -> None:
    here, other = KnownBundle(node.database), Database.open(database_url)
    there = KnownBundle(other)
    change_something(node, b"1")
    assert here.at(node.now) == there.at(node.now)
    with other.write() as session:
        service.store_status_list(session, URL, b"2", at=node.now)
    assert here.at(node.now).status_lists[URL].body == b"2"
    with node.database.write() as session:
        keys.compromise(session, node.signer, f"{CSE}#es256-1", since=node.now, at=node.now)
    (held,) = [k for k in there.at(node.now).issuers[CSE].keys if k.key.id.endswith("es256-1")]
    assert held.compromised_since == node.now
    other.close()


def test_only_lists_that_changed_are_read_again(node: TrustNode) -> None:
    known = KnownBundle(node.database)
    change_something(node, b"1")
    body = known.at(node.now).status_lists[URL].body
    with node.database.write() as session:
        service.store_status_list(session, f"{URL}0", b"other", at=node.now)
    assert known.at(node.now).status_lists[URL].body is body
    assert known.at(node.now).status_lists[f"{URL}0"].body == b"other"


def test_no_change_is_lost_among_many_writers_and_readers(
    node: TrustNode, database_url: str
) -> None:
    """Whoever has committed a change reads it in the next answer, whatever others do meanwhile."""
    known, stale = KnownBundle(node.database), []

    def work(number: int) -> None:
        database = Database.open(database_url)
        url = f"{URL}/{number}"
        for turn in range(15):
            body = str(turn).encode()
            with database.write() as session:
                service.store_status_list(session, url, body, at=node.now)
            if known.at(node.now).status_lists[url].body != body:
                stale.append((number, turn))
        database.close()

    with node.database.read() as session:
        before = store.trust_version(session)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stale == []
    with node.database.read() as session:
        assert store.trust_version(session) == before + 4 * 15


def test_a_narrow_bundle_knows_only_what_was_asked_for(node: TrustNode) -> None:
    change_something(node)
    with node.database.read() as session:
        narrow = service.bundle(session, at=node.now, issuer_ids=[CSE], status_urls=[])
    assert (set(narrow.issuers), narrow.status_lists, narrow.publisher) == ({CSE}, {}, None)
    assert {held.key.algorithm for held in narrow.issuers[CSE].keys} == {
        Algorithm.ED25519,
        Algorithm.ES256,
    }
