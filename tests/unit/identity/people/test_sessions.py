"""Sessions: begun anew at each sign-in, ended by time and by their person."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from app.identity import audit
from app.identity.people import service as people
from app.identity.people import sessions
from app.identity.people.model import Method
from app.platform.db import Database
from tests.conftest import NOW


@pytest.fixture
def ada(database: Database) -> str:
    with database.write() as session:
        return people.person_of_email(session, "ada@example.org", at=NOW).id


def begin(database: Database, person: str, *, instead_of: str | None = None) -> str:
    with database.write() as session:
        return sessions.begin(
            session, person, method=Method.EMAIL_LINK, browser="A browser" * 50,
            address="192.0.2.1", at=NOW, instead_of=instead_of,
        )  # fmt: skip


def opens(database: Database, secret: str, *, at: datetime = NOW) -> bool:
    return sessions.visit(database, now=lambda: at)(secret) is not None


def test_a_session_ends_without_use_and_at_the_latest_after_a_month(
    database: Database, ada: str
) -> None:
    secret = begin(database, ada)
    assert opens(database, secret, at=NOW + sessions.IDLE - timedelta(seconds=1))
    assert not opens(database, secret, at=NOW + 2 * sessions.IDLE)
    secret, at = begin(database, ada), NOW
    while at < NOW + sessions.LONGEST - timedelta(days=1):
        at += timedelta(days=1)
        assert opens(database, secret, at=at)
    assert not opens(database, secret, at=NOW + sessions.LONGEST)


def test_what_the_browser_came_with_has_ended_whoevers_it_was(database: Database, ada: str) -> None:
    with database.write() as session:
        eve = people.person_of_email(session, "eve@example.org", at=NOW).id
    planted = begin(database, eve)
    fresh = begin(database, ada, instead_of=planted)
    assert fresh != planted
    assert opens(database, fresh)
    assert not opens(database, planted)


@pytest.mark.parametrize("guess", ["", "x", "A" * 43, "\x00", "\ud800", "é" * 5000])
def test_a_guess_opens_nothing(database: Database, ada: str, guess: str) -> None:
    begin(database, ada)
    assert not opens(database, guess)


def test_the_last_use_is_written_down_now_and_then(database: Database, ada: str) -> None:
    secret = begin(database, ada)

    def seen(at: datetime) -> datetime:
        assert opens(database, secret, at=at)
        with database.read() as session:
            return sessions.of_person(session, ada, at=at)[0].seen_at

    assert seen(NOW + timedelta(minutes=4)) == NOW
    assert seen(NOW + timedelta(minutes=5)) == NOW + timedelta(minutes=5)


def test_a_person_ends_own_sessions_and_nobody_elses(database: Database, ada: str) -> None:
    with database.write() as session:
        eve = people.person_of_email(session, "eve@example.org", at=NOW).id
    here, there, hers = (begin(database, person) for person in (ada, ada, eve))
    visit = sessions.visit(database, now=lambda: NOW)
    mine, other = visit(here), visit(hers)
    assert mine is not None
    assert other is not None
    with database.write() as session:
        sessions.end(session, ada, other.session_id, at=NOW)
        sessions.end_all(session, ada, at=NOW, but=mine.session_id)
    assert [opens(database, secret) for secret in (here, there, hers)] == [True, False, True]
    with database.write() as session:
        sessions.end_all(session, ada, at=NOW)
        trail = audit.trail(session, f"person:{ada}")
    assert not opens(database, here)
    actions = [entry.action for entry in trail]
    assert (actions.count("session.begin"), actions.count("session.end")) == (2, 2)


def test_who_reads_the_database_can_open_no_session(database: Database, ada: str) -> None:
    secret = begin(database, ada)
    with database.engine.connect() as connection:
        kept = connection.execute(text("SELECT * FROM login_session")).mappings().all()
    assert secret not in str(kept)
    assert not opens(database, str(kept[0]["secret_hash"]))
    assert not opens(database, str(kept[0]["id"]))


def test_sessions_that_have_run_out_are_forgotten(database: Database, ada: str) -> None:
    begin(database, ada)
    with database.write() as session:
        sessions.begin(
            session, ada, method=Method.PASSKEY, browser="", address="",
            at=NOW + sessions.LONGEST,
        )  # fmt: skip
        assert session.execute(text("SELECT count(*) FROM login_session")).scalar_one() == 1
