"""Registrants: entered, changed, ended, found, linked; and never two of one number."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity import service as identity
from app.identity.model import Kind
from app.identity.people import service as people
from app.platform.conditions import PreconditionFailed
from app.platform.problems import Invalid, NotFound
from app.recognition.register import registrants, service
from app.recognition.register.model import NewRegistrant
from tests.conftest import NOW
from tests.simulator.registries import WHO, add_registrant


def test_a_registrant_is_found_by_number_and_by_parts_of_the_name(
    session: Session, pec: str
) -> None:
    made = add_registrant(session, pec, "CIVIL/ 4711", name="Müller, Ayşe")
    assert made.number == "CIVIL/ 4711"
    assert service.find(session, pec, "  CIVIL/  4711 ") == made
    assert service.find(session, pec, "4711") is None
    for text in ("muller", "AYSE müller", "civil 4711", "%", ""):
        found = service.page(session, pec, text=text, cursor=None, limit=10).items
        assert list(found) == ([] if text == "%" else [made]), text


def test_a_register_is_read_page_by_page_in_the_order_of_numbers(
    session: Session, pec: str, ebk: str
) -> None:
    for number in ("3", "1", "2"):
        add_registrant(session, pec, number)
    add_registrant(session, ebk, "0")
    first = service.page(session, pec, text="", cursor=None, limit=2)
    rest = service.page(session, pec, text="", cursor=first.next_cursor, limit=2)
    assert [one.number for one in (*first.items, *rest.items)] == ["1", "2", "3"]
    assert rest.next_cursor is None


def test_a_number_is_one_registrants_in_one_registry(session: Session, pec: str, ebk: str) -> None:
    add_registrant(session, pec, "4711")
    add_registrant(session, ebk, "4711")
    with pytest.raises(registrants.NumberTaken):
        add_registrant(session, pec, " 4711 ")


def test_a_number_that_was_replaced_is_nobody_elses(session: Session, pec: str) -> None:
    ada = add_registrant(session, pec, "old")
    eve = add_registrant(session, pec, "eve")
    ada = service.change(session, ada, NewRegistrant("new", ada.name), at=NOW, who=WHO)
    assert service.numbers(session, ada) == ("new", "old")
    with pytest.raises(registrants.NumberTaken):
        add_registrant(session, pec, "old")
    with pytest.raises(registrants.NumberTaken):
        service.change(session, eve, NewRegistrant("old", eve.name), at=NOW, who=WHO)
    back = service.change(session, ada, NewRegistrant("old", ada.name), at=NOW, who=WHO)
    assert service.numbers(session, back) == ("old", "new")


@pytest.mark.parametrize(
    ("new", "pointers"),
    [
        (NewRegistrant("", ""), {"/number", "/name"}),
        (NewRegistrant("=1+1", "@SUM(A1)"), {"/number", "/name"}),
        (NewRegistrant("1\u202e2", "A\x07"), {"/number", "/name"}),
        (NewRegistrant("1", "A", "no language!"), {"/language"}),
        (NewRegistrant("1", "A", "", "31.12.2020", "2020"), {"/registered_on", "/ended_on"}),
        (NewRegistrant("1", "A", "", "2021-01-01", "2020-01-01"), {"/ended_on"}),
        (NewRegistrant("1" * 101, "A" * 201), {"/number", "/name"}),
    ],
)
def test_what_cannot_be_entered_is_named_field_by_field(
    session: Session, pec: str, new: NewRegistrant, pointers: set[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        service.add(session, pec, new, at=NOW, who=WHO)
    assert {one.pointer for one in refused.value.fields} == pointers
    assert all(one.detail for one in refused.value.fields)


def test_a_society_and_nobody_keep_no_register(session: Session) -> None:
    identity.add_organisation(session, id="cse", kind=Kind.SOCIETY, name="CSE", at=NOW)
    for registry_id in ("cse", "nobody"):
        with pytest.raises(registrants.NotARegistry):
            add_registrant(session, registry_id, "1")


def test_a_registrant_of_another_registry_does_not_exist(
    session: Session, pec: str, ebk: str
) -> None:
    made = add_registrant(session, pec, "4711")
    for look in (service.get, service.lock):
        with pytest.raises(NotFound):
            look(session, ebk, made.id)
    assert service.lock(session, pec, made.id) == made


def test_who_changes_what_somebody_else_changed_is_told(session: Session, pec: str) -> None:
    ada = add_registrant(session, pec, "4711")
    seen = service.tag(ada)
    service.change(session, ada, NewRegistrant("4711", "Ada King"), at=NOW, who=WHO, seen=seen)
    with pytest.raises(PreconditionFailed):
        service.change(session, ada, NewRegistrant("4711", "A"), at=NOW, who=WHO, seen=seen)
    with pytest.raises(PreconditionFailed):
        service.end(session, ada, on=NOW.date(), why="Left.", at=NOW, who=WHO, seen=seen)


def test_a_registration_ends_with_a_day_and_a_reason(session: Session, pec: str) -> None:
    new = NewRegistrant("4711", "Ada", "en", "2020-01-01")
    ada = service.add(session, pec, new, at=NOW, who=WHO)
    with pytest.raises(Invalid):
        service.end(session, ada, on=date(2019, 12, 31), why="Left.", at=NOW, who=WHO)
    with pytest.raises(Invalid):
        service.end(session, ada, on=date(2024, 1, 1), why=" ", at=NOW, who=WHO)
    ended = service.end(session, ada, on=date(2024, 1, 1), why="Left.", at=NOW, who=WHO)
    assert ended.ended_on == date(2024, 1, 1)
    trail = audit.trail(session, f"registrant:{ada.id}")
    assert [one.action for one in trail] == ["registrant.add", "registrant.end"]
    assert trail[1].after
    assert trail[1].after["reason"] == "Left."
    assert {one.organisation_id for one in trail} == {pec}
    assert "Ada" not in repr(trail)


def test_a_registrant_is_one_person_and_a_person_may_be_several(
    session: Session, pec: str, ebk: str
) -> None:
    ada = people.person_of_email(session, f"ada@{pec}.example", at=NOW).id
    eve = people.person_of_email(session, f"eve@{pec}.example", at=NOW).id
    here, there = add_registrant(session, pec, "1"), add_registrant(session, ebk, "2")
    for one in (here, there):
        linked = service.link_person(session, one, ada, at=NOW, who=WHO)
        assert linked.person_id == ada
        assert service.link_person(session, linked, ada, at=NOW, who=WHO) == linked
    assert {one.number for one in service.of_person(session, ada)} == {"1", "2"}
    with pytest.raises(registrants.AlreadyLinked):
        service.link_person(session, here, eve, at=NOW, who=WHO)
    assert service.unlink_person(session, here, at=NOW, who=WHO).person_id is None
    assert service.link_person(session, here, eve, at=NOW, who=WHO).person_id == eve
    with pytest.raises(NotFound):
        service.link_person(session, add_registrant(session, pec, "3"), "nobody", at=NOW, who=WHO)
