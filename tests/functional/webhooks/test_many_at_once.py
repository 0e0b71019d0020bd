"""Slow endpoints, several couriers, and couriers that die."""

import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from app.platform import clock
from app.platform.db import Database
from app.webhooks.model import DeliveryState
from app.webhooks.signing import load_key
from app.webhooks.store import MOST_OF_ONE_ORGANISATION
from tests.simulator import receiver as does
from tests.simulator.receiver import Receiver
from tests.simulator.webhooks import Hooks

HERE = Path(__file__).parent


def test_endpoints_that_never_answer_hold_up_nobody_else(hooks: Hooks, receiver: Receiver) -> None:
    hooks.deadline = 30
    hooks.__post_init__()
    for number in range(10):
        hooks.test(hooks.add("cse", receiver.url(f"/slow/{number}")))
        receiver.by_path[f"/slow/{number}"] = does.hang
    hooks.add_organisation("ebk")
    quick = hooks.add("ebk", receiver.url("/quick"))
    for _ in range(20):
        hooks.test(quick)
    courier = hooks.courier()
    courier.turn()
    courier.turn()
    came = receiver.wait_for(20 + MOST_OF_ONE_ORGANISATION)
    assert Counter(one.path.split("/")[1] for one in came) == {
        "quick": 20,
        "slow": MOST_OF_ONE_ORGANISATION,
    }
    receiver.closing.set()


def test_two_couriers_share_the_work_and_make_no_attempt_twice(
    hooks: Hooks, receiver: Receiver
) -> None:
    hooks.deadline = 30  # no answer here is late, however busy the machine is
    hooks.__post_init__()
    hooks.add_organisation("ebk")
    endpoints = [
        hooks.add(name, receiver.url(f"/{name}/{number}")) for name in ("cse", "ebk")
        for number in range(3)
    ]  # fmt: skip
    for number in range(15):
        hooks.change_course("cse", number, title=f"Course {number}")
        hooks.change_course("ebk", number, title=f"Course {number}")
    couriers = [hooks.courier() for _ in range(3)]
    threads = [threading.Thread(target=courier.finish) for courier in couriers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hooks.work()
    sent = Counter((one.path, one.id) for one in receiver.received)
    assert set(sent.values()) == {1}
    assert len(sent) == 2 * 3 * 15
    for endpoint in endpoints:
        found = hooks.sent(endpoint)
        assert {(one.state, one.attempts) for one in found} == {(DeliveryState.DELIVERED, 1)}
        path = f"/{endpoint.url.split('/', 3)[3]}"
        order = [one.id for one in receiver.received if one.path == path]
        assert order == [one.event_id for one in found]


def test_a_courier_that_lost_its_claim_changes_nothing_any_more(
    hooks: Hooks, receiver: Receiver
) -> None:
    hooks.deadline = 30
    hooks.__post_init__()
    endpoint = hooks.add("cse", receiver.url())
    for _ in range(4):
        hooks.test(endpoint)
    first, second = hooks.courier(), hooks.courier()
    taken_over, go_on = threading.Event(), threading.Event()

    def answer(handler: does._Handler) -> None:
        """The first attempt outlasts its claim and fails; the third is another courier's second."""
        number = len(receiver.received)
        if number == 1:
            taken_over.wait(20)
        elif number == 3:
            go_on.wait(20)
        does.status(500 if number == 1 else 200)(handler)

    receiver.behave = answer
    slow = threading.Thread(target=first.finish)
    slow.start()
    receiver.wait_for(1)
    hooks.now += timedelta(minutes=2)
    second.turn()
    receiver.wait_for(3)
    taken_over.set()
    slow.join()
    assert len(receiver.received) == 3, "two couriers were at one endpoint"
    go_on.set()
    second.finish()
    times = Counter(one.id for one in receiver.received)
    assert sorted(times.values()) == [1, 1, 1, 2]
    assert {one.state for one in hooks.sent(endpoint)} == {DeliveryState.DELIVERED}
    assert hooks.endpoint(endpoint).failures == 0


@pytest.mark.slow
def test_a_courier_that_is_killed_loses_nothing(
    database: Database, database_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    hooks = Hooks(database, clock.now(), key=load_key(tmp_path / "webhooks.key"))
    hooks.add_organisation("cse")
    endpoint = hooks.add("cse", receiver.url())
    for number in range(8):
        hooks.change_course("cse", number, title=f"Course {number}")

    def hang_on_the_fourth(handler: does._Handler) -> None:
        (does.hang if len(receiver.received) == 4 else does.status(200))(handler)

    receiver.behave = hang_on_the_fourth
    process = subprocess.Popen(
        [sys.executable, HERE / "deliver.py", database_url, tmp_path / "webhooks.key"],
        cwd=HERE.parents[2],
        env={"PYTHONPATH": str(HERE.parents[2])},
    )
    receiver.wait_for(4, seconds=60)
    process.kill()
    process.wait()
    receiver.behave = does.status(200)
    hooks.now = clock.now()
    hooks.work()
    assert len(receiver.received) == 4, "the dead courier's claim still holds"
    hooks.work(after=timedelta(minutes=1))
    hooks.close()
    times = Counter(one.id for one in receiver.received)
    assert sorted(times.values()) == [1] * 7 + [2]
    assert times[receiver.received[3].id] == 2
    assert [one.event_id for one in hooks.sent(endpoint)] == list(times)
