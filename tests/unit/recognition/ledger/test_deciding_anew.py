"""Runs: after revocations, corrections and new policies; dry ones; who is told; cancelled ones."""

from datetime import date, timedelta

import pytest

from app.platform import outbox
from app.recognition.deciding.model import Outcome
from app.recognition.ledger import DECISION_MADE
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Cause, RunScope, RunState
from app.recognition.policies.reading import read_policy
from app.records.standing.model import Action, Reason
from tests.simulator.ledgers import POLICY, Ledgers, Registry

pytestmark = pytest.mark.slow


def text(registry: Registry, **how: str) -> str:
    given = {
        "policy_id": "rules",
        "version": "2",
        "first": "null",
        "last": "null",
        "credit": "1",
        "cap": "10",
        "whole": "1000",
        **how,
    }
    return POLICY.format(registry=registry.id, **given)


def submitted(registry: Registry, *minutes: int) -> tuple[ledger.Submission, ...]:
    """Some records of one registrant."""
    ada = registry.registrant()
    return tuple(registry.counted(ada, minutes=one) for one in minutes)


def run_of(registry: Registry, **scope: object) -> ledger.Run:
    """Start a run in earnest and work it to its end."""
    run = registry.write(
        ledger.rerun,
        RunScope(**scope),  # type: ignore[arg-type] # what the tests say
        cause=Cause.POLICY,
        why="The tests want it.",
        who="person:owner",
    )
    registry.node.work()
    with registry.database.read() as session:
        return ledger.get_run(session, registry.id, run.id)


def test_what_a_revoked_record_had_used_goes_to_those_after_it(
    registry: Registry, ledgers: Ledgers
) -> None:
    ada = registry.registrant()
    first = registry.record(ada, minutes=480)
    registry.submit(ada, first.json)
    second, third = (registry.counted(ada, minutes=240) for _ in range(2))
    assert registry.credited(ada) == ["8", "2", "0"]
    ledgers.work()
    ledgers.stand(first.id, Action.REVOKE, Reason.FRAUD)
    ledgers.work()
    assert registry.credited(ada) == ["reject", "4", "4"]
    assert registry.get(second).decision.cause is Cause.REVOKED
    assert registry.get(third).outcome is Outcome.ACCEPT


def test_a_suspended_record_waits_and_counts_again_when_it_is_reinstated(
    registry: Registry, ledgers: Ledgers
) -> None:
    ada = registry.registrant()
    record = registry.record(ada)
    (answer,) = registry.submit(ada, record.json)
    assert answer.submission is not None
    ledgers.work()
    ledgers.stand(record.id, Action.SUSPEND, Reason.UNDER_REVIEW)
    ledgers.work()
    assert registry.credited(ada) == ["review"]
    ledgers.stand(record.id, Action.REINSTATE, Reason.CLEARED)
    ledgers.work()
    assert registry.credited(ada) == ["1"]
    with registry.database.read() as session:
        made = ledger.history(session, answer.submission.id)
    assert [one.cause for one in made] == [Cause.SUBMITTED, Cause.CORRECTED, Cause.CORRECTED]
    assert [one.previous_id for one in made] == [None, made[0].id, made[1].id]


def test_a_revocation_that_nobody_heard_of_is_found_within_a_day(
    registry: Registry, ledgers: Ledgers
) -> None:
    ada = registry.registrant()
    record = registry.record(ada)
    registry.submit(ada, record.json)
    ledgers.work()
    ledgers.stand(record.id, Action.REVOKE, Reason.ERROR)
    with registry.database.write() as session:
        heard = outbox.due(session, "ledger:record.revoked", at=ledgers.now, limit=100)
        outbox.done(session, [one.id for one in heard])
    ledgers.work()
    assert registry.credited(ada) == ["1"]
    before = ledgers.now
    ledgers.now += timedelta(days=1)
    try:
        ledgers.work()
        assert registry.credited(ada) == ["reject"]
    finally:
        ledgers.now = before


def test_a_new_version_is_run_over_what_it_decides(registry: Registry) -> None:
    ada = registry.registrant()
    made = registry.counted(ada, minutes=60)
    old = registry.counted(ada, minutes=60, on=date(2025, 6, 1))
    registry.node.work()
    registry.adopt(version=2, credit="2", first="2026-01-01")
    registry.node.work()
    assert registry.credited(ada) == ["2", "1"]
    found = registry.get(made).decision
    assert (found.cause, found.decision.policy_version) == (Cause.POLICY, 2)
    assert registry.get(old).decision == old.decision


def test_a_new_version_does_not_begin_with_empty_caps(registry: Registry) -> None:
    ada = registry.registrant()
    registry.counted(ada, minutes=480, on=date(2026, 3, 1))
    registry.adopt(version=2, first="2026-07-01")
    found = registry.counted(ada, minutes=480, on=date(2026, 8, 1))
    assert str(found.decision.decision.credited) == "2"


def test_a_run_that_changes_nothing_writes_nothing(registry: Registry) -> None:
    (one,) = submitted(registry, 60)
    run = run_of(registry)
    assert (run.state, run.looked, run.changed) == (RunState.DONE, 1, 0)
    assert registry.get(one).decision == one.decision


def test_a_run_tells_what_it_changed_and_who_is_concerned_once(registry: Registry) -> None:
    ada = registry.registrant()
    email = f"ada@{registry.id}.example"
    registry.link(ada, email)
    for _ in range(3):
        registry.counted(ada)
    registry.node.work()
    registry.node.mailbox.sent.clear()
    registry.adopt(version=2, credit="3")
    registry.node.work()
    with registry.database.read() as session:
        run = ledger.run_page(session, registry.id).items[0]
        changes = ledger.run_changes(session, run.id).items
    assert (run.cause, run.changed) == (Cause.POLICY, 3)
    assert [(one.old["credited"], one.new["credited"]) for one in changes] == [("1", "3")] * 3
    assert [one.to for one in registry.node.mailbox.sent] == [email]
    assert "/account/cpd" in registry.node.mailbox.sent[0].text


