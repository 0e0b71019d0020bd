"""Mailed links: one use, one purpose, a quarter of an hour."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from app.identity.people import service as people
from app.identity.signin import links
from app.identity.signin.links import LinkEnded
from app.platform.db import Database
from app.platform.problems import Invalid
from tests.conftest import NOW

ADA = "ada@example.org"


def ask(database: Database, *, at: datetime = NOW, **given: str) -> str:
    with database.write() as session:
        return links.ask(session, ADA, then="/account", at=at, **given)


def test_a_link_does_one_of_its_two_things_and_never_the_other(database: Database) -> None:
    with database.write() as session:
        person = people.person_of_email(session, "eve@example.org", at=NOW).id
    signs_in, adds = ask(database), ask(database, person_id=person)
    with database.write() as session:
        for act in (links.look, links.use):
            with pytest.raises(LinkEnded):
                act(session, signs_in, adds=True, at=NOW)
            with pytest.raises(LinkEnded):
                act(session, adds, at=NOW)
        assert links.use(session, adds, adds=True, at=NOW).person_id == person
        assert links.use(session, signs_in, at=NOW).person_id is None


def test_of_many_who_use_a_link_at_once_one_comes_in(database: Database) -> None:
    secret, together = ask(database), Barrier(4)

    def come(_number: int) -> bool:
        together.wait()
        try:
            with database.write() as session:
                links.use(session, secret, at=NOW)
        except LinkEnded:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(come, range(4))) == [False, False, False, True]


def test_a_link_knows_the_browser_that_asked(database: Database) -> None:
    secret = ask(database, browser="this one")
    with database.read() as session:
        link = links.look(session, secret, at=NOW)
        newest = links.last_asked(session, "this one", at=NOW)
        assert links.last_asked(session, "another", at=NOW) is None
        assert links.last_asked(session, "this one", at=NOW + links.LASTS) is None
    assert newest == link
    assert [link.asked_in(each) for each in ("this one", "another", "", None)] == [
        True, False, False, False,
    ]  # fmt: skip
    with database.read() as session:
        unbound = links.look(session, ask(database), at=NOW)
    assert not unbound.asked_in("")


def test_links_that_have_ended_are_forgotten(database: Database) -> None:
    old = ask(database)
    ask(database, at=NOW + links.LASTS)
    with database.read() as session, pytest.raises(LinkEnded):
        links.look(session, old, at=NOW + timedelta(minutes=1))


def test_every_link_is_another_and_none_goes_to_what_is_no_address(database: Database) -> None:
    assert len({ask(database) for _ in range(50)}) == 50
    assert all(len(ask(database)) == 43 for _ in range(3))
    with database.write() as session, pytest.raises(Invalid):
        links.ask(session, "ada", then="", at=NOW)
