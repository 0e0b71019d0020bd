"""Whose record is it: bound holders, numbers as salted hashes, and never a name."""

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.platform.problems import Invalid, NotFound
from app.recognition.deciding.model import Binding
from app.recognition.register import holders, service
from app.recognition.register.model import NewRegistrant
from app.recognition.register.tables import HolderBindingRow
from app.verification.model import Report
from tests.conftest import NOW
from tests.simulator.registries import HOLDER, WHO, add_registrant, reported


def test_a_holder_is_bound_to_one_registrant_of_a_registry(
    session: Session, pec: str, ebk: str
) -> None:
    ada, eve = add_registrant(session, pec, "1"), add_registrant(session, pec, "2")
    made = service.bind_holder(session, ada, HOLDER.format(1), at=NOW, who=WHO)
    assert service.bind_holder(session, ada, HOLDER.format(1), at=NOW, who=WHO) == made
    with pytest.raises(holders.HolderTaken):
        service.bind_holder(session, eve, HOLDER.format(1), at=NOW, who=WHO)
    with pytest.raises(Invalid):
        service.bind_holder(session, ada, "mailto:ada@example.org", at=NOW, who=WHO)
    elsewhere = add_registrant(session, ebk, "1")
    service.bind_holder(session, elsewhere, HOLDER.format(1), at=NOW, who=WHO)
    found = service.registrant_of_holder(session, pec, HOLDER.format(1))
    assert found == ada


def test_the_database_itself_keeps_a_holder_from_two_registrants(
    session: Session, pec: str
) -> None:
    ada, eve = add_registrant(session, pec, "1"), add_registrant(session, pec, "2")
    service.bind_holder(session, ada, HOLDER.format(1), at=NOW, who=WHO)
    row = {"registry_id": pec, "registrant_id": eve.id, "holder_id": HOLDER.format(1)}
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(
            insert(HolderBindingRow).values(id="another", bound_at=NOW, bound_by=WHO, **row)
        )


def test_a_binding_that_was_undone_stays_readable_and_binds_no_more(
    session: Session, pec: str, ebk: str
) -> None:
    ada, eve = add_registrant(session, pec, "1"), add_registrant(session, pec, "2")
    made = service.bind_holder(session, ada, HOLDER.format(1), at=NOW, who=WHO)
    with pytest.raises(NotFound):
        service.undo_binding(session, ebk, made.id, why="Not theirs.", at=NOW, who=WHO)
    with pytest.raises(Invalid):
        service.undo_binding(session, pec, made.id, why="", at=NOW, who=WHO)
    service.undo_binding(session, pec, made.id, why="Not theirs.", at=NOW, who="person:boss")
    with pytest.raises(holders.BindingUndone):
        service.undo_binding(session, pec, made.id, why="Again.", at=NOW, who=WHO)
    service.bind_holder(session, eve, HOLDER.format(1), at=NOW, who=WHO)
    (kept,) = service.bindings(session, ada)
    assert (kept.bound_by, kept.undone_by, kept.reason) == (WHO, "person:boss", "Not theirs.")
    assert service.binding(session, ada, reported()) is Binding.MISMATCH
    assert service.binding(session, eve, reported()) is Binding.BOUND


def test_a_record_without_a_sign_of_anybody_is_unknown(session: Session, pec: str) -> None:
    ada = add_registrant(session, pec, "1")
    unsigned = Report((), None, None, None, NOW, 1, "0" * 64)
    for report in (reported(), reported(holder=None), unsigned):
        assert service.binding(session, ada, report) is Binding.UNKNOWN


def test_the_number_in_this_registry_binds_and_any_other_of_it_does_not(
    session: Session, pec: str, ebk: str
) -> None:
    ada, eve = add_registrant(session, pec, "1"), add_registrant(session, pec, "2")
    own, other = service.own_type(pec), service.own_type(ebk)
    cases = [
        ([(own, "1")], Binding.BOUND, Binding.MISMATCH),
        ([(own, "3")], Binding.MISMATCH, Binding.MISMATCH),
        ([(own, "3"), (own, "1")], Binding.BOUND, Binding.MISMATCH),
        ([(other, "1")], Binding.UNKNOWN, Binding.UNKNOWN),
        ([(other, "9"), (own, "2")], Binding.MISMATCH, Binding.BOUND),
        ([(holders.NUMBER_TYPE, "1")], Binding.UNKNOWN, Binding.UNKNOWN),
        ([("ext:MembershipNumber", "1")], Binding.UNKNOWN, Binding.UNKNOWN),
    ]
    for numbers, of_ada, of_eve in cases:
        report = reported(numbers=tuple(numbers), at=NOW)
        assert service.binding(session, ada, report) is of_ada, numbers
        assert service.binding(session, eve, report) is of_eve, numbers


def test_a_number_says_more_than_a_holder_that_was_bound_by_mistake(
    session: Session, pec: str
) -> None:
    ada = add_registrant(session, pec, "1")
    service.bind_holder(session, ada, HOLDER.format(1), at=NOW, who=WHO)
    report = reported(numbers=((service.own_type(pec), "2"),), at=NOW)
    assert service.binding(session, ada, report) is Binding.MISMATCH


def test_a_number_that_was_replaced_still_binds_its_registrant(session: Session, pec: str) -> None:
    ada = add_registrant(session, pec, "old")
    report = reported(numbers=((service.own_type(pec), "old"),), at=NOW)
    ada = service.change(session, ada, NewRegistrant("new", ada.name), at=NOW, who=WHO)
    assert service.binding(session, ada, report) is Binding.BOUND


def test_a_type_that_others_use_too_binds_when_it_matches_and_proves_nothing_else(
    session: Session, pec: str
) -> None:
    ada = add_registrant(session, pec, "1")
    good = reported(numbers=((holders.NUMBER_TYPE, "1"),), at=NOW)
    other = reported(numbers=((holders.NUMBER_TYPE, "2"),), at=NOW)
    assert service.set_number_types(
        session, pec, [holders.NUMBER_TYPE, service.own_type(pec)], at=NOW, who=WHO
    ) == (holders.NUMBER_TYPE,)
    assert service.binding(session, ada, good) is Binding.BOUND
    assert service.binding(session, ada, other) is Binding.UNKNOWN
    for wrong in (["RegisterNumber"], ["ext:RegisterNumber.ebk"], [f"ext:{n}" for n in range(11)]):
        with pytest.raises(Invalid):
            service.set_number_types(session, pec, wrong, at=NOW, who=WHO)
    service.set_number_types(session, pec, [], at=NOW, who=WHO)
    assert service.binding(session, ada, good) is Binding.UNKNOWN
