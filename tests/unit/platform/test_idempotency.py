"""A request that is sent again has one effect and one answer."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import hypothesis.strategies as st
import pytest
from fastapi.responses import JSONResponse, Response
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.platform import outbox
from app.platform.db import Base, Database
from app.platform.idempotency import (
    KEPT,
    LEASE,
    REPLAYED,
    Claim,
    ClaimLost,
    KeyMalformed,
    KeyReused,
    RepeatedRequestRow,
    StillRunning,
    claim,
    fingerprint,
    free,
    keep,
    once,
    prune,
    renew,
)
from app.platform.lease import THIS_PROCESS, Process
from tests.conftest import NOW

OTHER = Process("elsewhere", 1, "another process")


class Works:
    """Work that leaves one outbox row each time it is done."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.numbers = count(1)

    def __call__(self, session: Session) -> Response:
        number = next(self.numbers)
        outbox.publish(session, "effect", [str(number)], at=NOW)
        return JSONResponse({"number": number}, 201, {"Location": f"/things/{number}"})

    def effects(self) -> int:
        with self.database.read() as session:
            return outbox.backlog(session, "effect").waiting


@pytest.fixture
def works(database: Database) -> Works:
    return Works(database)


def ask(
    works: Works, key: str | None, *, body: str = "body", who: str = "client:a", at: datetime = NOW
) -> Response:
    return once(works.database, works, key=key, who=who, request=fingerprint(body), at=at)


def test_the_second_time_gets_the_first_answer_and_has_no_effect(works: Works) -> None:
    first, second = ask(works, "k"), ask(works, "k", at=NOW + KEPT / 2)
    assert (first.status_code, first.body) == (second.status_code, second.body)
    assert second.headers["location"] == "/things/1"
    assert second.headers["content-type"] == "application/json"
    assert (first.headers.get(REPLAYED), second.headers[REPLAYED]) == (None, "true")
    assert works.effects() == 1


def test_without_a_key_everything_is_done_each_time(works: Works) -> None:
    ask(works, None)
    ask(works, None)
    assert works.effects() == 2


def test_another_request_under_the_same_key_is_refused(works: Works) -> None:
    ask(works, "k")
    with pytest.raises(KeyReused) as caught:
        ask(works, "k", body="another")
    assert (caught.value.status, works.effects()) == (422, 1)


def test_the_keys_of_two_callers_are_two(works: Works) -> None:
    ask(works, "k", who="client:a")
    ask(works, "k", who="client:b", body="another")
    assert works.effects() == 2


def test_a_key_is_the_same_with_and_without_quotes(works: Works) -> None:
    ask(works, '"k 1"')
    assert ask(works, "k 1").headers[REPLAYED] == "true"


@pytest.mark.parametrize("key", ["", " ", '""', "k" * 256, "k\u00e9", "a\x00b", "a\nb"])
def test_a_key_that_is_none_is_refused_before_anything_is_done(works: Works, key: str) -> None:
    with pytest.raises(KeyMalformed) as caught:
        ask(works, key)
    assert (caught.value.status, works.effects()) == (400, 0)


def test_work_that_fails_frees_the_key_and_leaves_nothing(works: Works) -> None:
    def fails(session: Session) -> Response:
        works(session)
        raise LookupError

    with pytest.raises(LookupError):
        once(works.database, fails, key="k", who="client:a", request="x", at=NOW)
    assert works.effects() == 0
    assert REPLAYED not in ask(works, "k").headers


def test_after_a_day_a_key_may_mean_something_else(works: Works) -> None:
    ask(works, "k")
    again = ask(works, "k", body="another", at=NOW + KEPT)
    assert (again.headers.get(REPLAYED), works.effects()) == (None, 2)


def test_what_has_ended_is_forgotten_and_nothing_else(works: Works) -> None:
    ask(works, "old")
    ask(works, "new", at=NOW + timedelta(hours=1))
    with works.database.write() as session:
        assert prune(session, at=NOW + KEPT) == 1
    assert ask(works, "new").headers[REPLAYED] == "true"


def test_while_the_first_is_at_work_the_second_is_told_so(database: Database) -> None:
    held = claim(database, "k", who="a", request="x", at=NOW)
    assert isinstance(held, Claim)
    with pytest.raises(StillRunning) as caught:
        claim(database, "k", who="a", request="x", at=NOW + LEASE)
    assert (caught.value.status, caught.value.headers) == (409, {"Retry-After": "2"})
    free(database, held)
    assert isinstance(claim(database, "k", who="a", request="x", at=NOW), Claim)


def test_the_key_of_a_dead_process_is_free_at_once(database: Database) -> None:
    dead = Process(THIS_PROCESS.host, 2**22 + 1, "it was killed")
    claim(database, "k", who="a", request="x", at=NOW, process=dead)
    assert isinstance(claim(database, "k", who="a", request="y", at=NOW), Claim)


def test_the_key_of_a_silent_process_is_free_after_the_lease(database: Database) -> None:
    late = claim(database, "k", who="a", request="x", at=NOW, process=OTHER)
    assert isinstance(late, Claim)
    with database.write() as session:
        renew(session, late, at=NOW + LEASE)
    with pytest.raises(StillRunning):
        claim(database, "k", who="a", request="x", at=NOW + 2 * LEASE)
    later = NOW + 2 * LEASE + timedelta(seconds=1)
    assert isinstance(claim(database, "k", who="a", request="x", at=later), Claim)


