import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.catalogue import NewSociety
from app.catalogue import service as catalogue
from app.harvest import NewSource, RunState, service
from app.harvest.registry import load
from app.platform.db import Base, Database, UTCDateTime
from tests.conftest import NOW
from tests.simulator.feeds import Answer, FeedServer, OaiRecord, OaiRepository, Request, dublin_core

SCRIPT = Path(__file__).with_name("run_once.py")
ROOT = Path(__file__).parents[3]
RECORDS = 2_050
NOT_COMPARED = {"id", "host", "pid", "process", "digest", "config_digest"}


def record(number: int) -> OaiRecord:
    identifier = f"oai:c.example:{number}"
    if number % 97 == 0:
        return OaiRecord(identifier, deleted=True)
    title = None if number % 101 == 0 else f"Course on subject {number}"
    shared = number % 50 == 7  # two records of one source are two courses, whatever they share
    return OaiRecord(
        identifier,
        dublin_core(
            title,
            identifier=f"https://c.example/{number - number % 50 if shared else number}",
            language=["en", "Klingonese"][number % 7 == 0],
            description="<p>What it is about</p>",
            date="2026-01-02",
        ),
    )


def start(url: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), url, "s", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def empty(database: Database, feed: str) -> None:
    """A node with one source and nothing harvested."""
    with database.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if not table.name.startswith("audit"):  # whose rows nobody deletes, nor harvests write
                session.execute(table.delete())
    with database.write() as session:
        catalogue.add_society(session, NewSociety({"en": "C"}, id="c"), at=NOW)
        new = NewSource("c", "oai_pmh", {"base_url": feed}, id="s")
        service.add_source(session, new, registry=load(["oai_pmh"]), at=NOW)


def rows(database: Database) -> dict[str, list[str]]:
    """Every row of every table, without times, and with names in place of ids made by chance."""
    with database.read() as session:
        tables = {
            table.name: [row._asdict() for row in session.execute(select(table))]
            for table in Base.metadata.sorted_tables
        }
    names = {one["id"]: f"<record {one['remote_id']}>" for one in tables["source_record"]}
    names |= {one["course_id"]: f"<course {one['remote_id']}>" for one in tables["source_record"]}
    names |= {one["id"]: "<run>" for one in tables["run"]}
    for course in tables["course"]:
        course["sources"] = sorted(course["sources"], key=lambda one: str(one["remote_id"]))
    times = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.c
        if isinstance(column.type, UTCDateTime)
    }

    def named(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: named(one) for key, one in value.items()}
        if isinstance(value, list):
            return [named(one) for one in value]
        return names.get(value, value) if isinstance(value, str) else value

    return {
        name: sorted(
            json.dumps(
                {
                    column: named(value)
                    for column, value in row.items()
                    if (name, column) not in times and column not in NOT_COMPARED
                },
                sort_keys=True,
                default=str,
            )
            for row in listed
        )
        for name, listed in tables.items()
    }


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_a_run_killed_anywhere_ends_in_the_state_of_an_undisturbed_one(database_url: str) -> None:
    database = Database.open(database_url)
    repository = OaiRepository([record(number) for number in range(1, RECORDS + 1)], page_size=50)
    victim: list[subprocess.Popen[str]] = []
    kill_at_page: list[int] = []

    def answer(request: Request) -> Answer:
        page = request.params.get("resumptionToken", "0|").partition("|")[0]
        if victim and kill_at_page == [int(page)]:
            victim[0].send_signal(signal.SIGKILL)
        return repository(request)

    with FeedServer({"/oai": answer}) as feeds:
        empty(database, feeds.url("/oai"))
        process = start(database_url)
        out, errors = process.communicate()
        assert (process.returncode, out.split()[1:]) == (0, [str(RECORDS)]), errors
        undisturbed = rows(database)
        assert len(undisturbed["raw_item"]) == RECORDS
        assert len(undisturbed["course"]) > 1_900

        empty(database, feeds.url("/oai"))
        # 1. While it waits for page 12. 2. Before it commits its 8th page after that; the first
        # commit is the run's beginning. 3. While it waits for page 30.
        for page, commits in ((12, 0), (None, 9), (30, 0)):
            kill_at_page[:] = [] if page is None else [page]
            victim[:] = [start(database_url, str(commits))]
            victim[0].communicate()
            assert victim[0].returncode == -signal.SIGKILL
        with database.read() as session:
            (stopped,) = service.list_runs(session, "s")
            assert stopped.state is RunState.RUNNING
            assert 0 < stopped.counters.seen < RECORDS
        victim.clear()
        process = start(database_url)
        out, errors = process.communicate()
        assert (process.returncode, out.split()[1:]) == (0, [str(RECORDS)]), errors
        asked = [one.params.get("resumptionToken", "") for one in feeds.requests]
    disturbed = rows(database)
    database.close()
    for name, expected in undisturbed.items():
        assert disturbed[name] == expected, name
    from_the_beginning = sum(not token for token in asked)
    assert from_the_beginning == 4, "Identify and the first page, in each of the two runs"
