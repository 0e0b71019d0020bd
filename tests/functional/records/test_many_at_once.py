"""Many completions and revocations at once: one record each, one place each, no lost bit."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from app.platform.db import Database
from app.proof import status_list
from app.records import service, status
from app.records.model import IssuedRecord
from app.records.standing import service as standing
from app.records.standing.model import Reason
from app.records.wire import CompletionIn
from tests.simulator.node import COMPLETION, NODE, Node

THREADS = 8


@pytest.fixture
def node(database: Database, now: datetime) -> Node:
    made = Node(database, now)
    made.add_society("cse")
    return made


def issue(node: Node, key: str, **changes: Any) -> IssuedRecord:
    facts = CompletionIn.model_validate_json(json.dumps({**COMPLETION, **changes}))
    return service.complete(
        node.database,
        node.signer,
        facts.completion(),
        society_id="cse",
        idempotency_key=key,
        public_url=NODE,
        at=node.now,
    )


def places(records: list[IssuedRecord]) -> set[str]:
    return {json.loads(record.json)["credentialStatus"]["id"] for record in records}


def test_each_record_gets_a_place_of_its_own(node: Node) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        records = list(pool.map(lambda n: issue(node, f"k-{n}", course_run=str(n)), range(24)))
    assert len({record.id for record in records}) == 24
    assert len(places(records)) == 24
    assert len({record.holder_id for record in records}) == 1


def test_one_request_sent_many_times_at_once_gives_one_record(node: Node) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        records = list(pool.map(lambda _: issue(node, "k-1"), range(THREADS)))
    assert len({record.id for record in records}) == 1
    assert len({record.jwt for record in records}) == 1


def test_one_completion_under_many_keys_at_once_gives_one_record(node: Node) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        records = list(pool.map(lambda n: issue(node, f"k-{n}"), range(THREADS)))
    assert len({record.id for record in records}) == 1


def test_no_revocation_is_lost_among_many(node: Node) -> None:
    records = [issue(node, f"k-{n}", course_run=str(n)) for n in range(THREADS)]

    def revoke(record: IssuedRecord) -> None:
        standing.revoke(
            node.database,
            node.signer,
            record.id,
            reason=Reason.ERROR,
            at=node.now,
        )

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(revoke, records))
    with node.database.read() as session:
        listed = status.published_list(session, society_id="cse", number=1)
    bits = status_list.decode(json.loads(listed.json)["credentialSubject"]["encodedList"])
    indexes = [json.loads(r.json)["credentialStatus"]["statusListIndex"] for r in records]
    assert all(status_list.get(bits, index=int(index)) for index in indexes)
    assert sum(byte.bit_count() for byte in bits) == THREADS
