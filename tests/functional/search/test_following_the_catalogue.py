"""From a change in the catalogue to a hit, through the outbox."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.catalogue import COURSE_CHANGED, service
from app.platform import outbox
from app.platform.db import Database
from app.search import Document, DocumentsRefused, SearchIndex, SearchUnavailable
from app.search.indexer import drain, reindex
from app.search.meili import MeilisearchIndex
from tests.conftest import NOW
from tests.servers import free_port
from tests.simulator.catalogue import COURSES, SOCIETIES
from tests.simulator.search import ask, query


def _take(database: Database, society: str, remote: str, data: dict[str, Any], digest: str) -> str:
    with database.write() as session:
        taken = service.take(
            session, data, society_id=society, source_id=f"feed-{society}", remote_id=remote,
            digest=digest, at=NOW,
        )  # fmt: skip
    assert taken.course_id
    return taken.course_id


@pytest.fixture
def catalogue(database: Database) -> Database:
    with database.write() as session:
        for society in SOCIETIES:
            service.add_society(session, society, at=NOW)
    for society, remote, data in COURSES:
        _take(database, society, remote, data, "1")
    return database


def _waiting(database: Database) -> outbox.Backlog:
    with database.read() as session:
        return outbox.backlog(session, COURSE_CHANGED)


def _count(database: Database) -> int:
    with database.read() as session:
        return service.count_courses(session)


def test_a_new_course_is_found_once_the_outbox_is_drained(
    catalogue: Database, empty_index: SearchIndex
) -> None:
    assert drain(catalogue, empty_index, at=NOW) == len(COURSES)
    assert empty_index.search(query()).total == _count(catalogue)
    assert _waiting(catalogue) == outbox.Backlog(0, None, 0)
    assert drain(catalogue, empty_index, at=NOW) == 0
    hit = empty_index.search(query("inspecting bridges")).hits[0]
    assert hit.document["next_run"] == "2027-02-04"
    assert hit.document["country"] == ["KE"]
    assert "072" not in hit.document["field"]
    assert {"07", "073", "0732"} <= set(hit.document["field"])


def test_a_changed_course_changes_and_a_withdrawn_one_is_gone(
    catalogue: Database, empty_index: SearchIndex
) -> None:
    drain(catalogue, empty_index, at=NOW)
    society, remote, data = COURSES[0]
    _take(catalogue, society, remote, {**data, "title": {"en": "Inspecting aqueducts"}}, "2")
    with catalogue.write() as session:
        assert service.withdraw(
            session, source_id=f"feed-{COURSES[1][0]}", remote_id=COURSES[1][1], at=NOW
        )
    drain(catalogue, empty_index, at=NOW)
    assert len(ask(empty_index, "aqueducts")) == 1
    assert empty_index.search(query()).total == len(COURSES) - 1


def test_small_batches_come_to_the_same_end(catalogue: Database, empty_index: SearchIndex) -> None:
    counts = []
    while counted := drain(catalogue, empty_index, at=NOW, limit=2):
        counts.append(counted)
    assert sum(counts) == len(COURSES)
    assert empty_index.search(query()).total == len(COURSES)


def test_an_engine_that_is_down_loses_nothing(
    catalogue: Database, empty_index: SearchIndex
) -> None:
    away = MeilisearchIndex(f"http://127.0.0.1:{free_port()}", "key")
    before = _waiting(catalogue)
    for _ in range(outbox.MAX_ATTEMPTS + 1):
        with pytest.raises(SearchUnavailable):
            drain(catalogue, away, at=NOW)
    assert _waiting(catalogue) == before
    away.close()
    assert drain(catalogue, empty_index, at=NOW) == before.waiting
    assert empty_index.search(query()).total == len(COURSES)


class _Refusing:
    """Hands on to a real index, and refuses one id as Meilisearch would."""

    def __init__(self, index: SearchIndex, refused: str) -> None:
        self._index = index
        self._refused = refused

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def apply(self, upserts: list[Document], deletes: list[str]) -> None:
        self._index.apply([d for d in upserts if d["id"] != self._refused], deletes)
        if any(d["id"] == self._refused for d in upserts):
            raise DocumentsRefused({self._refused: "malformed"})


def test_a_refused_course_waits_with_its_reason_and_is_set_aside(
    catalogue: Database, empty_index: SearchIndex
) -> None:
    with catalogue.read() as session:
        (refused,) = service.iter_course_ids(session, limit=1)
    index: SearchIndex = _Refusing(empty_index, refused)  # type: ignore[assignment]
    assert drain(catalogue, index, at=NOW) == len(COURSES) - 1
    assert _waiting(catalogue).waiting == 1
    at: datetime = NOW
    for _ in range(outbox.MAX_ATTEMPTS):
        at += timedelta(days=1)
        drain(catalogue, index, at=at)
    backlog = _waiting(catalogue)
    assert (backlog.waiting, backlog.set_aside) == (0, 1)
    assert empty_index.search(query()).total == len(COURSES) - 1


def test_a_reindex_reads_the_whole_catalogue(catalogue: Database, empty_index: SearchIndex) -> None:
    assert reindex(catalogue, empty_index, at=NOW) == len(COURSES)
    assert empty_index.search(query()).total == len(COURSES)
    assert empty_index.health().ok


class _Meanwhile:
    """Hands on to a real index, and lets something happen while it is rebuilt."""

    def __init__(self, index: SearchIndex, happen: Any) -> None:
        self._index = index
        self._happen = happen

    def rebuild(self, documents: Any) -> int:
        gathered = list(documents)
        self._happen()
        return self._index.rebuild(gathered)


def test_what_changes_during_a_reindex_reaches_the_new_index(
    catalogue: Database, empty_index: SearchIndex
) -> None:
    drain(catalogue, empty_index, at=NOW)
    society, remote, data = COURSES[0]

    def happen() -> None:
        changed = {**data, "title": {"en": "Inspecting aqueducts"}}
        _take(catalogue, society, remote, changed, "2")
        with catalogue.write() as session:
            service.withdraw(
                session, source_id=f"feed-{COURSES[1][0]}", remote_id=COURSES[1][1], at=NOW
            )
        drain(catalogue, empty_index, at=NOW)  # into the index that is about to be replaced

    index: SearchIndex = _Meanwhile(empty_index, happen)  # type: ignore[assignment]
    reindex(catalogue, index, at=NOW)
    assert drain(catalogue, empty_index, at=NOW) == 2
    assert len(ask(empty_index, "aqueducts")) == 1
    assert empty_index.search(query()).total == len(COURSES) - 1
