from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from fastapi.testclient import TestClient

from app.catalogue import COURSE_CHANGED
from app.catalogue import service as catalogue
from app.catalogue.model import NewSociety
from app.harvest import service as harvest
from app.harvest.model import NewSource, RunState
from app.main import create_app
from app.platform import outbox
from app.platform.settings import Settings
from app.search import Query, Sort
from app.wiring import Node, open_node
from app.worker import Worker
from tests.simulator.feeds import FeedServer, Request, csv_bytes

ROWS = [{"Title": f"Pumps {n}", "URL": f"https://c.example/{n}"} for n in range(5)]


@pytest.fixture
def node(tmp_path: Path, database_url: str, search_settings: dict[str, str]) -> Iterator[Node]:
    """A node with the real wiring, as an operator's settings make it."""
    opened = open_node(
        Settings(
            data_dir=tmp_path / "node",
            database_url=database_url,
            fetch_allow="127.0.0.0/8",
            _env_file=None,
            **search_settings,
        )
    )
    yield opened
    opened.close()


@pytest.fixture
def feed(node: Node, now: datetime) -> Iterator[FeedServer]:
    with FeedServer({"/a.csv": csv_bytes(ROWS)}) as server:
        new = NewSource("soc", "table", {"url": server.url("/a.csv")}, id="a", every_hours=24)
        with node.database.write() as session:
            catalogue.add_society(session, NewSociety({"en": "A society"}, id="soc"), at=now)
            harvest.add_source(session, new, registry=node.registry, at=now)
        yield server


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def test_a_turn_harvests_what_is_due_and_indexes_it(
    node: Node, feed: FeedServer, now: datetime
) -> None:
    assert Worker(node, now=at(now)).turn()
    assert node.index.search(Query("pumps")).total == 5
    with node.database.read() as session:
        assert outbox.backlog(session, COURSE_CHANGED).waiting == 0


def test_a_source_is_not_harvested_before_its_time(
    node: Node, feed: FeedServer, now: datetime
) -> None:
    Worker(node, now=at(now)).turn()
    asked = len(feed.requests)
    Worker(node, now=at(now + timedelta(hours=23))).turn()
    assert len(feed.requests) == asked
    Worker(node, now=at(now + timedelta(hours=25))).turn()
    assert len(feed.requests) > asked


def test_a_source_that_fails_stops_neither_the_loop_nor_the_others(
    node: Node, feed: FeedServer, now: datetime
) -> None:
    feed.routes["/broken.csv"] = (500, {}, b"no")
    new = NewSource("soc", "table", {"url": feed.url("/broken.csv")}, id="0-broken")
    with node.database.write() as session:
        harvest.add_source(session, new, registry=node.registry, at=now)
    Worker(node, now=at(now)).turn()
    with node.database.read() as session:
        states = {s: harvest.list_runs(session, s)[0].state for s in ("0-broken", "a")}
    assert states == {"0-broken": RunState.FAILED, "a": RunState.DONE}


def test_an_index_that_was_lost_is_built_anew(
    node: Node, feed: FeedServer, now: datetime, tmp_path: Path
) -> None:
    Worker(node, now=at(now)).turn()
    node.index.rebuild([])
    assert node.index.search(Query("pumps")).total == 0
    for file in (tmp_path / "node" / "index").rglob("*"):
        if file.is_file():
            file.unlink()
    Worker(node, now=at(now)).turn()
    found = node.index.search(Query("pumps")).total
    assert found == (5 if node.settings.meili_url is None else 0)


def test_a_day_that_passes_moves_courses_to_their_next_run(
    node: Node, feed: FeedServer, now: datetime
) -> None:
    def row(title: str, *, days: int) -> dict[str, str]:
        return {"Title": title, "Start": f"{now + timedelta(days=days):%Y-%m-%d}"}

    feed.routes["/a.csv"] = csv_bytes([row("Soon", days=1), row("Later", days=9), *ROWS])
    worker = Worker(node, now=at(now))
    worker.turn()
    soonest = Query(sort=Sort.SOONEST, per_page=2)

    def found() -> list[tuple[str, str | None]]:
        hits = node.index.search(soonest).hits
        return [(hit.document["title"]["und"], hit.document["next_run"]) for hit in hits]

    assert [title for title, _ in found()] == ["Soon", "Later"]
    later = now + timedelta(days=2)
    worker = Worker(node, now=at(later))  # as after a restart
    assert worker.care_for_index() == 1
    assert worker.care_for_index() == 0
    assert found()[0][0] == "Later"
    assert found()[1][1] is None


def test_a_worker_stops_when_it_is_told_to(node: Node, now: datetime) -> None:
    worker = Worker(node, now=at(now))
    worker.start()
    worker.stop()
    assert worker.turn() is False


@pytest.mark.slow
def test_a_worker_that_waits_for_a_source_does_all_else_and_ends_when_it_is_told_to(
    node: Node, feed: FeedServer, now: datetime
) -> None:
    asked, answered = Event(), Event()

    def slow(request: Request) -> bytes:
        asked.set()
        answered.wait(60)
        return csv_bytes(ROWS)

    feed.routes["/slow.csv"] = slow
    new = NewSource("soc", "table", {"url": feed.url("/slow.csv")}, id="0-slow")
    with node.database.write() as session:
        harvest.add_source(session, new, registry=node.registry, at=now - timedelta(hours=1))
    worker = Worker(node, now=at(now))
    worker.start()
    assert asked.wait(30)
    with node.database.read() as session:
        assert harvest.backlog(session, at=now).running >= 1
    worker.stop()
    answered.set()
    with node.database.read() as session:
        (run,) = harvest.list_runs(session, "0-slow")
    assert run.state is RunState.QUEUED
    Worker(node, now=at(now)).turn()
    assert node.index.search(Query("pumps")).total > 0
    with node.database.read() as session:
        assert harvest.get_run(session, run.id).state is RunState.DONE


@pytest.mark.slow
def test_a_node_tells_how_much_of_the_harvest_waits(
    node: Node, feed: FeedServer, now: datetime
) -> None:
    later = now + timedelta(minutes=5)
    with TestClient(create_app(node, now=at(later)), base_url="http://127.0.0.1:8000") as client:
        told = client.get("/readyz").json()["harvest"]
    waits = {"due": 1, "queued": 0, "running": 0, "held": 0, "oldest_seconds": 300}
    assert told == waits
