"""Submitting records: decided at once, the same again, another's, unreadable, revoked."""

from datetime import date
from fractions import Fraction

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DatabaseError

from app.platform.ids import new_id
from app.recognition.deciding.model import Outcome
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import MOST_RECORDS, RECORD_LIMIT
from app.recognition.ledger.tables import DecisionRow
from app.recognition.register import service as register
from app.records.standing.model import Action, Reason
from tests.simulator.issuer import SimulatedIssuer
from tests.simulator.ledgers import POLICY, Ledgers, Registry


def test_a_record_is_decided_when_it_is_submitted(registry: Registry) -> None:
    found = registry.counted(registry.registrant(), minutes=90)
    made = found.decision
    assert (found.outcome, str(made.decision.credited)) == (Outcome.ACCEPT, "3/2")
    assert (made.sequence, made.previous_id, made.decision.rule) == (1, None, "course")
    assert made.decision.used == {"formal-year": 0, "all-cycle": 0}
    assert found.title.startswith("Course")


def test_the_same_record_again_is_the_same_submission_in_either_form(registry: Registry) -> None:
    ada = registry.registrant()
    record = registry.record(ada)
    (first,) = registry.submit(ada, record.json)
    again = registry.submit(ada, record.json, record.jwt.encode())
    assert first.created
    assert first.submission is not None
    assert [one.created for one in again] == [False, False]
    assert {one.submission and one.submission.id for one in again} == {first.submission.id}
    assert registry.credited(ada) == ["1"]


def test_a_record_that_another_registrant_holds_is_refused(registry: Registry) -> None:
    ada, eve = registry.registrant(), registry.registrant()
    registry.adopt(version=2)
    record = registry.record(ada)
    registry.submit(ada, record.json)
    (refused,) = registry.submit(eve, record.json)
    assert refused.submission is None
    assert refused.error is not None
    assert refused.error.code == "record-held-by-another"


def test_who_submits_anothers_record_does_not_keep_it_from_its_holder(
    registry: Registry,
) -> None:
    ada, eve = registry.registrant(), registry.registrant()
    record = registry.record(ada)
    (stolen,) = registry.submit(eve, record.json)
    assert stolen.submission is not None
    assert stolen.submission.decision.decision.reasons == ("HOLDER_MISMATCH",)
    registry.submit(ada, record.json)
    assert registry.credited(ada) == ["1"]
    (again,) = registry.submit(eve, record.json)
    assert again.submission is not None
    assert again.submission.outcome is Outcome.REJECT


def test_a_bad_record_stops_no_other(registry: Registry) -> None:
    ada = registry.registrant()
    good = registry.record(ada).json
    answers = registry.submit(ada, b"", b"{}", b"x" * (RECORD_LIMIT + 1), good, b"\xff\x00")
    assert [one.error.code if one.error else "" for one in answers] == [
        "record-unreadable",
        "record-unreadable",
        "record-too-large",
        "",
        "record-unreadable",
    ]
    assert [one.index for one in answers] == [0, 1, 2, 3, 4]
    assert registry.credited(ada) == ["1"]


def test_a_forged_record_is_kept_and_rejected_with_nothing_of_what_it_says(
    registry: Registry,
) -> None:
    ada = registry.registrant()
    record = registry.record(ada).json.replace(b'"60"', b'"600"')
    (answer,) = registry.submit(ada, record)
    assert answer.submission is not None
    assert answer.submission.decision.decision.reasons == ("SIG_INVALID",)
    assert (answer.submission.title, answer.submission.issuer_id) == ("", None)


def test_no_registrant_no_submission(registry: Registry, ledgers: Ledgers) -> None:
    other = ledgers.registry()
    stranger = other.registrant()
    (answer,) = registry.submit(stranger, registry.record(registry.registrant()).json)
    assert answer.error is not None
    assert answer.error.code == "not-found"


@pytest.mark.slow
def test_a_request_has_its_limit(registry: Registry) -> None:
    ada = registry.registrant()
    record = registry.record(ada).json
    answers = ledger.submit(
        registry.database,
        registry.node.desk,
        registry.id,
        ada.id,
        (record for _ in range(MOST_RECORDS + 1)),
        origin=ledger.Origin.API,
        who="client:x",
        at=registry.node.now,
    )
    assert len(answers) == MOST_RECORDS + 1
    assert answers[-1].error is not None
    assert answers[-1].error.code == "too-many-records"
    assert sum(one.created for one in answers) == 1


def test_without_a_policy_people_decide(ledgers: Ledgers) -> None:
    bare = ledgers.registry()
    found = bare.counted(bare.registrant())
    assert found.decision.decision.reasons == ("NO_POLICY",)
    assert found.outcome is Outcome.REVIEW


def test_a_second_of_one_activity_is_a_duplicate(registry: Registry) -> None:
    ada = registry.registrant()
    how = {"course": "Bridges", "url": "https://society.example/bridges"}
    registry.counted(ada, run="a", **how)
    found = registry.counted(ada, run="b", minutes=120, **how)
    assert found.decision.decision.reasons == ("DUPLICATE",)


def test_a_correction_takes_the_place_of_what_it_corrects(
    registry: Registry, ledgers: Ledgers
) -> None:
    ada = registry.registrant()
    how = {"course": "Tunnels", "url": "https://society.example/tunnels"}
    old = registry.record(ada, **how)
    registry.submit(ada, old.json)
    new = registry.record(ada, minutes=120, supersedes=old.id, **how)
    (answer,) = registry.submit(ada, new.json)
    assert answer.submission is not None
    assert registry.credited(ada) == ["reject", "2"]


