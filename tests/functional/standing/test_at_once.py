"""Changes and issues at the same time: no bit is lost, nobody waits for ever."""

import json
from concurrent.futures import ThreadPoolExecutor

from app.records import service, status
from app.records.standing import batch
from app.records.standing import service as standing
from app.records.standing.model import Action, Order, Reason
from app.records.standing.rules import Refused
from app.records.status import Purpose
from app.records.wire import CompletionIn
from tests.simulator.node import COMPLETION, NODE, Node
from tests.simulator.standing import ones, stored


def revoke(node: Node, record_id: str) -> None:
    standing.revoke(node.database, node.signer, record_id, reason=Reason.ERROR, at=node.now)


def issue(node: Node, number: int) -> str:
    facts = {**COMPLETION, "course_run": str(number)}
    completion = CompletionIn.model_validate_json(json.dumps(facts)).completion()
    issued = service.complete(
        node.database,
        node.signer,
        completion,
        society_id="cse",
        idempotency_key=f"k-{number}",
        public_url=NODE,
        at=node.now,
    )
    return issued.id


def agrees(node: Node) -> bool:
    with node.database.read() as session:
        return status.differing(session) == []


def test_revocations_in_one_list_while_records_are_issued_into_it(node: Node) -> None:
    ids = stored(node, 8)
    with ThreadPoolExecutor(8) as pool:
        revoking = [pool.submit(revoke, node, record_id) for record_id in ids]
        issuing = [pool.submit(issue, node, number) for number in range(4)]
        issued = {task.result() for task in issuing}
        for task in revoking:
            task.result()
    assert len(issued) == 4
    assert len(ones(node, Purpose.REVOCATION)) == 8
    assert agrees(node)


def test_batches_that_share_records_and_lists_do_not_stand_in_each_others_way(node: Node) -> None:
    ids = stored(node, 12)
    orders = [(one, Order(Action.REVOKE, Reason.ERROR)) for one in ids]

    def change(turn: int) -> int:
        mine = orders[turn:] + orders[:turn]
        said = batch.change_many(node.database, node.signer, mine, at=node.now, who="test")
        return sum(one.result == "changed" for one in said)

    with ThreadPoolExecutor(4) as pool:
        changed = list(pool.map(change, range(0, 12, 3)))
    assert sum(changed) == 12
    assert len(ones(node, Purpose.REVOCATION)) == 12
    assert agrees(node)


def test_suspensions_and_revocations_in_one_list_do_not_stand_in_each_others_way(
    node: Node,
) -> None:
    ids = stored(node, 32)

    def change(turn: int) -> None:
        suspend = Order(Action.SUSPEND, Reason.UNDER_REVIEW)
        order = suspend if turn % 2 else Order(Action.REVOKE, Reason.ERROR)
        standing.change(node.database, node.signer, ids[turn], order=order, at=node.now)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(32)))
    assert len(ones(node, Purpose.REVOCATION)) == len(ones(node, Purpose.SUSPENSION)) == 16
    assert agrees(node)


def test_only_one_of_two_opposite_changes_at_once_is_the_last(node: Node) -> None:
    (record_id,) = stored(node, 1)

    def change(action: Action) -> str:
        reason = Reason.ERROR if action is Action.REVOKE else Reason.UNDER_REVIEW
        try:
            standing.change(
                node.database, node.signer, record_id, order=Order(action, reason), at=node.now
            )
        except Refused:
            return "refused"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        said = dict(zip("rs", pool.map(change, [Action.REVOKE, Action.SUSPEND]), strict=True))
    assert said["r"] == "done"
    assert len(ones(node, Purpose.REVOCATION)) == 1
    assert len(ones(node, Purpose.SUSPENSION)) == (1 if said["s"] == "done" else 0)
    assert agrees(node)
