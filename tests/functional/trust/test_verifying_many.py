"""Thousands of records in one request, and receipts of what was found."""

import json
from datetime import datetime

import pytest

from app.platform.db import Database
from app.proof import jose
from app.trust import receipts
from app.trust import service as trust
from app.verification.model import Outcome
from tests.simulator.node import COMPLETION, Node

pytestmark = [pytest.mark.slow, pytest.mark.once]

NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def node(database: Database, now: datetime) -> Node:
    made = Node(database, now)
    made.add_society("cse", name="Society of Civil Engineers")
    with database.write() as session:
        trust.add_node_issuer(
            session, made.signer, name="The node", public_url=made.public_url, at=now
        )
    return made


@pytest.fixture
def record(node: Node) -> tuple[bytes, bytes]:
    """One record in both forms."""
    told = node.complete("cse", COMPLETION, key="k-1").json()
    return node.forms(told["id"], "cse")


def ask(node: Node, lines: list[bytes], *, query: str = "") -> list[dict[str, object]]:
    answer = node.http.post(
        f"/api/v1/verifications{query}",
        content=b"\n".join(lines),
        headers=NDJSON | node.token("cse"),
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_every_line_is_answered_in_its_order(node: Node, record: tuple[bytes, bytes]) -> None:
    raw, token = record
    wrapped = json.dumps({"id": 7, "record": token.decode()}).encode()
    held = json.dumps({"id": "b", "record": json.loads(raw)}).encode()
    lines = [raw, token, json.dumps(token.decode()).encode(), b"", wrapped, held]
    answers = ask(node, [*lines, raw.replace(b"360", b"999"), b"{not json", b"nonsense"])
    assert [one["line"] for one in answers] == [1, 2, 3, 5, 6, 7, 8, 9]
    assert [one["verified"] for one in answers] == [True] * 5 + [False] * 3
    assert [one.get("id") for one in answers[3:5]] == [7, "b"]
    assert answers[5]["check"] == "proof.signature"
    assert [one["check"] for one in answers[6:]] == ["record.readable"] * 2
    assert answers[0]["title"] == "桥梁抗震设计"


def test_a_line_with_members_that_nobody_reads_is_refused(
    node: Node, record: tuple[bytes, bytes]
) -> None:
    line = json.dumps({"record": record[1].decode(), "idd": 3}).encode()
    (answer,) = ask(node, [line])
    assert (answer["verified"], answer["error"]) == (False, "line-members")


def test_a_line_that_is_too_long_ends_nothing(node: Node, record: tuple[bytes, bytes]) -> None:
    answers = ask(node, [b'{"a":"' + b"x" * 700_000 + b'"}', record[1]])
    assert [one["verified"] for one in answers] == [False, True]


def test_bulk_verification_needs_its_scope(node: Node) -> None:
    url = "/api/v1/verifications"
    assert node.http.post(url, content=b"x", headers=NDJSON).status_code == 401
    other = node.token("cse", scope="records:read")
    assert node.http.post(url, content=b"x", headers=NDJSON | other).status_code == 403


@pytest.mark.slow
def test_ten_thousand_records_are_verified_in_one_request(
    node: Node, record: tuple[bytes, bytes]
) -> None:
    answers = ask(node, [record[1]] * 10_001)
    assert len(answers) == 10_001
    assert all(one["verified"] for one in answers[:-1])
    assert answers[-1]["error"] == "too-many-records"


def test_a_receipt_says_what_was_found_and_is_signed_by_the_node(
    node: Node, record: tuple[bytes, bytes]
) -> None:
    raw, token = record
    body = {"verifiableCredential": token.decode(), "options": {"receipt": True}}
    answer = node.http.post("/credentials/verify", json=body).json()
    with node.database.read() as session:
        bundle = trust.bundle(session, at=node.now)
    receipt = answer["receipt"].encode()
    read = receipts.read(receipt, bundle=bundle, at=node.now, record=token)
    assert (read.outcome, read.verifier) == (Outcome.PASS, "did:web:node.example")
    assert read.checks[5].code == "proof.signature"
    assert jose.split(receipt.decode()).header["typ"] == "opencpd-verification-receipt+jwt"
    with pytest.raises(receipts.ReceiptRefused):
        receipts.read(receipt, bundle=bundle, at=node.now, record=raw)
    with pytest.raises(receipts.ReceiptRefused):
        receipts.read(receipt[:-6] + b"AAAAAA", bundle=bundle, at=node.now)
    (told,) = ask(node, [token], query="?receipt=true")
    assert receipts.read(str(told["receipt"]).encode(), bundle=bundle, at=node.now).record_id


def test_a_refused_record_gets_a_receipt_too(node: Node, record: tuple[bytes, bytes]) -> None:
    changed = json.loads(record[0].replace(b"360", b"999"))
    body = {"verifiableCredential": changed, "options": {"receipt": True}}
    answer = node.http.post("/credentials/verify", json=body)
    assert answer.status_code == 400
    with node.database.read() as session:
        bundle = trust.bundle(session, at=node.now)
    read = receipts.read(answer.json()["receipt"].encode(), bundle=bundle, at=node.now)
    assert (read.outcome, read.record_id) == (Outcome.FAIL, None)


def test_without_being_asked_there_is_no_receipt(node: Node, record: tuple[bytes, bytes]) -> None:
    assert "receipt" not in node.verify(record[0]).json()
