"""A source's token: used to read, and told to nobody, whatever goes wrong on the way."""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from sqlalchemy import text

from app.catalogue import NewSociety
from app.catalogue import service as catalogue
from app.cli.common import plain
from app.harvest import NewSource, RunState, service
from app.harvest.inspecting import looking
from app.harvest.registry import HIDDEN, Registry
from app.platform import logging as node_logging
from app.platform.db import Database
from connectors.moodle import Moodle
from tests.conftest import NOW
from tests.simulator.feeds import FeedServer
from tests.simulator.fetching import loopback_fetch
from tests.simulator.moodle import PATH, TOKEN, MoodleSite, moodle_course

REGISTRY = Registry({"moodle": Moodle})
BY_FIELD = "core_course_get_courses_by_field"


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """Standard output and error, with the logs of a node that is asked to say everything."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    node_logging.configure("DEBUG", "json")
    yield capsys
    root.handlers = handlers
    root.setLevel(level)


FAULTS: list[tuple[dict[str, Any], RunState]] = [
    ({}, RunState.DONE),
    ({"errors": {BY_FIELD: ("invalidtoken", f"No such token: {TOKEN}")}}, RunState.FAILED),
    ({"errors": {BY_FIELD: ("other", f"No such token: {TOKEN}")}}, RunState.FAILED),
    ({"instead": {BY_FIELD: f"<p>{TOKEN}".encode()}}, RunState.FAILED),
    ({"instead": {BY_FIELD: f'{{"courses": "{TOKEN}"'.encode()}}, RunState.FAILED),
    ({"instead": {BY_FIELD: (500, {}, TOKEN.encode())}}, RunState.FAILED),
    ({"instead": {BY_FIELD: (303, {"Location": f"/?wstoken={TOKEN}"}, b"")}}, RunState.FAILED),
    ({"instead": {BY_FIELD: (302, {"Location": f"http://{TOKEN}/"}, b"")}},
     RunState.FAILED),
    ({"courses": [{"id": 5, "fullname": TOKEN}, {"id": {TOKEN: 1}}, TOKEN]},
     RunState.DONE_WITH_ERRORS),
    ({"courses": [moodle_course(5, "A", summary=f"?token={TOKEN}")]}, RunState.DONE),
    ({"name": TOKEN, "categories": {TOKEN: TOKEN}}, RunState.FAILED),
]  # fmt: skip
"""What a site does, and how the run over it ends."""


def test_whatever_a_site_does_its_token_is_told_to_nobody(
    database: Database, logs: pytest.CaptureFixture[str]
) -> None:
    with database.write() as session:
        catalogue.add_society(session, NewSociety({"en": "CSE"}, id="cse"), at=NOW)
    for number, (faults, state) in enumerate(FAULTS):
        site = MoodleSite(**{"courses": [moodle_course(2, "Bridges")], **faults})
        told = _life(database, f"lms{number}", site, state)
        written = logs.readouterr()
        assert ("run stopped" in written.err) == (state is RunState.FAILED)
        assert [one for one in (*told, *written) if TOKEN in one] == [], faults
        assert [form["wstoken"] for form in site.asked].count(TOKEN) >= 2
    with database.read() as session:
        for table in ("raw_item", "issue", "run", "course", "outbox"):
            kept = session.execute(text(f"SELECT * FROM {table}")).all()
            assert kept
            assert TOKEN not in repr(kept), table


def _life(database: Database, name: str, site: MoodleSite, state: RunState) -> list[str]:
    """Everything that is said of a source as it is entered, checked and run."""
    with FeedServer({PATH: site}) as server:
        new = NewSource("cse", "moodle", {"url": server.url(), "token": TOKEN}, id=name)
        with database.write() as session:
            source = service.add_source(session, new, registry=REGISTRY, at=NOW)
        checked = looking.look_at_source(source, registry=REGISTRY, make_fetch=_fetch)
        run = service.run_source(
            database, name, registry=REGISTRY, make_fetch=_fetch, now=lambda: NOW
        )
    assert run.state is state
    with database.read() as session:
        issues = service.list_issues(session, name)
    return [repr(one) for one in (source, new, run, issues, checked, plain(run))]


def _fetch(hosts: frozenset[str]) -> Any:
    return loopback_fetch(hosts=hosts)


def test_what_is_shown_of_the_source_hides_the_token() -> None:
    config = {"url": "https://lms.example", "token": TOKEN}
    assert REGISTRY.shown("moodle", config) == {"url": "https://lms.example", "token": HIDDEN}
    assert asdict(NewSource("cse", "moodle", config))["config"] == config
