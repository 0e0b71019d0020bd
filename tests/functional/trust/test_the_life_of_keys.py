"""Rotated, retired, compromised: what becomes of the records that the keys signed."""

from datetime import datetime, timedelta

import pytest

from app.platform.db import Database
from app.proof import data_integrity
from app.proof.keys import Algorithm
from app.proof.parse import dump, load_object
from app.trust import keys
from app.trust import service as trust
from app.verification import NotAccepted, verify
from tests.simulator.key_history import walk
from tests.simulator.node import COMPLETION, Node

ISSUE, ROTATE, FIRST, SECOND = (
    "issue A",
    "rotate, issue B",
    "compromise A's keys, issue C",
    "compromise B's and C's keys, issue D",
)
# What a bundle of each step says of each record: rotation changes nothing for old records, a
# compromise ends all that the key signed, and a bundle knows no key that came after it.
EXPECTED = {
    ISSUE: {"A": "accepted", "B": "key-unknown", "C": "key-unknown", "D": "key-unknown"},
    ROTATE: {"A": "accepted", "B": "accepted", "C": "accepted", "D": "key-unknown"},
    FIRST: {"A": "key-compromised", "B": "accepted", "C": "accepted", "D": "key-unknown"},
    SECOND: {
        "A": "key-compromised",
        "B": "key-compromised",
        "C": "key-compromised",
        "D": "accepted",
    },
}


def test_every_record_has_the_verdict_of_its_keys_at_every_step(
    database: Database, now: datetime
) -> None:
    found = walk(Node(database, now)).verdicts
    steps = list(EXPECTED)
    assert list(found) == steps
    for number, step in enumerate(steps):
        expected = {}
        for record in "ABCD"[: number + 1]:
            for form in ("JSON", "JWT"):
                expected[f"{record} {form} online"] = EXPECTED[step][record]
                for made in steps[: number + 1]:
                    expected[f"{record} {form} bundle of {made}"] = EXPECTED[made][record]
        assert found[step] == expected


def test_a_retired_key_cannot_sign_after_its_retirement(database: Database, now: datetime) -> None:
    node = Node(database, now)
    node.add_society("cse")
    told = node.complete("cse", COMPLETION, key="k").json()
    raw, _ = node.forms(told["id"], "cse")
    node.now += timedelta(days=1)
    with database.write() as session:
        issuer = trust.issuer_of(session, "cse")
        old = issuer.signing_key(Algorithm.ED25519)
        assert old is not None
        keys.rotate(session, node.signer, issuer_id=issuer.id, at=node.now)
    unsigned = {name: value for name, value in load_object(raw).items() if name != "proof"}
    node.now += timedelta(days=1)
    prepared = data_integrity.prepare_proof(unsigned, verification_method=old.id, created=node.now)
    late = dump(prepared.attach(node.signer.sign(old.id, prepared.hash_data)))
    with database.read() as session:
        bundle = trust.bundle(session, at=node.now)
    assert verify(raw, bundle=bundle, at=node.now).accept()
    with pytest.raises(NotAccepted) as refused:
        verify(late, bundle=bundle, at=node.now).accept()
    assert refused.value.check.evidence["error"] == "key-retired"