def test_a_revoked_record_is_rejected_with_its_reason(registry: Registry, ledgers: Ledgers) -> None:
    ada = registry.registrant()
    record = registry.record(ada)
    ledgers.stand(record.id, Action.REVOKE, Reason.ERROR)
    (answer,) = registry.submit(ada, record.json)
    assert answer.submission is not None
    assert answer.submission.decision.decision.reasons == ("STATUS_REVOKED",)


def test_caps_are_used_up_in_the_order_of_submission(registry: Registry) -> None:
    ada = registry.registrant()
    for _ in range(3):
        registry.counted(ada, minutes=240)
    assert registry.credited(ada) == ["4", "4", "2"]
    last = registry.counted(ada, minutes=240)
    assert last.outcome is Outcome.ACCEPT_CAPPED
    assert str(last.decision.decision.credited) == "0"
    assert str(last.decision.decision.used["formal-year"]) == "10"


@pytest.mark.parametrize("statement", ["update", "delete"])
def test_the_database_refuses_to_change_a_decision(registry: Registry, statement: str) -> None:
    found = registry.counted(registry.registrant())
    what = (
        update(DecisionRow).values(outcome="accept")
        if statement == "update"
        else delete(DecisionRow)
    )
    with pytest.raises(DatabaseError, match="append-only"), registry.database.write() as session:
        session.execute(what.where(DecisionRow.id == found.decision.id))


def test_a_record_that_no_database_keeps_stops_no_other(registry: Registry) -> None:
    """PostgreSQL keeps no NUL in any text; SQLite does."""
    issuer = SimulatedIssuer()
    records = [
        issuer.secure_jwt(issuer.record(name=name, id=f"urn:uuid:{new_id()}")).encode()
        for name in ("Nul \x00 here", "Bridges")
    ]
    first, second = ledger.submit(
        registry.database,
        ledger.Desk(lambda _: issuer.bundle()),
        registry.id,
        registry.registrant().id,
        records,
        origin=ledger.Origin.API,
        who="client:x",
        at=registry.node.now,
    )
    assert second.created
    assert second.submission is not None
    assert second.submission.title == "Bridges"
    kept = first.submission is not None and first.submission.title == "Nul \x00 here"
    assert kept == registry.database.is_sqlite
    assert kept or (first.error is not None and first.error.code == "record-unreadable")


def test_a_policy_may_take_what_engineers_declare_or_refuse_it(ledgers: Ledgers) -> None:
    for said, found in (("accept", "2"), ("reject", "reject"), ("review", "review")):
        made = ledgers.registry()
        text = POLICY.format(
            registry=made.id, policy_id="rules", version="1", first="null", last="null",
            credit="1", cap="10", whole="99",
        )  # fmt: skip
        made.adopt(text=f"{text}self_declared: {said}\n")
        ada = made.registrant()
        entry = ledger.Declared(
            title="Reading",
            completed=date(2026, 6, 1),
            kind="course",
            measures={"contact_minutes": Fraction(120)},
        )
        assert made.write(ledger.declare, ada.id, entry, who="person:ada").self_declared
        assert made.credited(ada) == [found]


def test_what_another_registrant_has_come_to_hold_is_a_duplicate_when_it_is_decided_anew(
    registry: Registry,
) -> None:
    ada, eve = registry.registrant(), registry.registrant()
    record = registry.record(ada)
    (stolen,) = registry.submit(eve, record.json)
    registry.submit(ada, record.json)
    assert stolen.submission is not None
    clerk, judge = registry.person("clerk"), registry.person("judge")
    filed = registry.write(
        ledger.appeal, stolen.submission.id, "It is mine.", in_stead=True, who=clerk
    )
    verdict = ledger.Verdict(ledger.Judged.ACCEPT, Fraction(1), rule="course")
    registry.write(
        ledger.answer, filed.id, upheld=True, reason="So be it.", verdict=verdict, who=judge
    )
    assert registry.get(stolen.submission).decision.decision.reasons == ("DUPLICATE",)
    assert registry.credited(ada) == ["1"]


def test_two_registrants_may_wait_for_people_with_one_record_and_one_alone_gets_it(
    registry: Registry, ledgers: Ledgers
) -> None:
    """The binding was a mistake: whose the record is, is open again for both."""
    ada, eve = registry.registrant(), registry.registrant()
    record = registry.record(ada)
    (stolen,) = registry.submit(eve, record.json)
    registry.submit(ada, record.json)
    assert stolen.submission is not None
    with registry.database.write() as session:
        (bound,) = register.bindings(session, ada)
        how = {"why": "Wrong.", "at": ledgers.now, "who": "system:test"}
        register.undo_binding(session, registry.id, bound.id, **how)
    scope = ledger.RunScope(verify=True)
    registry.write(
        ledger.rerun, scope, cause=ledger.Cause.CORRECTED, why="Look again.", who="person:x"
    )
    ledgers.work()
    assert (registry.credited(ada), registry.credited(eve)) == (["review"], ["review"])
    verdict = ledger.Verdict(ledger.Judged.ACCEPT, Fraction(1), rule="course")
    one, two = registry.person("one"), registry.person("two")
    for registrant in (eve, ada):
        with registry.database.read() as session:
            (submission,) = ledger.of_registrant(session, registrant.id)
        made = registry.write(ledger.review, submission.id, verdict, note="So.", who=one)
        registry.write(ledger.confirm, made.id, agree=True, who=two)
    assert (registry.credited(ada), registry.credited(eve)) == (["1"], ["reject"])
