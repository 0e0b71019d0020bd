"""Statements: what an organisation says under its signature, and what is not believed of that."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.identity import service as identity
from app.identity.model import Kind
from app.platform.problems import Invalid, NotFound
from app.proof.encoding import base64url_decode, base64url_encode
from app.proof.errors import ProofError
from app.proof.keys import Algorithm
from app.proof.parse import dump, load_object
from app.trust import importing, keys, service, statements
from app.trust.documents import did_document
from app.trust.signer import KeyLocked, LockedSigner
from app.trust.statements import NoStatementKey, Statement, Statements
from app.verification.bundle import Bundle, dump_bundle, load_bundle
from tests.unit.trust.conftest import NODE, TrustNode

REGISTRY = "did:web:node.example:registries:pec"


@pytest.fixture
def node(node: TrustNode) -> TrustNode:
    """The node with a registry that has no keys yet."""
    with node.database.write() as session:
        identity.add_organisation(
            session, id="pec", kind=Kind.REGISTRY, name="Engineering Council", at=node.now
        )
    return node


def says(node: TrustNode, kind: str = "policy", who: str = "pec", **claims: Any) -> str:
    with node.database.write() as session:
        return Statements(node.signer, public_url=NODE).sign(
            session, organisation_id=who, kind=kind, claims=claims, at=node.now
        )


def known(node: TrustNode) -> Bundle:
    with node.database.read() as session:
        return service.bundle(session, at=node.now)


def reads(node: TrustNode, token: str, kind: str = "policy") -> Statement:
    return statements.read(token, kind=kind, bundle=known(node), at=node.now)


def refused(node: TrustNode, token: str, kind: str = "policy") -> str:
    with pytest.raises(ProofError) as caught:
        reads(node, token, kind)
    return caught.value.code


def forged(
    token: str,
    *,
    header: Callable[[dict[str, Any]], object] | None = None,
    payload: bytes | None = None,
    sign: Callable[[bytes], bytes] | None = None,
) -> str:
    """The token with something in it changed, and signed again when a key is at hand."""
    first, body, signature = token.split(".")
    members = load_object(base64url_decode(first))
    if header is not None:
        header(members)
    head = base64url_encode(dump(members))
    body = body if payload is None else base64url_encode(payload)
    if sign is not None:
        signature = base64url_encode(sign(f"{head}.{body}".encode()))
    return f"{head}.{body}.{signature}"


def test_a_registry_gets_its_keys_when_it_first_says_something(node: TrustNode) -> None:
    found = reads(node, says(node, hash="abc", version=3))
    assert found.issuer_id == REGISTRY
    assert found.claims == {"hash": "abc", "version": 3}
    assert found.key_id == f"{REGISTRY}#es256-1"
    assert found.id.startswith("urn:uuid:")
    assert found.issued_at == node.now.replace(microsecond=0)
    says(node)
    with node.database.read() as session:
        issuer = service.registry_issuer(session, "pec")
    assert [held.key.id for held in issuer.keys] == [f"{REGISTRY}#ed25519-1", f"{REGISTRY}#es256-1"]
    assert did_document(issuer)["id"] == REGISTRY


def test_a_society_says_things_with_the_keys_of_its_records(node: TrustNode) -> None:
    assert reads(node, says(node, who="cse")).issuer_id == "did:web:node.example:societies:cse"
    with pytest.raises(NotFound):
        says(node, who="nobody")


def test_a_statement_is_read_from_a_bundle_on_a_stick_and_by_another_node(
    node: TrustNode, partner: TrustNode
) -> None:
    token = says(node, hash="abc")
    on_a_stick = load_bundle(dump_bundle(known(node)))
    read = statements.read(token, kind="policy", bundle=on_a_stick, at=node.now)
    assert read.claims == {"hash": "abc"}
    assert refused(partner, token) == "issuer-unknown"
    with partner.database.write() as session:
        importing.import_bundle(session, node.export(), at=node.now, first_use=True)
    partner.now = node.now
    assert reads(partner, token).issuer_id == REGISTRY


def test_a_statement_of_one_kind_is_none_of_another(node: TrustNode) -> None:
    assert refused(node, says(node, kind="policy"), kind="agreement") == "statement-type"
    assert refused(node, says(node), kind="policy+x") == "statement-kind"
    with pytest.raises(Invalid):
        says(node, kind="Not A Kind")


def test_what_a_compromised_key_signed_is_not_believed(node: TrustNode) -> None:
    token = says(node)
    with node.database.write() as session:
        keys.compromise(session, node.signer, f"{REGISTRY}#es256-1", since=node.now, at=node.now)
    assert refused(node, token) == "key-compromised"
    assert reads(node, says(node)).key_id == f"{REGISTRY}#es256-2"


def test_what_a_retired_key_signed_before_stays_good_and_after_does_not(node: TrustNode) -> None:
    early = says(node)
    node.now += timedelta(hours=1)
    with node.database.write() as session:
        keys.rotate(session, node.signer, issuer_id=REGISTRY, at=node.now)
    assert reads(node, early).key_id == f"{REGISTRY}#es256-1"
    members = load_object(base64url_decode(early.split(".")[1]))
    members["iat"] = int((node.now + timedelta(hours=1)).timestamp())
    node.now += timedelta(hours=2)
    late = forged(
        early,
        payload=dump(members),
        sign=lambda data: node.signer.sign(f"{REGISTRY}#es256-1", data),
    )
    assert refused(node, late) == "key-retired"


def test_a_statement_from_the_future_or_before_its_key_is_refused(node: TrustNode) -> None:
    token = says(node)
    for hours, code in ((2, "key-time"), (-2, "key-early")):
        members = load_object(base64url_decode(token.split(".")[1]))
        members["iat"] = int((node.now + timedelta(hours=hours)).timestamp())
        changed = forged(
            token,
            payload=dump(members),
            sign=lambda data: node.signer.sign(f"{REGISTRY}#es256-1", data),
        )
        assert refused(node, changed) == code


def test_nobody_speaks_for_another(node: TrustNode) -> None:
    token = says(node, who="cse")
    members = load_object(base64url_decode(token.split(".")[1]))
    says(node)
    members["iss"] = REGISTRY
    key = "did:web:node.example:societies:cse#es256-1"
    stolen = forged(token, payload=dump(members), sign=lambda data: node.signer.sign(key, data))
    assert refused(node, stolen) == "statement-issuer"

    def name_the_other(header: dict[str, Any]) -> None:
        header["kid"] = f"{REGISTRY}#es256-1"

    renamed = forged(
        token,
        header=name_the_other,
        payload=dump(members),
        sign=lambda data: node.signer.sign(key, data),
    )
    assert refused(node, renamed) == "signature-invalid"


def _headers() -> list[tuple[str, Callable[[dict[str, Any]], object], str]]:
    return [
        ("no algorithm", lambda h: h.update(alg="none"), "key-algorithm"),
        ("a symmetric one", lambda h: h.update(alg="HS256"), "key-algorithm"),
        ("a number", lambda h: h.update(alg=256), "key-algorithm"),
        ("another type", lambda h: h.update(typ="vc+jwt"), "statement-type"),
        ("a type that is none", lambda h: h.update(typ=["x"]), "statement-type"),
        ("no type", lambda h: h.pop("typ"), "statement-type"),
        ("a key of its own", lambda h: h.update(jwk={"kty": "EC"}), "statement-type"),
        ("critical", lambda h: h.update(crit=["x"]), "jwt-header"),
        ("a key that is unknown", lambda h: h.update(kid=f"{REGISTRY}#es256-9"), "key-unknown"),
        ("an issuer that is unknown", lambda h: h.update(kid="did:web:x#1"), "issuer-unknown"),
        ("a key that is no text", lambda h: h.update(kid=7), "jwt-header"),
        ("a key of another kind", lambda h: h.update(kid=f"{REGISTRY}#ed25519-1"), "key-algorithm"),
    ]


@pytest.mark.parametrize(
    ("header", "code"), [row[1:] for row in _headers()], ids=[row[0] for row in _headers()]
)
def test_a_header_that_says_otherwise_is_refused(
    node: TrustNode, header: Callable[[dict[str, Any]], object], code: str
) -> None:
    token = forged(
        says(node),
        header=header,
        sign=lambda data: node.signer.sign(f"{REGISTRY}#es256-1", data),
    )
    assert refused(node, token) == code


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b'{"iss":"x","iss":"y"}', "json-duplicate-name"),
        (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "json-too-deep"),
        (b'{"iss":"%s","iat":NaN,"jti":"x"}' % REGISTRY.encode(), "json-number"),
        (b'{"iss":"%s","iat":1.5,"jti":"x"}' % REGISTRY.encode(), "member-kind"),
        (b'{"iss":"%s","iat":true,"jti":"x"}' % REGISTRY.encode(), "member-kind"),
        (b'{"iss":"%s","jti":"x"}' % REGISTRY.encode(), "member-kind"),
        (b'{"iss":"%s","iat":9007199254740991,"jti":"x"}' % REGISTRY.encode(), "time-malformed"),
        (b'{"iat":1,"jti":"x"}', "member-kind"),
        (b"[1]", "json-not-an-object"),
        (b"\xff", "json-not-unicode"),
        (b"{" + b" " * 70_000 + b"}", "json-too-large"),
    ],
)
def test_a_payload_that_can_be_read_in_two_ways_is_refused(
    node: TrustNode, payload: bytes, code: str
) -> None:
    key = f"{REGISTRY}#es256-1"
    token = forged(says(node), payload=payload, sign=lambda data: node.signer.sign(key, data))
    assert refused(node, token) == code


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b", "a.b.c", "é.é.é", "a" * 200_000, "a.b.c.d"]
)
def test_what_is_no_token_is_refused(node: TrustNode, token: str) -> None:
    with pytest.raises(ProofError):
        reads(node, token)


def test_a_changed_claim_is_noticed(node: TrustNode) -> None:
    token = says(node, version=1)
    members = load_object(base64url_decode(token.split(".")[1]))
    assert refused(node, forged(token, payload=dump({**members, "version": 2}))) == (
        "signature-invalid"
    )


def test_what_cannot_be_stated_is_said_before_anything_is_signed(node: TrustNode) -> None:
    with pytest.raises(Invalid):
        says(node, iss="somebody else")
    with pytest.raises(Invalid):
        says(node, text="x" * 70_000)
    says(node)
    with node.database.write() as session:
        keys.retire(session, f"{REGISTRY}#es256-1", at=node.now, last=True)
    with pytest.raises(NoStatementKey):
        says(node)


def test_a_node_without_a_passphrase_says_what_mends_it(node: TrustNode) -> None:
    locked = Statements(LockedSigner(), public_url=NODE)
    assert not locked.can_sign
    with pytest.raises(KeyLocked), node.database.write() as session:
        locked.sign(session, organisation_id="pec", kind="policy", claims={}, at=node.now)


def test_a_registry_that_has_keys_keeps_them(node: TrustNode) -> None:
    with node.database.write() as session:
        made = [
            service.add_registry_issuer(
                session, node.signer, registry_id="pec", name="PEC", public_url=NODE, at=node.now
            )
            for _ in range(2)
        ]
        assert made[0] == made[1]
        assert service.organisation_issuer(session, "pec") == made[0]
        with pytest.raises(NotFound):
            service.issuer_of(session, "pec")
        assert len(made[0].current(Algorithm.ES256)) == 1
