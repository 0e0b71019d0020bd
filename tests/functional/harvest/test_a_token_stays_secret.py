"""A source's token: used to read, and told to nobody, whatever goes wrong on the way."""

import json
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
from app.harvest.registry import HIDDEN, Registry
from app.platform import logging as node_logging
from app.platform.db import Database
from app.platform.problems import DomainError
from connectors.moodle import Moodle
from tests.conftest import NOW
from tests.simulator.feeds import Answer, FeedServer
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


@pytest.mark.parametrize(
    ("faults", "state"),
    [
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
    ],
)  # fmt: skip
def test_whatever_a_site_does_its_token_is_told_to_nobody(
    database: Database,
    logs: pytest.CaptureFixture[str],
    faults: dict[str, Any],
    state: RunState,
) -> None:
    site = MoodleSite(**{"courses": [moodle_course(2, "Bridges")], **faults})
    answers: dict[str, Answer | MoodleSite] = {PATH: site}
    with FeedServer(answers) as server, database.write() as session:
        catalogue.add_society(session, NewSociety({"en": "CSE"}, id="cse"), at=NOW)
        new = NewSource("cse", "moodle", {"url": server.url(), "token": TOKEN}, id="lms")
        source = service.add_source(session, new, registry=REGISTRY, at=NOW)
        session.commit()
        try:
            checked: Any = service.check_source(
                database, "lms", registry=REGISTRY, make_fetch=_fetch, now=lambda: NOW
            )
        except DomainError as error:
            checked = str(error)
        run = service.run_source(
            database, "lms", registry=REGISTRY, make_fetch=_fetch, now=lambda: NOW
        )
    assert run.state is state
    with database.read() as session:
        issues = service.list_issues(session, "lms")
        kept = [
            repr(row)
            for table in ("raw_item", "issue", "run", "course", "outbox")
            for row in session.execute(text(f"SELECT * FROM {table}"))
        ]
    assert [form["wstoken"] for form in site.asked].count(TOKEN) >= 2
    written = logs.readouterr()
    assert ("run stopped" in written.err) == (state is RunState.FAILED)
    told = [
        repr(source), repr(new), repr(run), repr(issues), repr(checked), json.dumps(plain(run)),
        *kept, *written,
    ]  # fmt: skip
    assert [one for one in told if TOKEN in one] == []


def _fetch(hosts: frozenset[str]) -> Any:
    return loopback_fetch(hosts=hosts)


def test_what_is_shown_of_the_source_hides_the_token() -> None:
    config = {"url": "https://lms.example", "token": TOKEN}
    assert REGISTRY.shown("moodle", config) == {"url": "https://lms.example", "token": HIDDEN}
    assert asdict(NewSource("cse", "moodle", config))["config"] == config