def test_who_was_taken_for_dead_can_finish_nothing(works: Works) -> None:
    database = works.database
    late = claim(database, "k", who="client:a", request=fingerprint("body"), at=NOW, process=OTHER)
    assert isinstance(late, Claim)
    ask(works, "k", at=NOW + 2 * LEASE)
    with pytest.raises(ClaimLost), database.write() as session:
        keep(session, late, works(session), at=NOW)

    def goes_on() -> None:
        with database.write() as session:
            works(session)
            renew(session, late, at=NOW)

    with pytest.raises(ClaimLost):
        goes_on()
    free(database, late)
    assert works.effects() == 1
    assert ask(works, "k", at=NOW + 2 * LEASE).body == b'{"number":1}'


def test_neither_key_nor_answer_can_be_read_in_the_database(works: Works) -> None:
    secret = "ocpd_a-secret-that-is-shown-once"

    def shows(_session: Session) -> Response:
        return JSONResponse({"secret": secret})

    once(works.database, shows, key="my-own-key", who="client:a", request="x", at=NOW)
    with works.database.read() as session:
        (row,) = session.scalars(select(RepeatedRequestRow)).all()
    assert row.key_hash != hashlib.sha256(b"my-own-key").hexdigest()
    assert row.answer is not None
    assert secret.encode() not in row.answer
    again = once(works.database, shows, key="my-own-key", who="client:a", request="x", at=NOW)
    assert secret in bytes(again.body).decode()


def test_of_many_at_once_one_is_done(works: Works) -> None:
    together = threading.Barrier(8)

    def try_it(_number: int) -> Response | StillRunning:
        together.wait()
        try:
            return ask(works, "k")
        except StillRunning as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(try_it, range(8)))
    assert works.effects() == 1
    bodies = {bytes(one.body) for one in answers if isinstance(one, Response)}
    assert bodies == {b'{"number":1}'}


def test_two_requests_never_have_one_fingerprint() -> None:
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint("ab") == fingerprint(b"ab")


class Keys(RuleBasedStateMachine):
    """Two callers, two keys, two requests, crashes and time, against a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Database.open("sqlite:///:memory:")
        Base.metadata.create_all(
            self.database.engine,
            tables=[  # type: ignore[arg-type]
                RepeatedRequestRow.__table__,
                outbox.OutboxRow.__table__,
                outbox.OutboxFollowerRow.__table__,
            ],
        )
        self.works = Works(self.database)
        self.at = NOW
        self.answered: dict[tuple[str, str], tuple[str, bytes, datetime]] = {}
        self.held: dict[tuple[str, str], tuple[str, Claim, datetime]] = {}
        self.done = 0

    who, key, body = (st.sampled_from(pair) for pair in (("a", "b"), ("k", "l"), ("x", "y")))

    @rule(who=who, key=key, body=body)
    def asks(self, who: str, key: str, body: str) -> None:
        place = (who, key)
        expected: Any = None
        if place in self.held and self.at - self.held[place][2] <= LEASE:
            expected = StillRunning if self.held[place][0] == body else KeyReused
        elif place in self.answered and self.answered[place][2] > self.at:
            first, answer, _ = self.answered[place]
            expected = answer if first == body else KeyReused
        try:
            got = once(
                self.database, self.works, key=key, who=who, request=fingerprint(body), at=self.at
            )
        except (StillRunning, KeyReused) as error:
            refused = type(error)
        else:
            refused = None
        if refused is not None:
            assert refused is expected
            return
        if expected is None:
            self.done += 1
            self.held.pop(place, None)
            self.answered[place] = (body, bytes(got.body), self.at + KEPT)
        else:
            assert (bytes(got.body), got.headers[REPLAYED]) == (expected, "true")

    @rule(who=who, key=key, body=body)
    def begins_and_falls_silent(self, who: str, key: str, body: str) -> None:
        place = (who, key)
        try:
            got = claim(
                self.database, key, who=who, request=fingerprint(body), at=self.at, process=OTHER
            )
        except (StillRunning, KeyReused):
            return
        if isinstance(got, Claim):
            self.answered.pop(place, None)
            self.held[place] = (body, got, self.at)

    @rule(who=who, key=key)
    def finishes_late(self, who: str, key: str) -> None:
        if (who, key) not in self.held:
            return
        body, claimed, _ = self.held.pop((who, key))
        with self.database.write() as session:
            response = self.works(session)
            keep(session, claimed, response, at=self.at)
        self.done += 1
        self.answered[who, key] = (body, bytes(response.body), self.at + KEPT)

    @rule(hours=st.sampled_from([0.05, 0.5, 12, 24]))
    def time_passes(self, hours: float) -> None:
        self.at += timedelta(hours=hours)

    @rule()
    def the_worker_prunes(self) -> None:
        with self.database.write() as session:
            prune(session, at=self.at)
        for place in [one for one, held in self.held.items() if held[2] + KEPT <= self.at]:
            del self.held[place]

    @invariant()
    def nothing_was_done_twice(self) -> None:
        assert self.works.effects() == self.done

    def teardown(self) -> None:
        self.database.close()


Keys.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestKeys = Keys.TestCase
