"""One bad course holds up no other; an engine that is away is left in peace, and costs nothing."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from app.catalogue import COURSE_CHANGED, service
from app.catalogue.model import NewSociety
from app.catalogue.tables import CourseRow
from app.platform import outbox
from app.platform.db import Database
from app.search import DocumentsRefused, SearchIndex, SearchUnavailable, reading, state
from app.search.checking import check
from app.search.indexer import drain, reindex
from app.search.upkeep import Upkeep
from tests.conftest import NOW
from tests.simulator.indexing import Away, Stumbling
from tests.simulator.search import query

COURSES = 9


@pytest.fixture
def ids(database: Database) -> list[str]:
    with database.write() as session:
        service.add_society(session, NewSociety({"en": "A society"}, id="soc"), at=NOW)
        for number in range(COURSES):
            data = {"title": {"en": f"Pumps {number}"}, "url": f"https://soc.example/{number}"}
            service.take(
                session, data, society_id="soc", source_id="feed", remote_id=str(number),
                digest="1", at=NOW,
            )  # fmt: skip
        return service.iter_course_ids(session)


def failing(database: Database) -> list[outbox.Failing]:
    with database.read() as session:
        return list(outbox.failing(session, COURSE_CHANGED, limit=100))


@pytest.mark.parametrize(
    "fault", [SearchUnavailable("payload too large"), KeyError("surprise"), RecursionError()]
)
def test_a_document_that_an_engine_stumbles_over_holds_up_no_other(
    database: Database, ids: list[str], empty_index: SearchIndex, fault: Exception
) -> None:
    index = Stumbling(empty_index, ids[3:4], fault)
    assert drain(database, index, at=NOW) == COURSES - 1
    assert empty_index.search(query()).total == COURSES - 1
    (one,) = failing(database)
    assert (one.key, one.attempts, one.set_aside_at, one.since) == (ids[3], 1, None, NOW)
    assert one.reason
    assert index.asked < 4 * COURSES


def test_a_course_that_cannot_be_read_holds_up_no_other(
    database: Database, ids: list[str], empty_index: SearchIndex
) -> None:
    with database.write() as session:
        broken = {"title": {"en": "Broken"}, "runs": [{"nobody": "knows this"}]}
        session.execute(update(CourseRow).where(CourseRow.id == ids[0]).values(data=broken))
    assert drain(database, empty_index, at=NOW) == COURSES - 1
    (one,) = failing(database)
    assert one.key == ids[0]
    assert "TypeError" in str(one.reason)
    with pytest.raises(DocumentsRefused):
        reindex(database, empty_index, at=NOW)
    (one,) = failing(database)
    assert (one.key, one.set_aside_at) == (ids[0], NOW)
    found = check(database, empty_index, at=NOW)
    assert (found.missing, found.surplus, found.stale) == ([ids[0]], [], [])


def test_a_rebuild_goes_on_without_what_the_engine_stumbles_over(
    database: Database, ids: list[str], empty_index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbling(document: dict[str, str]) -> None:
        if document["id"] == ids[2]:
            raise KeyError("surprise")

    monkeypatch.setattr("app.search.reading.searchable", stumbling)
    with pytest.raises(DocumentsRefused) as caught:
        reindex(database, Stumbling(empty_index, ids[2:3], KeyError("surprise")), at=NOW)
    assert list(caught.value.refused) == [ids[2]]
    assert empty_index.search(query()).total == COURSES - 1
    assert [one.key for one in failing(database)] == [ids[2]]


def test_when_no_document_gets_in_the_engine_is_to_blame(
    database: Database, ids: list[str], empty_index: SearchIndex
) -> None:
    index = Stumbling(empty_index, ids, SearchUnavailable("the disk is full"))
    with pytest.raises(SearchUnavailable, match="the disk is full"):
        drain(database, index, at=NOW)
    assert failing(database) == []


def test_what_was_set_aside_is_tried_again_when_one_says_so_or_when_it_changes(
    database: Database, ids: list[str], empty_index: SearchIndex
) -> None:
    index = Stumbling(empty_index, ids[:2], KeyError("surprise"))
    at: datetime = NOW
    for _ in range(outbox.MAX_ATTEMPTS):
        drain(database, index, at=at)
        at += timedelta(hours=1)
    assert [one.attempts for one in failing(database)] == [outbox.MAX_ATTEMPTS] * 2
    assert all(one.set_aside_at and one.since == NOW for one in failing(database))
    assert drain(database, empty_index, at=at) == 0
    with database.write() as session:
        assert outbox.try_again(session, COURSE_CHANGED, ids[0], at=at) == 1
    assert drain(database, empty_index, at=at) == 1
    with database.write() as session:
        service.take(
            session, {"title": {"en": "Pumps, mended"}, "url": "https://soc.example/1"},
            society_id="soc", source_id="feed", remote_id="1", digest="2", at=at,
        )  # fmt: skip
    assert drain(database, empty_index, at=at) == 1
    assert failing(database) == []
    with database.read() as session:
        assert outbox.backlog(session, COURSE_CHANGED) == outbox.Backlog(0, None, 0)
    assert empty_index.search(query()).total == COURSES


def test_a_server_that_is_away_is_asked_ever_less_often_and_at_once_when_it_is_back(
    database: Database, ids: list[str], empty_index: SearchIndex
) -> None:
    index = Away(empty_index)
    clock = [NOW]
    upkeep = Upkeep(database, index, lambda: clock[0])
    index.away = True
    tried: list[int] = []
    for second in range(120):
        clock[0] = NOW + timedelta(seconds=second)
        before = index.asked
        try:
            upkeep.follow()
        except SearchUnavailable:
            tried.append(second)
        assert index.asked - before <= 2
    assert tried == [0, 2, 6, 14, 30, 60, 90]
    with database.read() as session:
        known = state.get(session)
    assert (known.failures, known.failing_since) == (7, NOW)
    assert "cannot be reached" in str(known.reason)
    assert failing(database) == []
    index.away = False
    clock[0] += timedelta(seconds=1)
    assert upkeep.follow() == COURSES
    with database.read() as session:
        known = state.get(session)
    assert (known.failures, known.failing_since, known.resumes_at) == (0, None, None)
    assert known.drained_at == clock[0]


def test_the_pause_is_the_same_for_every_worker_of_a_node(
    database: Database, ids: list[str], empty_index: SearchIndex
) -> None:
    index = Away(empty_index)
    index.away = True
    with pytest.raises(SearchUnavailable):
        Upkeep(database, index, lambda: NOW).follow()
    asked = index.asked
    other = Upkeep(database, index, lambda: NOW + timedelta(seconds=1))
    assert (other.follow(), other.care()) == (0, 0)
    assert index.asked == asked


def test_a_rebuild_that_was_asked_for_is_made_once(
    database: Database, ids: list[str], empty_index: SearchIndex
) -> None:
    upkeep = Upkeep(database, empty_index, lambda: NOW)
    upkeep.care()
    with database.write() as session:
        assert state.get(session).rebuilds == 1
        state.ask_rebuild(session, at=NOW)
    upkeep.care()
    upkeep.care()
    with database.read() as session:
        known = state.get(session)
    assert (known.rebuilds, known.rebuild_asked_at) == (2, None)


def test_a_check_finds_what_is_missing_stale_or_too_much_and_mends_it(
    database: Database, ids: list[str], empty_index: SearchIndex
) -> None:
    drain(database, empty_index, at=NOW)
    (hit,) = (hit for hit in empty_index.search(query()).hits if hit.id == ids[1])
    assert check(database, empty_index, at=NOW).ids == []
    old = {**_whole(database, ids[1]), "version": hit.document["version"] - 1}
    surplus = {**_whole(database, ids[2]), "id": "0192f3a0-0000-7000-8000-00000000abcd"}
    empty_index.apply([old, surplus], [ids[0]])
    found = check(database, empty_index, at=NOW)
    assert (found.missing, found.surplus, found.stale) == ([ids[0]], [surplus["id"]], [ids[1]])
    assert (found.courses, found.documents) == (COURSES, COURSES)
    assert drain(database, empty_index, at=NOW) == 0
    check(database, empty_index, at=NOW, mend=True)
    assert check(database, empty_index, at=NOW).ids == []  # it waits in the outbox
    assert drain(database, empty_index, at=NOW) == 3
    assert check(database, empty_index, at=NOW).ids == []


def _whole(database: Database, key: str) -> dict[str, object]:
    with database.read() as session:
        (document,) = reading.read(session, [key], at=NOW).documents
    return document
