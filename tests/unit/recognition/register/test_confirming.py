"""An engineer states a number, and the registry confirms it or refuses; never for two people."""

import pytest
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.people import registrations
from app.identity.people import service as people
from app.identity.people.holdings import Owner, erase, export
from app.identity.people.model import Answer, NewRegistration
from app.platform.problems import Conflict, Invalid, NotFound
from app.recognition.register import confirming, registrants, service
from app.web.account.holdings import HOLDINGS
from tests.conftest import NOW
from tests.simulator.registries import WHO, add_registrant


def engineer(session: Session, registry: str, name: str = "ada") -> str:
    return people.person_of_email(session, f"{name}@{registry}.example", at=NOW).id


def states(session: Session, person: str, registry: str, number: str) -> str:
    new = NewRegistration(registry, number)
    return registrations.add(session, person, new, at=NOW).id


def answer_to(session: Session, person: str) -> tuple[Answer | None, str | None]:
    (found,) = registrations.of_person(session, person)
    return found.answer, found.answer_note


def test_what_waits_is_shown_beside_who_has_the_number(
    session: Session, pec: str, ebk: str
) -> None:
    ada = add_registrant(session, pec, "4711")
    person = engineer(session, pec)
    known = states(session, person, pec, "4711")
    unknown = states(session, person, pec, "nobody's")
    states(session, person, ebk, "4711")
    first = service.waiting(session, pec, limit=1)
    rest = service.waiting(session, pec, cursor=first.next_cursor, limit=9)
    found = {one.registration_id: one.registrant for one in (*first.items, *rest.items)}
    assert found == {known: ada, unknown: None}


def test_confirming_links_and_the_engineer_is_told(session: Session, pec: str) -> None:
    ada = add_registrant(session, pec, "4711")
    person = engineer(session, pec)
    made = states(session, person, pec, "4711")
    linked = service.confirm(session, pec, made, at=NOW, who=WHO)
    assert (linked.id, linked.person_id) == (ada.id, person)
    assert answer_to(session, person) == (Answer.CONFIRMED, None)
    assert service.of_person(session, person) == [linked]
    assert service.waiting(session, pec, limit=9).items == []
    with pytest.raises(confirming.AlreadyAnswered):
        service.refuse(session, pec, made, why="No.", at=NOW, who=WHO)
    trail = audit.trail(session, f"registration:{made}")
    assert [(one.action, one.organisation_id) for one in trail] == [("registration.confirm", pec)]


def test_refusing_says_why_and_links_nobody(session: Session, pec: str) -> None:
    add_registrant(session, pec, "4711")
    person = engineer(session, pec)
    made = states(session, person, pec, "4711")
    with pytest.raises(Invalid):
        service.refuse(session, pec, made, why="", at=NOW, who=WHO)
    service.refuse(session, pec, made, why="Another person has it.", at=NOW, who=WHO)
    assert answer_to(session, person) == (Answer.REFUSED, "Another person has it.")
    assert service.of_person(session, person) == []


def test_who_is_unlinked_waits_for_an_answer_again(session: Session, pec: str) -> None:
    add_registrant(session, pec, "4711")
    ada, eve = engineer(session, pec), engineer(session, pec, "eve")
    first, second = states(session, ada, pec, "4711"), states(session, eve, pec, "4711")
    linked = service.confirm(session, pec, first, at=NOW, who=WHO)
    service.unlink_person(session, linked, at=NOW, who=WHO)
    assert answer_to(session, ada) == (None, None)
    waiting = service.waiting(session, pec, limit=9).items
    assert [one.registration_id for one in waiting] == [first, second]
    assert service.confirm(session, pec, second, at=NOW, who=WHO).person_id == eve


def test_a_number_that_nobody_has_is_not_confirmed(session: Session, pec: str) -> None:
    person = engineer(session, pec)
    made = states(session, person, pec, "4711")
    with pytest.raises(confirming.NumberUnknown):
        service.confirm(session, pec, made, at=NOW, who=WHO)
    assert answer_to(session, person) == (None, None)


def test_of_two_people_who_state_one_number_one_is_confirmed(session: Session, pec: str) -> None:
    add_registrant(session, pec, "4711")
    ada, eve = engineer(session, pec), engineer(session, pec, "eve")
    first, second = states(session, ada, pec, "4711"), states(session, eve, pec, "4711")
    service.confirm(session, pec, first, at=NOW, who=WHO)
    with pytest.raises(registrants.AlreadyLinked):
        service.confirm(session, pec, second, at=NOW, who=WHO)
    assert answer_to(session, eve) == (None, None)
    assert service.of_person(session, eve) == []


def test_another_registrys_statement_does_not_exist(session: Session, pec: str, ebk: str) -> None:
    add_registrant(session, ebk, "4711")
    made = states(session, engineer(session, pec), pec, "4711")
    for act in (
        lambda: service.confirm(session, ebk, made, at=NOW, who=WHO),
        lambda: service.refuse(session, ebk, made, why="No.", at=NOW, who=WHO),
        lambda: service.get_waiting(session, ebk, made),
    ):
        with pytest.raises(NotFound):
            act()


def test_who_changes_the_number_waits_again_and_who_changes_days_does_not(
    session: Session, pec: str
) -> None:
    add_registrant(session, pec, "4711")
    person = engineer(session, pec)
    made = states(session, person, pec, "4711")
    service.confirm(session, pec, made, at=NOW, who=WHO)
    days = NewRegistration(pec, "4711", "2020-01-01")
    registrations.change(session, person, made, days, at=NOW)
    assert answer_to(session, person)[0] is Answer.CONFIRMED
    registrations.change(session, person, made, NewRegistration(pec, "4712"), at=NOW)
    assert answer_to(session, person)[0] is None
    assert len(service.waiting(session, pec, limit=9).items) == 1


def test_an_answer_to_what_was_changed_meanwhile_is_not_given(session: Session, pec: str) -> None:
    person = engineer(session, pec)
    made = states(session, person, pec, "4711")
    seen = registrations.stated(session, pec, made)
    registrations.change(session, person, made, NewRegistration(pec, "4712"), at=NOW)
    with pytest.raises(Conflict):
        registrations.answer(session, seen, Answer.CONFIRMED, at=NOW)


def test_a_person_is_told_all_and_the_end_of_the_account_leaves_the_register(
    session: Session, pec: str
) -> None:
    ada = add_registrant(session, pec, "4711")
    person = engineer(session, pec)
    service.confirm(session, pec, states(session, person, pec, "4711"), at=NOW, who=WHO)
    owner = Owner(person, (f"ada@{pec}.example",))
    told = export(session, owner, HOLDINGS)
    (entry,) = told["registers"]
    assert (entry["registry_id"], entry["number"], entry["name"]) == (pec, "4711", "Ada Obi")
    erase(session, owner, HOLDINGS)
    left = service.get(session, pec, ada.id)
    assert left.person_id is None
    assert left.name == "Ada Obi"
