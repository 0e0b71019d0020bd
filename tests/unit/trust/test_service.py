"""Issuers, their keys with history, and what is published of them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.identity import audit
from app.platform.db import Database
from app.platform.problems import Conflict, Invalid, NotFound
from app.proof.keys import Algorithm
from app.trust import service
from app.trust.documents import did_document, jwk_set
from app.trust.model import Issuer
from app.verification.bundle import (
    Bundle,
    IssuerEntry,
    KeyEntry,
    StatusListEntry,
    dump_bundle,
    load_bundle,
)
from tests.simulator.signing import MemorySigner

NODE = "https://node.example"
DID = "did:web:node.example:societies:cse"
FOREIGN = "did:web:other.example:societies:zz"


@pytest.fixture
def signer() -> MemorySigner:
    return MemorySigner()


@pytest.fixture
def issuer(database: Database, signer: MemorySigner, now: datetime) -> Issuer:
    with database.write() as session:
        return service.add_issuer(
            session, signer, society_id="cse", name="Society", url=None, public_url=NODE, at=now
        )


def foreign_bundle(now: datetime, **changes: object) -> Bundle:
    key = MemorySigner().create(f"{FOREIGN}#ed25519-1", algorithm=Algorithm.ED25519)
    entry = KeyEntry(key, valid_from=now, **changes)  # type: ignore[arg-type]
    return Bundle(
        version=1,
        issued_at=now,
        issuers={FOREIGN: IssuerEntry(FOREIGN, "Foreign society", (entry,))},
        status_lists={
            "https://other.example/1": StatusListEntry("https://other.example/1", b"{}", now)
        },
    )


def test_an_issuer_gets_a_did_and_a_key_of_each_kind(issuer: Issuer) -> None:
    assert issuer.id == DID
    assert [held.key.id for held in issuer.keys] == [f"{DID}#ed25519-1", f"{DID}#es256-1"]


def test_a_society_is_an_issuer_once(
    database: Database, signer: MemorySigner, issuer: Issuer, now: datetime
) -> None:
    with pytest.raises(Conflict), database.write() as session:
        service.add_issuer(
            session, signer, society_id="cse", name="Again", url=None, public_url=NODE, at=now
        )
    with pytest.raises(Invalid), database.write() as session:
        service.add_issuer(
            session, signer, society_id="x", name="X", url=None, public_url="ftp://x", at=now
        )


def test_the_did_document_has_the_shape_that_verifiers_accept(issuer: Issuer) -> None:
    document = did_document(issuer)
    assert document["id"] == DID
    assert document["assertionMethod"] == [f"{DID}#ed25519-1", f"{DID}#es256-1"]
    by_type = {method["type"]: method for method in document["verificationMethod"]}
    assert set(by_type) == {"Multikey", "JsonWebKey2020"}
    assert by_type["Multikey"]["publicKeyMultibase"].startswith("z6Mk")
    assert by_type["JsonWebKey2020"]["publicKeyJwk"]["crv"] == "P-256"
    assert all(method["controller"] == DID for method in document["verificationMethod"])
    keys = jwk_set([issuer])["keys"]
    assert [key["kid"] for key in keys] == document["assertionMethod"]
    assert not any("d" in key for key in keys)


def test_a_retired_key_stays_published_and_a_compromised_one_does_not(
    database: Database, signer: MemorySigner, issuer: Issuer, now: datetime
) -> None:
    later = now + timedelta(days=1)
    with database.write() as session:
        service.add_key(session, signer, issuer_id=DID, algorithm=Algorithm.ES256, at=later)
        service.retire_key(session, f"{DID}#es256-1", at=later)
        service.compromise_key(session, f"{DID}#ed25519-1", at=later)
    with database.read() as session:
        changed = service.issuer_of(session, "cse")
        entries = {k.key.id: k for k in service.bundle(session, at=later).issuers[DID].keys}
        actions = [entry.action for entry in audit.trail(session, f"issuer:{DID}")]
    assert did_document(changed)["assertionMethod"] == [f"{DID}#es256-1", f"{DID}#es256-2"]
    newest = changed.signing_key(Algorithm.ES256)
    assert newest is not None
    assert newest.id == f"{DID}#es256-2"
    assert changed.signing_key(Algorithm.ED25519) is None
    assert entries[f"{DID}#es256-1"].retired_at == later
    assert entries[f"{DID}#ed25519-1"].compromised_since == later
    assert actions == ["key.add", "key.add", "key.add", "key.retired", "key.compromised"]


def test_a_key_retired_earlier_is_not_retired_later(
    database: Database, issuer: Issuer, now: datetime
) -> None:
    with database.write() as session:
        service.retire_key(session, f"{DID}#es256-1", at=now)
        service.retire_key(session, f"{DID}#es256-1", at=now + timedelta(days=9))
        (key,) = [k for k in service.issuer_of(session, "cse").keys if k.key.id.endswith("es256-1")]
        assert key.retired_at == now
        with pytest.raises(NotFound):
            service.retire_key(session, f"{DID}#es256-9", at=now)
        with pytest.raises(NotFound):
            service.retire_key(session, "did:web:elsewhere.example#k", at=now)


def test_the_node_has_one_identity_of_its_own(
    database: Database, signer: MemorySigner, now: datetime
) -> None:
    with database.write() as session:
        with pytest.raises(NotFound):
            service.node_issuer(session)
        made = service.add_node_issuer(session, signer, name="Node", public_url=NODE, at=now)
        again = service.add_node_issuer(session, signer, name="Node", public_url=NODE, at=now)
        assert made == again == service.node_issuer(session)
        assert made.id == "did:web:node.example"


def test_a_bundle_survives_its_file(database: Database, issuer: Issuer, now: datetime) -> None:
    with database.write() as session:
        service.store_status_list(session, f"{NODE}/societies/cse/status/1", b"{}", at=now)
        made = service.bundle(session, at=now)
        assert load_bundle(dump_bundle(made)) == made
        narrow = service.bundle(session, at=now, issuer_ids=[], status_urls=[])
        assert (narrow.issuers, narrow.status_lists) == ({}, {})


def test_a_foreign_issuer_comes_with_a_bundle(database: Database, now: datetime) -> None:
    with database.write() as session:
        assert service.import_bundle(session, foreign_bundle(now), at=now) == (1, 1)
        made = service.bundle(session, at=now)
        assert made.issuers[FOREIGN].name == "Foreign society"
        assert set(made.status_lists) == {"https://other.example/1"}
        with pytest.raises(NotFound):
            service.add_key(
                session, MemorySigner(), issuer_id=FOREIGN, algorithm=Algorithm.ES256, at=now
            )


def test_a_bundle_changes_nothing_of_this_node(
    database: Database, issuer: Issuer, now: datetime
) -> None:
    url = f"{NODE}/societies/cse/status/1"
    forged = MemorySigner().create(f"{DID}#ed25519-1", algorithm=Algorithm.ED25519)
    untrusted = Bundle(
        version=9,
        issued_at=now,
        issuers={DID: IssuerEntry(DID, "Taken over", (KeyEntry(forged, now),))},
        status_lists={url: StatusListEntry(url, b"forged", now + timedelta(days=9))},
    )
    with database.write() as session:
        service.store_status_list(session, url, b"ours", at=now)
        before = service.bundle(session, at=now)
        assert service.import_bundle(session, untrusted, at=now) == (0, 0)
        assert service.bundle(session, at=now) == before


def test_a_bundle_cannot_bring_a_compromised_key_back(database: Database, now: datetime) -> None:
    bad = foreign_bundle(now, compromised_since=now, retired_at=now)
    (entry,) = bad.issuers[FOREIGN].keys
    clean = replace(entry, compromised_since=None, retired_at=None)
    good = replace(bad, issuers={FOREIGN: IssuerEntry(FOREIGN, "F", (clean,))})
    with database.write() as session:
        service.import_bundle(session, bad, at=now)
        service.import_bundle(session, good, at=now)
        (key,) = service.bundle(session, at=now).issuers[FOREIGN].keys
        assert (key.compromised_since, key.retired_at) == (now, now)


def test_a_bundle_cannot_swap_a_key_or_lend_one(database: Database, now: datetime) -> None:
    other = foreign_bundle(now)
    lent = MemorySigner().create(f"{DID}#ed25519-1", algorithm=Algorithm.ED25519)
    with database.write() as session:
        service.import_bundle(session, foreign_bundle(now), at=now)
    with pytest.raises(Conflict, match="another key"), database.write() as session:
        service.import_bundle(session, other, at=now)
    lending = IssuerEntry(FOREIGN, "F", (KeyEntry(lent, now),))
    with pytest.raises(Conflict, match="a key of"), database.write() as session:
        service.import_bundle(session, replace(other, issuers={FOREIGN: lending}), at=now)


def test_an_older_copy_of_a_list_does_not_replace_a_newer(
    database: Database, now: datetime
) -> None:
    url = "https://other.example/1"

    def bundle(body: bytes, fetched_at: datetime) -> Bundle:
        lists = {url: StatusListEntry(url, body, fetched_at)}
        return replace(foreign_bundle(now), issuers={}, status_lists=lists)

    with database.write() as session:
        service.import_bundle(session, bundle(b"new", now), at=now)
        service.import_bundle(session, bundle(b"old", now - timedelta(days=1)), at=now)
        assert service.bundle(session, at=now).status_lists[url].body == b"new"
        service.import_bundle(session, bundle(b"dated ahead", now + timedelta(days=99)), at=now)
        assert service.bundle(session, at=now).status_lists[url].fetched_at <= now
