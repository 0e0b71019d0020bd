"""The README's connector is a whole package that works as it is printed there."""

import json
import tomllib
from importlib.metadata import EntryPoint
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from app.catalogue import NewSociety
from app.catalogue import service as catalogue
from app.harvest import NewSource, RunState, service
from app.harvest.registry import GROUP, Registry, load
from app.platform.db import Database
from connectors.http import HttpFetch
from tests.conftest import NOW
from tests.generated import examples
from tests.simulator.feeds import Answer, FeedServer, Request

COURSES: dict[str, dict[str, Any]] = {
    "0": {
        "courses": [
            {"id": "1", "title": "Soil mechanics", "url": "https://geosoc.example/1", "hours": "6"},
            {"id": "2", "withdrawn": True},
        ],
        "more": True,
        "last": "2",
    },
    "2": {"courses": [{"id": "3"}, {"id": "4", "title": "Tunnels"}], "more": False, "last": "4"},
    "4": {"courses": [{"id": "1", "withdrawn": True}], "more": False, "last": "5"},
}
ANSWERS = {after: json.dumps(answer).encode() for after, answer in COURSES.items()}


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """What a node has loaded once the package is installed beside it."""
    (tmp_path / "cpd_connector_geosoc.py").write_text(examples()["connector"])
    monkeypatch.syspath_prepend(tmp_path)
    named = tomllib.loads(examples()["connector pyproject"])["project"]["entry-points"][GROUP]
    return load(["geosoc"], installed=[EntryPoint(n, value, GROUP) for n, value in named.items()])


def test_the_whole_package_is_small() -> None:
    parts = ("connector pyproject", "connector", "connector test")
    assert sum(len(examples()[part].splitlines()) for part in parts) < 60


def test_it_loads_and_passes_the_contract(registry: Registry) -> None:
    assert registry.broken == ()
    scope: dict[str, Any] = {"GeoSoc": registry.get("geosoc"), "ANSWERS": ANSWERS}
    exec(examples()["connector test"], scope)  # the README's own words are what is tested
    contract = scope["TestGeoSoc"]
    tests = [name for name in dir(contract) if name.startswith("test_")]
    assert len(tests) > 10
    for name in tests:
        getattr(contract(), name)()


def test_it_is_harvested_and_goes_on_where_it_was(registry: Registry, database: Database) -> None:
    def answer(request: Request) -> Answer:
        return ANSWERS[request.params["after"]]

    def run() -> tuple[int, ...]:
        run = service.run_source(
            database,
            "geo",
            registry=registry,
            make_fetch=lambda hosts: HttpFetch(
                hosts=hosts, allow=[ip_network("127.0.0.0/8")], interval=0
            ),
            now=lambda: NOW,
        )
        assert run.state in {RunState.DONE, RunState.DONE_WITH_ERRORS}, run.message
        return run.counters.new, run.counters.rejected, run.counters.withdrawn

    with FeedServer({"/feed": answer}) as feeds, database.write() as session:
        catalogue.add_society(session, NewSociety({"en": "GeoSoc"}, id="geosoc"), at=NOW)
        new = NewSource("geosoc", "geosoc", {"feed_url": feeds.url("/feed")}, id="geo")
        service.add_source(session, new, registry=registry, at=NOW)
        session.commit()
        assert run() == (2, 1, 0)
        assert run() == (0, 0, 1)
    with database.read() as session:
        (left,) = catalogue.get_courses(
            session, catalogue.iter_course_ids(session, after=None, limit=10)
        )
        issues = [one.code for one in service.list_issues(session, "geo")]
    assert dict(left.data.title) == {"en": "Tunnels"}
    assert "E-TITLE-MISSING" in issues
