"""Sixteen submit for one registrant at the same moment, and others review, revoke and run anew.

No cap is ever exceeded, no record counts twice, and what stands in the end is what the order of
submission makes of it. On PostgreSQL every thread has a connection of its own.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import Any

import pytest

from app.platform.db import Database
from app.recognition.deciding import cycle
from app.recognition.deciding.model import Outcome
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Cause, Judged, RunScope, Submission, Verdict
from app.recognition.policies.model import Policy
from app.recognition.policies.reading import read_policy
from app.recognition.register.service import Registrant
from app.records.standing.model import Action, Reason
from tests.simulator.ledgers import POLICY, Ledgers, Registry

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SUBMITTERS = 16
EACH = 6


@pytest.fixture
def registry(database: Database) -> Registry:
    made = Ledgers(database).registry()
    made.adopt(cap="10", whole="14")
    return made


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own, all at the same moment."""
    gate = threading.Barrier(len(work))

    def begin(one: Callable[[], Any]) -> Any:
        gate.wait()
        return one()

    with ThreadPoolExecutor(len(work)) as pool:
        return [one.result() for one in [pool.submit(begin, each) for each in work]]


def rules(registry: Registry) -> Policy:
    return read_policy(
        POLICY.format(
            registry=registry.id, policy_id="rules", version="1", first="null", last="null",
            credit="1", cap="10", whole="14",
        )
    )  # fmt: skip


def submissions(registry: Registry, registrant: Registrant) -> list[Submission]:
    with registry.database.read() as session:
        return list(ledger.of_registrant(session, registrant.id))


def assert_no_cap_is_exceeded(registry: Registry, registrant: Registrant) -> Fraction:
    """Gives the whole, too."""
    policy, found = rules(registry), submissions(registry, registrant)
    whole = Fraction(0)
    for cap in policy.caps:
        span = cycle.cap_span(policy, cap, date(2026, 6, 1), registered_on=None)
        used = sum(
            (
                one.decision.decision.credited or Fraction(0)
                for one in found
                if span.holds(one.completed)
                and cap.category in {None, one.decision.decision.category}
            ),
            start=Fraction(0),
        )
        assert used <= cap.max, (cap.id, used)
        whole = max(whole, used)
    return whole


def test_sixteen_submitters_never_exceed_a_cap(registry: Registry) -> None:
    ada = registry.registrant()
    records = [
        [
            registry.record(
                ada, minutes=30 + 15 * number, kind=["course", "conference"][number % 2]
            ).json
            for number in range(EACH)
        ]
        for _ in range(SUBMITTERS)
    ]
    answers = at_once(*(partial(registry.submit, ada, *some) for some in records))
    made = [one.submission for one in chain.from_iterable(answers)]
    assert all(one is not None for one in made)
    found = submissions(registry, ada)
    assert [one.number for one in found] == list(range(1, SUBMITTERS * EACH + 1))
    assert assert_no_cap_is_exceeded(registry, ada) == 14


def test_one_record_submitted_by_sixteen_at_once_counts_once(registry: Registry) -> None:
    ada = registry.registrant()
    record = registry.record(ada).json
    answers = at_once(*[lambda: registry.submit(ada, record)] * SUBMITTERS)
    found = {one.submission.id for (one,) in answers}
    assert (len(found), sum(one.created for (one,) in answers)) == (1, 1)
    assert registry.credited(ada) == ["1"]


def test_one_record_is_held_by_one_of_many_registrants(registry: Registry) -> None:
    """Nobody is bound to its holder, so each could be; the first keeps it."""
    many = [registry.registrant() for _ in range(SUBMITTERS)]
    record = registry.node.record("urn:uuid:0190d5a8-0000-7000-8000-000000000001").json
    answers = at_once(*(partial(registry.submit, one, record) for one in many))
    kept = [one for (one,) in answers if one.submission is not None]
    refused = {one.error.code for (one,) in answers if one.error is not None}
    assert (len(kept), refused) == (1, {"record-held-by-another"})


def test_everything_at_once_ends_where_the_order_of_submission_leads(registry: Registry) -> None:
    ada = registry.registrant()
    node = registry.node
    node.work()
    revoked = [registry.record(ada, minutes=120) for _ in range(3)]
    registry.submit(ada, *(one.json for one in revoked))
    waiting = [registry.counted(ada, kind="mentoring") for _ in range(3)]
    one, two = registry.person("one"), registry.person("two")
    verdict = Verdict(Judged.ACCEPT, Fraction(3), rule="course")
    proposed = [
        registry.write(ledger.review, each.id, verdict, note="Seen.", who=one) for each in waiting
    ]
    coming = [
        [registry.record(ada, minutes=60 * (number + 1)).json for number in range(3)]
        for _ in range(SUBMITTERS - 6)
    ]
    at_once(
        *(partial(registry.submit, ada, *some) for some in coming),
        *(
            lambda each=each: registry.write(ledger.confirm, each.id, agree=True, who=two)
            for each in proposed
        ),
        *(lambda each=each: node.stand(each.id, Action.REVOKE, Reason.FRAUD) for each in revoked),
    )
    registry.write(
        ledger.rerun, RunScope(), cause=Cause.POLICY, why="All of it.", who="person:owner"
    )
    at_once(node.work, node.work)
    assert assert_no_cap_is_exceeded(registry, ada) == 10
    found = submissions(registry, ada)
    assert [each.outcome for each in found[:3]] == [Outcome.REJECT] * 3
    assert [str(each.decision.decision.credited) for each in found[3:6]] == ["3", "3", "3"]
    assert sum(each.decision.decision.credited or 0 for each in found[6:]) == 1


def test_no_order_of_submission_changes_the_total(registry: Registry) -> None:
    sizes = [(240, "course"), (90, "conference"), (420, "course"), (300, "conference"),
             (45, "course"), (600, "course")]  # fmt: skip
    totals = set()
    for shift in range(len(sizes)):
        ada = registry.registrant()
        for minutes, kind in sizes[shift:] + sizes[:shift]:
            registry.counted(ada, minutes=minutes, kind=kind)
        with registry.database.read() as session:
            view = ledger.cycle_view(session, ada, on=date(2026, 11, 1))
        assert_no_cap_is_exceeded(registry, ada)
        totals.add(view.totals.total)
    assert totals == {Fraction(14)}
