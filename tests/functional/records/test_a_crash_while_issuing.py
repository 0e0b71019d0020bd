"""Whatever fails while a record is being issued, it is finished later, once, or reported."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from app.identity import audit
from app.platform.db import Database
from app.records import intents, service
from app.records.issue import OutputRefused
from app.records.model import IssuedRecord, NewCompletion
from app.records.standing import service as standing
from app.records.standing.model import Reason
from app.records.tables import RecordRow
from app.records.wire import CompletionIn
from app.trust import keys
from app.trust import service as trust
from app.trust.signer import SignerError
from app.verification.verify import verify
from tests.simulator.node import COMPLETION, NODE, Node

pytestmark = pytest.mark.slow


class PowerCut(BaseException):
    """Nothing after this runs, as with ``kill -9``."""


@pytest.fixture
def node(database: Database, now: datetime) -> Node:
    made = Node(database, now)
    made.add_society("cse")
    # The status list exists, so that what breaks is the issuing of a record.
    issue(made, "warm-up", run="0")
    return made


def completion(run: str) -> NewCompletion:
    facts: dict[str, Any] = {**COMPLETION, "course_run": run}
    return CompletionIn.model_validate_json(json.dumps(facts)).completion()


def issue(node: Node, key: str, *, run: str = "1") -> IssuedRecord:
    return service.complete(
        node.database,
        node.signer,
        completion(run),
        society_id="cse",
        idempotency_key=key,
        public_url=NODE,
        at=node.now,
    )


def counts(node: Node) -> dict[str, int]:
    with node.database.read() as session:
        query = select(RecordRow.state, func.count()).group_by(RecordRow.state)
        return dict(session.execute(query).all())


@contextmanager
def cut_at_commit(node: Node, number: int) -> Iterator[None]:
    """The n-th commit from now does not happen."""
    seen = 0

    def cut(_connection: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise PowerCut

    engine = node.database._writing
    event.listen(engine, "commit", cut)
    try:
        yield
    finally:
        event.remove(engine, "commit", cut)


def cut_storing_the_intent(node: Node) -> None:
    with cut_at_commit(node, 2), pytest.raises(PowerCut):  # the first one gives it a place
        issue(node, "k-1")


def cut_at_the_first_signature(node: Node) -> None:
    node.signer.break_at(1, PowerCut())
    with pytest.raises(PowerCut):
        issue(node, "k-1")


def cut_between_the_signatures(node: Node) -> None:
    node.signer.break_at(2, PowerCut())
    with pytest.raises(PowerCut):
        issue(node, "k-1")


def cut_storing_the_record(node: Node) -> None:
    with cut_at_commit(node, 3), pytest.raises(PowerCut):
        issue(node, "k-1")


CUTS = [cut_at_the_first_signature, cut_between_the_signatures, cut_storing_the_record]


def assert_whole(node: Node, record: IssuedRecord) -> None:
    with node.database.read() as session:
        bundle = trust.bundle(session, at=node.now)
        trail = audit.trail(session, f"record:{record.id}")
    for form in (record.json, record.jwt.encode()):
        assert verify(form, bundle=bundle, at=node.now).accept().id == f"urn:uuid:{record.id}"
    assert [entry.action for entry in trail] == ["record.issue"]


@pytest.mark.parametrize("cut", CUTS)
def test_a_cut_after_the_intent_is_finished_by_recovery(
    node: Node, cut: Callable[[Node], None]
) -> None:
    cut(node)
    assert counts(node) == {"issued": 1, "intended": 1}
    with node.database.read() as session:
        (intent,) = intents.waiting(session, at=node.now, older_than=timedelta(0), limit=9)
    node.now += timedelta(minutes=5)
    recovered = service.recover(node.database, node.signer, at=node.now)
    assert recovered.finished == (intent.id,)
    assert recovered.failed == ()
    assert counts(node) == {"issued": 2}
    with node.database.read() as session:
        record = service.get_record(session, intent.id)
    status = json.loads(record.json)["credentialStatus"]
    assert status["statusListIndex"] == str(intent.slot.index)
    assert_whole(node, record)
    assert service.recover(node.database, node.signer, at=node.now).finished == ()


@pytest.mark.parametrize("cut", [*CUTS, cut_storing_the_intent])
def test_the_same_request_after_a_cut_gives_one_record(
    node: Node, cut: Callable[[Node], None]
) -> None:
    cut(node)
    record = issue(node, "k-1")
    assert record.created
    assert issue(node, "k-1").id == record.id
    assert counts(node) == {"issued": 2}
    assert_whole(node, record)


def test_a_cut_before_the_intent_leaves_nothing(node: Node) -> None:
    cut_storing_the_intent(node)
    assert counts(node) == {"issued": 1}


def test_recovery_leaves_alone_what_somebody_may_still_be_at(node: Node) -> None:
    cut_at_the_first_signature(node)
    node.now += timedelta(seconds=30)
    assert service.recover(node.database, node.signer, at=node.now).finished == ()


def test_a_signer_that_fails_is_told_and_the_record_comes_later(node: Node) -> None:
    node.signer.break_at(2)
    with pytest.raises(SignerError, match="cable"):
        issue(node, "k-1")
    node.now += timedelta(minutes=5)
    node.signer.break_at(1)
    recovered = service.recover(node.database, node.signer, at=node.now)
    assert [reason for _, reason in recovered.failed] == ["the signer's cable was pulled"]
    assert len(service.recover(node.database, node.signer, at=node.now).finished) == 1


def test_an_intent_that_keeps_failing_is_tried_ever_more_rarely(node: Node) -> None:
    cut_at_the_first_signature(node)
    with node.database.write() as session:
        session.execute(
            update(RecordRow).where(RecordRow.state == "intended").values(jwt_key_id="gone")
        )
    tried = []
    for minute in range(40):
        node.now += timedelta(minutes=1)
        if service.recover(node.database, node.signer, at=node.now).failed:
            tried.append(minute + 1)
    assert tried == [1, 2, 4, 8, 16, 32]
    assert service.recover(node.database, node.signer, at=node.now, older_than=timedelta(0)).failed


def test_a_record_that_does_not_verify_never_leaves(node: Node) -> None:
    node.signer.garble(on=True)
    with pytest.raises(OutputRefused, match="signature"):
        issue(node, "k-1")
    assert counts(node) == {"issued": 1, "intended": 1}
    node.now += timedelta(minutes=5)
    recovered = service.recover(node.database, node.signer, at=node.now)
    assert len(recovered.failed) == 1
    node.signer.garble(on=False)
    assert len(service.recover(node.database, node.signer, at=node.now).finished) == 1


def test_a_damaged_intent_is_reported_and_holds_up_no_other(node: Node) -> None:
    cut_at_the_first_signature(node)
    with node.database.write() as session:
        session.execute(
            update(RecordRow).where(RecordRow.state == "intended").values(document='{"a":')
        )
    node.signer.break_at(1, PowerCut())
    with pytest.raises(PowerCut):
        issue(node, "k-2", run="2")
    node.now += timedelta(minutes=5)
    recovered = service.recover(node.database, node.signer, at=node.now)
    assert len(recovered.finished) == 1
    ((_, reason),) = recovered.failed
    assert "damaged" in reason


def test_a_key_retired_since_does_not_stop_what_it_had_begun(node: Node) -> None:
    cut_at_the_first_signature(node)
    node.now += timedelta(minutes=5)
    with node.database.write() as session:
        issuer = trust.issuer_of(session, "cse")
        for held in issuer.keys:
            keys.rotate(
                session,
                node.signer,
                issuer_id=issuer.id,
                algorithms=[held.key.algorithm],
                at=node.now,
            )
    assert len(service.recover(node.database, node.signer, at=node.now).finished) == 1


@pytest.mark.parametrize("signature", [1, 2])
def test_a_revocation_that_cannot_be_published_did_not_happen(node: Node, signature: int) -> None:
    record = issue(node, "k-1")
    node.signer.break_at(signature)
    with pytest.raises(SignerError):
        standing.revoke(
            node.database,
            node.signer,
            record.id,
            reason=Reason.ERROR,
            at=node.now,
        )
    with node.database.read() as session:
        assert service.get_record(session, record.id).revoked_at is None
    assert_whole(node, record)
