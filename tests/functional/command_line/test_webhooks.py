"""Webhooks from a terminal."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from click.testing import Result

from app.platform import clock
from app.platform.db import Database
from app.webhooks import rules
from tests.simulator import receiver as does
from tests.simulator.receiver import Receiver
from tests.simulator.webhooks import Hooks

Opencpd = Callable[..., Result]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


def test_what_was_given_up_is_seen_sent_again_and_delivered(
    opencpd: Opencpd, database: Database, receiver: Receiver
) -> None:
    hooks = Hooks(database, clock.now() - timedelta(days=4))
    hooks.add_organisation("cse")
    endpoint = hooks.add("cse", receiver.url("/hooks"))
    hooks.test(endpoint)
    receiver.behave = does.status(500)
    for _ in range(len(rules.PAUSES) + 1):
        hooks.work()
        hooks.now = hooks.sent(endpoint)[0].due_at or hooks.now
    hooks.close()
    listed = json.loads(opencpd("webhook", "list", "cse", "--json").stdout)
    assert [one["deliveries"] for one in listed] == [{"failed": 1}]
    assert listed[0]["webhook"]["url"] == receiver.url("/hooks")
    assert endpoint.id in opencpd("webhook", "list", "cse").stdout

    receiver.behave = does.status(200)
    done = opencpd("webhook", "replay", "cse", endpoint.id, "--since", "2026-01-01")
    assert done.stdout == "1 deliveries are sent again\n", done.output
    assert opencpd("worker", "--once").exit_code == 0
    assert len(receiver.received) == len(rules.PAUSES) + 2
    assert opencpd("webhook", "replay", "ebk", endpoint.id, "--since", "2026-01-01").exit_code == 1
