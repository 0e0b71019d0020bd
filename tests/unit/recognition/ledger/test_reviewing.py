"""Reviews by two people, and appeals that somebody else answers."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from app.platform.problems import DomainError
from app.recognition.deciding.facts import Supplement
from app.recognition.deciding.model import Approval, Outcome
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import (
    AppealKind,
    AppealState,
    Cause,
    Declared,
    Evidence,
    Judged,
    ReviewState,
    Submission,
    Verdict,
)
from app.records.standing.model import Action, Reason
from tests.simulator.ledgers import Ledgers, Registry

pytestmark = pytest.mark.slow

ACCEPT = Verdict(Judged.ACCEPT, Fraction(5, 2), rule="course")
WANTS_AN_APPROVAL = """\
policy_id: rules
policy_version: 2
registry: {registry}
status: draft
unit: hour
issuers: {{accept_any: true}}
approval: {{body: PEC, on_missing: review, on_expired: reject}}
map: [{{id: all, when: {{}}, measure: contact_minutes, per: 60, credit: 1, category: formal}}]
"""
ENTRY = Declared(
    title="Reading",
    completed=date(2026, 6, 1),
    kind="course",
    measures={"contact_minutes": Fraction(120)},
    evidence=(Evidence("Notes", text="What I read."),),
)


def refused(call: Callable[..., Any], *what: Any, **more: Any) -> str:
    with pytest.raises(DomainError) as caught:
        call(*what, **more)
    return caught.value.code


def in_review(registry: Registry, **changes: Any) -> Submission:
    """A record that the policy leaves to people."""
    found = registry.counted(registry.registrant(), kind="mentoring", **changes)
    assert found.outcome is Outcome.REVIEW
    return found


def decided(registry: Registry, submission: Submission, verdict: Verdict) -> Submission:
    """By two people, as it should be."""
    one, two = registry.person("one"), registry.person("two")
    made = registry.write(ledger.review, submission.id, verdict, note="I looked.", who=one)
    settled = registry.write(ledger.confirm, made.id, agree=True, who=two)
    assert settled.state is ReviewState.CONFIRMED
    return registry.get(submission)


def test_a_verdict_decides_when_a_second_person_confirms_it(registry: Registry) -> None:
    submission = in_review(registry)
    one, two = registry.person("one"), registry.person("two")
    made = registry.write(ledger.review, submission.id, ACCEPT, note="Shown to me.", who=one)
    assert registry.get(submission).outcome is Outcome.REVIEW
    assert refused(registry.write, ledger.confirm, made.id, agree=True, who=one) == (
        "needs-another-person"
    )
    registry.write(ledger.confirm, made.id, agree=True, who=two)
    found = registry.get(submission).decision
    assert (found.cause, str(found.decision.credited)) == (Cause.REVIEWED, "5/2")
    assert (found.decision.category, found.decision.reasons) == ("formal", ("BY_HAND",))
    assert (found.sequence, found.previous_id) == (2, submission.decision.id)


def test_what_is_sent_back_can_be_proposed_anew(registry: Registry) -> None:
    submission = in_review(registry)
    one, two = registry.person("one"), registry.person("two")
    made = registry.write(ledger.review, submission.id, ACCEPT, note="Yes.", who=one)
    assert refused(registry.write, ledger.confirm, made.id, agree=False, who=two) == "invalid"
    again = ledger.review, submission.id, ACCEPT
    assert refused(registry.write, *again, note="Yes.", who=two) == "review-open"
    sent = registry.write(ledger.confirm, made.id, agree=False, note="No proof.", who=two)
    assert sent.state is ReviewState.SENT_BACK
    registry.write(*again, note="Here is proof.", who=one)
    assert refused(registry.write, ledger.confirm, made.id, agree=True, who=two) == (
        "review-settled"
    )


def test_nobody_decides_about_himself_and_no_program_confirms(registry: Registry) -> None:
    ada = registry.registrant()
    submission = registry.counted(ada, kind="mentoring")
    herself = registry.link(ada, f"ada@{registry.id}.example")
    propose = ledger.review, submission.id, ACCEPT
    assert refused(registry.write, *propose, note="I.", who=herself) == "needs-another-person"
    made = registry.write(*propose, note="It.", who="client:program")
    assert refused(registry.write, ledger.confirm, made.id, agree=True, who=herself) == (
        "needs-another-person"
    )
    assert refused(registry.write, ledger.confirm, made.id, agree=True, who="client:b") == (
        "needs-a-person"
    )


@pytest.mark.parametrize(
    ("verdict", "pointer"),
    [
        (Verdict(Judged.ACCEPT, None, rule="course"), "/amount"),
        (Verdict(Judged.ACCEPT, Fraction(0), rule="course"), "/amount"),
        (Verdict(Judged.ACCEPT, Fraction(-1), rule="course"), "/amount"),
        (Verdict(Judged.ACCEPT, Fraction(1), rule="nothing"), "/rule"),
        (Verdict(Judged.ACCEPT, Fraction(1), category="nothing"), "/category"),
        (Verdict(Judged.ACCEPT, Fraction(1)), "/category"),
        (Verdict(Judged.REJECT, Fraction(1)), "/amount"),
        (
            Verdict(Judged.EVALUATE, supplement=Supplement(tags=("a\nb",))),
            "/supplement/tags",
        ),
    ],
)
def test_a_verdict_that_says_nothing_clear_is_refused_naming_the_field(
    registry: Registry, verdict: Verdict, pointer: str
) -> None:
    submission = in_review(registry)
    with pytest.raises(DomainError) as caught:
        registry.write(ledger.review, submission.id, verdict, note="So.", who="person:x")
    assert [one.pointer for one in caught.value.fields] == [pointer]


def test_amounts_by_hand_obey_the_caps(registry: Registry) -> None:
    ada = registry.registrant()
    registry.counted(ada, minutes=540)
    submission = registry.counted(ada, kind="mentoring")
    found = decided(registry, submission, ACCEPT)
    assert (found.outcome, str(found.decision.decision.credited)) == (
        Outcome.ACCEPT_CAPPED,
        "1",
    )
    assert found.decision.decision.reasons == ("CAP:formal-year",)


def test_what_is_accepted_late_takes_its_place_in_the_order_of_submission(
    registry: Registry,
) -> None:
    ada = registry.registrant()
    first = registry.counted(ada, kind="mentoring")
    second = registry.counted(ada, minutes=600)
    assert registry.credited(ada) == ["review", "10"]
    decided(registry, first, ACCEPT)
    assert registry.credited(ada) == ["5/2", "15/2"]
    found = registry.get(second).decision
    assert (found.cause, found.sequence) == (Cause.REVIEWED, 2)
    assert "follows" in str(found.note)


def test_facts_that_were_missing_let_the_policy_decide_again(registry: Registry) -> None:
    ada = registry.registrant()
    registry.adopt(version=2, text=WANTS_AN_APPROVAL.format(registry=registry.id))
    submission = registry.counted(ada, minutes=90)
    assert submission.decision.decision.reasons == ("APPROVAL_MISSING",)
    added = Supplement(approvals=(Approval("PEC", "A-1"),), tags=("ethics",))
    found = decided(registry, submission, Verdict(Judged.EVALUATE, supplement=added))
    assert str(found.decision.decision.credited) == "3/2"
    assert found.decision.decision.counted_tags == ("technical", "ethics")
    registry.node.work()  # once a day everything is verified again: what was added stays
    assert registry.get(submission).decision == found.decision


def test_a_revoked_record_is_rejected_whatever_people_said(
    registry: Registry, ledgers: Ledgers
) -> None:
    ada = registry.registrant()
    record = registry.record(ada, kind="mentoring")
    (answer,) = registry.submit(ada, record.json)
    assert answer.submission is not None
    decided(registry, answer.submission, ACCEPT)
    ledgers.work()
    ledgers.stand(record.id, Action.REVOKE, Reason.FRAUD)
    ledgers.work()
    found = registry.get(answer.submission).decision
    assert (found.cause, found.decision.reasons) == (Cause.REVOKED, ("STATUS_REVOKED",))


def test_an_entry_by_hand_counts_when_people_vouch_for_it(registry: Registry) -> None:
    ada = registry.registrant()
    made = registry.write(ledger.declare, ada.id, ENTRY, who="person:ada")
    assert made.decision.decision.reasons == ("SELF_DECLARED",)
    assert made.evidence == ENTRY.evidence
    assert registry.write(ledger.declare, ada.id, ENTRY, who="person:ada").id == made.id
    found = decided(registry, made, Verdict(Judged.EVALUATE))
    assert (found.self_declared, str(found.decision.decision.credited)) == (True, "2")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": " "}, "/title"),
        ({"kind": "party"}, "/kind"),
        ({"completed": date(1900, 1, 1)}, "/completed"),
        ({"measures": {}}, "/measures"),
        ({"measures": {"hours": Fraction(1)}}, "/measures/hours"),
        ({"measures": {"count": Fraction(-1)}}, "/measures/count"),
        ({"evidence": (Evidence("x"),)}, "/evidence/0"),
        ({"evidence": (Evidence("x", digest="XYZ"),)}, "/evidence/0/digest"),
    ],
)
def test_an_entry_by_hand_is_held_to_its_form(
    registry: Registry, change: dict[str, Any], pointer: str
) -> None:
    given = {name: getattr(ENTRY, name) for name in ENTRY.__slots__} | change
    with pytest.raises(DomainError) as caught:
        registry.write(ledger.declare, "nobody", Declared(**given), who="person:ada")
    assert [one.pointer for one in caught.value.fields] == [pointer]


def rejected(registry: Registry) -> tuple[Submission, str]:
    """A rejected record, and the engineer whose it is."""
    ada = registry.registrant()
    who = registry.link(ada, f"ada-{ada.number}@{registry.id}.example")
    how = {"url": f"https://society.example/{ada.id}", "course": "Bridges"}
    registry.counted(ada, run="a", **how)
    return registry.counted(ada, run="b", **how), who


def test_an_appeal_is_answered_by_somebody_else(registry: Registry) -> None:
    submission, ada = rejected(registry)
    made = registry.write(ledger.appeal, submission.id, "Two days.", who=ada)
    again = ledger.appeal, submission.id, "Again."
    assert refused(registry.write, *again, who=ada) == "appeal-open"
    answer = ledger.answer, made.id
    said = {"upheld": False, "reason": "One course."}
    assert refused(registry.write, *answer, **said, who=ada) == "needs-another-person"
    assert refused(registry.write, *answer, **said, who="client:a") == "needs-a-person"
    found = registry.write(*answer, **said, who=registry.person("judge"))
    assert (found.state, found.answer) == (AppealState.DISMISSED, "One course.")
    assert registry.get(submission).decision == submission.decision
    assert refused(registry.write, *answer, **said, who=registry.person("b")) == ("appeal-answered")


def test_an_appeal_that_is_upheld_makes_another_decision(registry: Registry) -> None:
    submission = in_review(registry)
    decided(registry, submission, Verdict(Judged.REJECT))
    filed = registry.write(
        ledger.appeal, submission.id, "Look.", in_stead=True, who=registry.person("clerk")
    )
    answer = {"upheld": True, "reason": "It was shown.", "verdict": ACCEPT}
    for decider in ("one", "two"):
        who = registry.person(decider)
        assert refused(registry.write, ledger.answer, filed.id, **answer, who=who) == (
            "needs-another-person"
        )
    bare = {"upheld": True, "reason": "Yes."}
    judge = registry.person("judge")
    assert refused(registry.write, ledger.answer, filed.id, **bare, who=judge) == "invalid"
    made = registry.write(ledger.answer, filed.id, **answer, who=judge)
    found = registry.get(submission).decision
    assert (made.state, made.result_id) == (AppealState.UPHELD, found.id)
    assert (found.cause, str(found.decision.credited)) == (Cause.APPEAL, "5/2")


def test_an_appeal_has_its_days_and_a_human_look_has_none(
    registry: Registry, ledgers: Ledgers
) -> None:
    submission, ada = rejected(registry)
    before = ledgers.now
    ledgers.now += timedelta(days=61)
    try:
        late = ledger.appeal, submission.id, "Late."
        assert refused(registry.write, *late, who=ada) == "appeal-closed"
        look = registry.write(*late, kind=AppealKind.HUMAN_LOOK, who=ada)
        assert look.state is AppealState.OPEN
    finally:
        ledgers.now = before


def test_to_everybody_else_there_is_nothing_to_appeal_against(
    registry: Registry, ledgers: Ledgers
) -> None:
    submission, _ = rejected(registry)
    stranger = registry.person("stranger")
    assert refused(registry.write, ledger.appeal, submission.id, "Mine.", who=stranger) == (
        "not-found"
    )
    other = ledgers.registry()
    assert refused(other.write, ledger.appeal, submission.id, "x", in_stead=True, who="x") == (
        "not-found"
    )
    assert refused(other.write, ledger.review, submission.id, ACCEPT, note="x", who="x") == (
        "not-found"
    )


def test_what_is_accepted_in_full_is_not_appealed_against(registry: Registry) -> None:
    ada = registry.registrant()
    who = registry.link(ada, f"ada@{registry.id}.example")
    submission = registry.counted(ada)
    for kind in AppealKind:
        code = refused(registry.write, ledger.appeal, submission.id, "More.", kind=kind, who=who)
        assert code == "appeal-closed"


def test_a_verdict_on_what_was_decided_since_is_out_of_date(
    registry: Registry, ledgers: Ledgers
) -> None:
    ada = registry.registrant()
    record = registry.record(ada, kind="mentoring")
    (answer,) = registry.submit(ada, record.json)
    assert answer.submission is not None
    one, two = registry.person("one"), registry.person("two")
    made = registry.write(ledger.review, answer.submission.id, ACCEPT, note="Yes.", who=one)
    ledgers.work()
    ledgers.stand(record.id, Action.SUSPEND, Reason.UNDER_REVIEW)
    ledgers.work()
    settled = registry.write(ledger.confirm, made.id, agree=True, who=two)
    assert settled.state is ReviewState.OUTDATED
    assert registry.get(answer.submission).outcome is Outcome.REVIEW
