"""Feeds that are cut, shrink or are harvested side by side, over HTTP and the real connectors."""

import threading
from ipaddress import ip_network
from typing import Any

import pytest

from app.catalogue import NewSociety
from app.catalogue import service as catalogue
from app.harvest import Failure, NewSource, Run, RunState, service
from app.harvest.registry import load
from app.platform.db import Database
from connectors.http import HttpFetch
from tests.conftest import NOW
from tests.simulator.feeds import FeedServer, OaiRecord, OaiRepository, csv_bytes, dublin_core

REGISTRY = load(["oai_pmh", "table"])


def add(database: Database, source: str, connector: str, config: dict[str, Any]) -> None:
    with database.write() as session:
        new = NewSource("soc", connector, config, id=source)
        service.add_source(session, new, registry=REGISTRY, at=NOW)


def run(database: Database, source: str) -> Run:
    return service.run_source(
        database,
        source,
        registry=REGISTRY,
        make_fetch=lambda hosts: HttpFetch(
            hosts=hosts, allow=[ip_network("127.0.0.0/8")], interval=0, retries=0
        ),
        now=lambda: NOW,
    )


def count(database: Database) -> int:
    with database.read() as session:
        return catalogue.count_courses(session)


def row(number: int) -> dict[str, str]:
    return {"Title": f"Course number {number}", "URL": f"https://c.example/{number}"}


@pytest.fixture
def node(database: Database) -> Database:
    with database.write() as session:
        catalogue.add_society(session, NewSociety({"en": "Society"}, id="soc"), at=NOW)
    return database


def test_a_repository_that_is_cut_or_shrinks_loses_no_course(node: Database) -> None:
    records = [
        OaiRecord(f"oai:x:{n}", dublin_core(f"Course {n}", identifier=f"https://c.example/{n}"))
        for n in range(120)
    ]
    repository = OaiRepository(list(records), deleted_record="no")
    with FeedServer({"/oai": repository}) as feeds:
        add(node, "oai", "oai_pmh", {"base_url": feeds.url("/oai")})
        assert run(node, "oai").counters.new == 120

        repository.cut_page = 1
        cut = run(node, "oai")
        assert (cut.state, cut.failure) == (RunState.FAILED, Failure.UNAVAILABLE)
        assert (cut.counters.seen, count(node)) == (50, 120)

        repository.cut_page = None
        resumed = run(node, "oai")
        assert (resumed.id, resumed.state) == (cut.id, RunState.DONE)
        assert (resumed.counters.unchanged, count(node)) == (120, 120)

        repository.records = records[:12]
        held = run(node, "oai")
        assert (held.state, held.vanishing, count(node)) == (RunState.HELD, 108, 120)

        repository.records = records[:119]
        assert run(node, "oai").counters.withdrawn == 1
        repository.records = records
        assert (run(node, "oai").counters.changed, count(node)) == (1, 120)


def test_a_spreadsheet_that_is_cut_or_shrinks_loses_no_course(node: Database) -> None:
    whole = csv_bytes([row(n) for n in range(100)])
    with FeedServer({"/f.csv": whole}) as feeds:
        add(node, "csv", "table", {"url": feeds.url("/f.csv")})
        assert run(node, "csv").counters.new == 100

        feeds.routes["/f.csv"] = (
            200,
            {"Content-Length": str(len(whole))},
            whole[: len(whole) // 2],
        )
        assert run(node, "csv").failure is Failure.UNAVAILABLE
        assert count(node) == 100

        feeds.routes["/f.csv"] = csv_bytes([row(n) for n in range(10)])
        assert run(node, "csv").state is RunState.HELD
        assert count(node) == 100


def test_a_page_that_is_no_feed_at_all_is_a_persons_business(node: Database) -> None:
    with FeedServer({"/oai": b"<html><body>Moved!</body></html>"}) as feeds:
        add(node, "oai", "oai_pmh", {"base_url": feeds.url("/oai")})
        failed = run(node, "oai")
    assert (failed.state, failed.failure) == (RunState.FAILED, Failure.MISCONFIGURED)
    assert "web page" in str(failed.message)


def test_two_sources_harvested_side_by_side_make_one_course_of_each_page(node: Database) -> None:
    table = csv_bytes([row(n) for n in range(60)])
    ended: list[Run] = []
    with FeedServer({"/a.csv": table, "/b.csv": table}) as feeds:
        names = ["a", "b"]
        for name in names:
            add(node, name, "table", {"url": feeds.url(f"/{name}.csv")})
        threads = [
            threading.Thread(target=lambda name=name: ended.append(run(node, name)))
            for name in names
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [one.counters.new for one in ended] == [60, 60]
    assert count(node) == 60
    with node.read() as session:
        ids = catalogue.iter_course_ids(session)
        assert {len(one.sources) for one in catalogue.get_courses(session, ids)} == {2}
