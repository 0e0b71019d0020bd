"""Issuers, their keys with history, and what is published of them."""

from datetime import datetime

import pytest

from app.platform.db import Database
from app.platform.problems import Conflict, Invalid, NotFound
from app.trust import service
from app.trust.documents import did_document, jwk_set
from app.trust.model import Issuer
from app.verification.bundle import dump_bundle, load_bundle
from tests.simulator.signing import MemorySigner

NODE = "https://node.example"
DID = "did:web:node.example:societies:cse"


@pytest.fixture
def signer() -> MemorySigner:
    return MemorySigner()


@pytest.fixture
def issuer(database: Database, signer: MemorySigner, now: datetime) -> Issuer:
    with database.write() as session:
        return service.add_issuer(
            session, signer, society_id="cse", name="Society", url=None, public_url=NODE, at=now
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
