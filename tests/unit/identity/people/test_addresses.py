"""The addresses of an account."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from app.identity.people import addresses, store
from app.identity.people import service as people
from app.identity.people.addresses import AddressTaken
from app.platform.db import Database
from app.platform.problems import Conflict, NotFound
from tests.conftest import NOW

ADA, EVE = "ada@example.org", "eve@example.org"


@pytest.fixture
def ada(database: Database) -> str:
    with database.write() as session:
        people.person_of_email(session, EVE, at=NOW)
        return people.person_of_email(session, ADA, at=NOW).id


def held(database: Database, person: str) -> list[tuple[str, bool]]:
    with database.read() as session:
        return [(each.email, each.primary) for each in store.emails(session, person)]


def test_addresses_are_added_one_is_primary_and_the_last_stays(
    database: Database, ada: str
) -> None:
    with database.write() as session:
        addresses.add(session, ada, "b@example.org", at=NOW)
        addresses.add(session, ada, "b@example.org", at=NOW)
        addresses.make_primary(session, ada, "b@example.org", at=NOW)
    assert held(database, ada) == [("b@example.org", True), (ADA, False)]
    with database.write() as session:
        addresses.remove(session, ada, "b@example.org", at=NOW)
    assert held(database, ada) == [(ADA, True)]
    with database.write() as session, pytest.raises(Conflict):
        addresses.remove(session, ada, ADA, at=NOW)


def test_an_address_of_another_account_is_neither_taken_nor_touched(
    database: Database, ada: str
) -> None:
    with database.write() as session:
        with pytest.raises(AddressTaken):
            addresses.add(session, ada, EVE, at=NOW)
        for act in (addresses.make_primary, addresses.remove):
            with pytest.raises(NotFound):
                act(session, ada, EVE, at=NOW)
    assert held(database, ada) == [(ADA, True)]


def test_an_account_has_no_endless_number_of_addresses(database: Database, ada: str) -> None:
    with database.write() as session:
        for number in range(addresses.MOST - 1):
            addresses.add(session, ada, f"n{number}@example.org", at=NOW)
        with pytest.raises(Conflict):
            addresses.add(session, ada, "one.more@example.org", at=NOW)


def test_who_comes_twice_at_once_for_the_first_time_is_one_person(database: Database) -> None:
    together = Barrier(4)

    def come(number: int) -> list[str]:
        found = []
        for turn in range(5):
            together.wait()
            with database.write() as session:
                email = f"new{turn}@example.org"
                found.append(people.person_of_email(session, email, at=NOW).id)
        return found

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(come, range(4))
    assert all(other == first for other in others)
    assert len(set(first)) == 5