def test_who_does_not_want_mail_gets_none(registry: Registry) -> None:
    ada = registry.registrant()
    person = registry.link(ada, f"ada@{registry.id}.example").removeprefix("person:")
    with registry.database.write() as session:
        assert ledger.wants_mail(session, person)
        ledger.choose_mail(session, person, wanted=True)
        ledger.choose_mail(session, person, wanted=False)
        assert not ledger.wants_mail(session, person)
    registry.counted(ada)
    registry.node.work()
    registry.node.mailbox.sent.clear()
    registry.adopt(version=2, credit="3")
    registry.node.work()
    assert registry.credited(ada) == ["3"]
    assert registry.node.mailbox.sent == []


def test_a_dry_run_is_what_a_run_would_be_and_keeps_nothing(registry: Registry) -> None:
    made = submitted(registry, 240, 240, 240)
    policy = read_policy(text(registry, cap="5", first="2030-01-01"))
    with registry.database.read() as session:
        found = list(ledger.dry_run(session, registry.id, policy, at=registry.node.now))
        some = list(ledger.dry_run(session, registry.id, policy, limit=1, at=registry.node.now))
        none = list(
            ledger.dry_run(
                session, registry.id, policy, since=date(2027, 1, 1), at=registry.node.now
            )
        )
    told = [(str(one.old.credited), str(one.new.credited)) for one in found]
    assert told == [("4", "4"), ("4", "1"), ("2", "0")]
    assert [len(some), len(none)] == [1, 0]
    assert [registry.get(one).decision for one in made] == [one.decision for one in made]


def test_a_version_can_be_tried_over_everything_before_it_is_adopted(registry: Registry) -> None:
    (made,) = submitted(registry, 60)
    with registry.database.write() as session:
        from app.recognition.adoption import service as adoption

        adoption.draft(session, registry.owner, text(registry, credit="2"), at=registry.node.now)
    scope = RunScope(policy_id="rules", policy_version=2)
    run = registry.write(
        ledger.rerun, scope, cause=Cause.POLICY, why="Try.", dry=True, who="person:owner"
    )
    registry.node.work()
    with registry.database.read() as session:
        (change,) = ledger.run_changes(session, run.id).items
    assert (change.old["credited"], change.new["credited"]) == ("1", "2")
    assert registry.get(made).decision == made.decision


@pytest.mark.parametrize(
    ("scope", "dry", "code"),
    [
        (RunScope(policy_id="rules", policy_version=1), False, "invalid"),
        (RunScope(policy_version=1), True, "invalid"),
        (RunScope(policy_id="rules", policy_version=9), True, "not-found"),
        (RunScope(verify=True), True, "invalid"),
        (RunScope(since=date(2026, 2, 1), until=date(2026, 1, 1)), False, "invalid"),
        (RunScope(submissions=("x",) * 1001), False, "invalid"),
    ],
)
def test_a_run_that_makes_no_sense_is_not_started(
    registry: Registry, scope: RunScope, dry: bool, code: str
) -> None:
    with pytest.raises(Exception, match=r"\w") as caught:
        registry.write(ledger.rerun, scope, cause=Cause.POLICY, why="So.", dry=dry, who="person:x")
    assert getattr(caught.value, "code", "") == code


def test_a_cancelled_run_decides_no_more(registry: Registry) -> None:
    (made,) = submitted(registry, 60)
    registry.node.work()
    registry.adopt(version=2, credit="2")
    node = registry.node
    from app.recognition.ledger.work import hear

    hear(node.work_desk())
    with registry.database.read() as session:
        run = ledger.run_page(session, registry.id).items[0]
    registry.write(ledger.cancel_run, run.id, who="person:owner")
    node.work()
    assert registry.get(made).decision == made.decision
    with registry.database.read() as session:
        assert ledger.get_run(session, registry.id, run.id).state is RunState.CANCELLED


def test_a_run_is_narrowed_by_days_and_by_submissions(registry: Registry) -> None:
    ada = registry.registrant()
    one = registry.counted(ada, on=date(2026, 1, 10))
    two = registry.counted(ada, on=date(2026, 5, 10))
    registry.node.work()
    registry.adopt(version=2, credit="2")
    # The event of the adoption is left alone: what is asked for here is what is run.
    with registry.database.write() as session:
        waiting = outbox.due(session, "policy.changed", at=registry.node.now, limit=100)
        outbox.done(session, [entry.id for entry in waiting])
    run_of(registry, since=date(2026, 2, 1))
    assert registry.credited(ada) == ["1", "2"]
    run_of(registry, submissions=(two.id,))
    assert registry.credited(ada) == ["1", "2"]
    run_of(registry, until=date(2026, 1, 31), submissions=(one.id,))
    assert registry.credited(ada) == ["2", "2"]


def test_whoever_follows_decisions_hears_of_each(registry: Registry) -> None:
    with registry.database.write() as session:
        outbox.follow(session, DECISION_MADE, "test:decisions")
    try:
        (made,) = submitted(registry, 60)
        with registry.database.read() as session:
            heard = outbox.due(session, "test:decisions", at=registry.node.now, limit=10)
            briefs = ledger.get_briefs(session, [one.key for one in heard])
        assert [one.key for one in heard] == [made.decision.id]
        assert briefs[made.decision.id] == made.decision
    finally:
        with registry.database.write() as session:
            outbox.unfollow(session, DECISION_MADE, "test:decisions")
