"""Results are remembered; whatever they rest on, when it changes the result changes with it."""

from datetime import date, timedelta

import pytest

from app.recognition.adoption import service as adoption
from app.recognition.deciding.model import Outcome
from app.recognition.offering import bodies, service
from app.recognition.offering.model import Counting as Result
from app.recognition.register import service as register
from app.recognition.register.model import NewApprovalListing, NewIssuerListing
from tests.simulator.counting import HOURS, HOURS_POLICY, OTHER, SOCIETY, STRICT, Counting, course

pytestmark = pytest.mark.slow


def result(counting: Counting, course_id: str, registry: str) -> Result:
    with counting.house.node.database.read() as session:
        asked = bodies.find(session, [registry])
        on = counting.house.now.date()
        found = service.many_count_for(session, [course_id], asked, on=on)
    return found[course_id][0]


def test_a_course_that_changes_counts_for_something_else(counting: Counting) -> None:
    course_id = counting.publish(SOCIETY, "changing", course("changing", 4))
    assert result(counting, course_id, HOURS).amount == 2
    assert counting.publish(SOCIETY, "changing", course("changing", 10)) == course_id
    assert result(counting, course_id, HOURS).amount == 5


def test_a_withdrawn_course_counts_for_nothing_more(counting: Counting) -> None:
    course_id = counting.publish(SOCIETY, "leaving", course("leaving", 4))
    assert result(counting, course_id, HOURS).amount == 2
    answer = counting.house.http.delete(
        f"/api/v1/societies/{SOCIETY}/courses/leaving", headers=counting.house.token(SOCIETY)
    )
    assert answer.status_code < 300, answer.text
    with counting.house.node.database.read() as session:
        asked = bodies.find(session, [HOURS])
        on = counting.house.now.date()
        assert service.many_count_for(session, [course_id], asked, on=on) == {}


def test_a_society_counts_from_when_it_is_listed_until_it_is_struck(counting: Counting) -> None:
    course_id = counting.publish(OTHER, "listed", course("listed", 10))
    assert result(counting, course_id, STRICT).outcome is Outcome.REVIEW
    at = counting.house.now
    with counting.house.node.database.write() as session:
        new = NewIssuerListing(counting.issuer(OTHER), "listed-society", "2026-01-01")
        listing = register.add_issuer(session, STRICT, new, at=at, who="system:test")
    assert result(counting, course_id, STRICT).amount == 1
    with counting.house.node.database.write() as session:
        ending = register.Ending(None, "It was a mistake.")
        register.end_issuer(session, STRICT, listing.id, ending, at=at, who="system:test")
    assert result(counting, course_id, STRICT).outcome is Outcome.REVIEW


def test_a_new_version_counts_from_its_first_day(counting: Counting) -> None:
    tomorrow = counting.house.now.date() + timedelta(days=1)
    later = course("later", 8, runs=[{"id": "a", "start": "2099-05-01", "end": "2099-05-02"}])
    now_id = counting.publish(SOCIETY, "now", course("now", 8))
    later_id = counting.publish(SOCIETY, "later", later)
    assert result(counting, now_id, HOURS).amount == result(counting, later_id, HOURS).amount == 4
    text = HOURS_POLICY.replace("policy_version: 1", "policy_version: 2")
    text = text.replace("from: 2026-01-01", f"from: {tomorrow}").replace('"120"', '"60"')
    counting.adopt(HOURS, text)
    assert result(counting, now_id, HOURS).amount == 4
    assert result(counting, later_id, HOURS).amount == 8


def test_an_approval_is_the_registrys_and_the_issuers(counting: Counting) -> None:
    text = """\
policy_id: approved
policy_version: 1
registry: pending
status: draft
unit: point
issuers: {accept_any: true}
approval: {body: PENDING, on_missing: review, on_expired: reject}
map: [{id: all, when: {}, measure: contact_minutes, per: "60", credit: "1", category: c}]
"""
    counting.adopt("pending", text)
    credit = {"value": "4", "unit": "CPD-point", "framework": "PENDING", "approval_no": "A-7"}
    course_id = counting.publish(SOCIETY, "approved", course("approved", 4, credits=[credit]))
    assert result(counting, course_id, "pending").outcome is Outcome.REVIEW
    at = counting.house.now
    with counting.house.node.database.write() as session:
        new = NewApprovalListing("PENDING", "A-7", issuer_id=counting.issuer(OTHER))
        register.add_approval(session, "pending", new, at=at, who="system:test")
    assert result(counting, course_id, "pending").outcome is Outcome.REVIEW
    with counting.house.node.database.write() as session:
        new = NewApprovalListing("PENDING", "A-7", issuer_id=counting.issuer(SOCIETY))
        register.add_approval(session, "pending", new, at=at, who="system:test")
    assert result(counting, course_id, "pending").amount == 4


@pytest.mark.parametrize(("until", "expected"), [("2099-12-31", True), ("2026-12-31", False)])
def test_candidates_end_in_time_and_the_soonest_come_first(
    counting: Counting, until: str, expected: bool
) -> None:
    dated = course("dated", 4, runs=[{"id": "a", "start": "2099-02-01"}],
                   offers=[{"amount": "0", "currency": "KES"}])  # fmt: skip
    past = course("past", 4, runs=[{"id": "a", "start": "2020-02-01"}])
    ids = {one: counting.publish(SOCIETY, one, given)
           for one, given in (("dated", dated), ("past", past))}  # fmt: skip
    on = counting.house.now.date()
    with counting.house.node.database.read() as session:
        (policy,) = adoption.in_force(session, STRICT, on=on)
        found = service.candidates(
            session, policy, on=on, until=date.fromisoformat(until), limit=50, registry_id=STRICT
        )
        nobody = service.candidates(session, policy, on=on, until=on, limit=50)
    named = {one.course_id: one for one in found}
    assert (ids["dated"] in named) is expected
    assert ids["past"] not in named
    assert counting.ids["untimed"] not in named
    assert nobody == []
    days = [one.next_start or on for one in found]
    assert days == sorted(days)
    if expected:
        assert named[ids["dated"]].price_free
        assert named[ids["dated"]].next_start == date(2099, 2, 1)
