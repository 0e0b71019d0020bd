"""Workers that are killed while they harvest, and what is compared in the end.

``undisturbed`` and ``killed`` run one feed with two workers on one database; the second kills
whoever is at the run, again and again, at moments made by chance. Both give every row of every
table, without what differs from run to run anyway.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.catalogue import NewSociety
from app.catalogue import service as catalogue
from app.harvest import Mode, NewSource, RunState, service
from app.harvest.registry import load
from app.harvest.tables import RunRow
from app.platform import clock
from app.platform.db import Base, Database, UTCDateTime
from tests.conftest import NOW
from tests.simulator.feeds import OaiRecord, dublin_core

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("work.py")
NOT_COMPARED = {"id", "host", "pid", "process", "digest", "config_digest", "lease"} | {
    "pass_no",  # how often a run began at the beginning: once more when it is killed before a page
    "seen_pass",
}
LOOK_SECONDS = 0.002


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


@dataclass
class Told:
    """What came of one run."""

    rows: Mapping[str, list[str]]
    seconds: float
    kills: list[int] = field(default_factory=list)
    """At how many stored items each kill came."""
    takeovers: list[float] = field(default_factory=list)
    """Seconds from a kill until somebody else was at the run."""


class Workers:
    """Two workers at a database; whoever dies is followed by another."""

    def __init__(self, url: str, *how: str) -> None:
        self._url, self._how = url, how
        self.processes = [self._start(), self._start()]

    def kill(self, pid: int) -> bool:
        """Kill the worker of that number, if it is one of ours, and start another."""
        for place, process in enumerate(self.processes):
            if process.pid == pid and process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                self.processes[place] = self._start()
                return True
        return False

    def end(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.communicate(timeout=60)

    def _start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, str(SCRIPT), self._url, *self._how],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )


@contextmanager
def working(url: str, *how: str) -> Iterator[Workers]:
    workers = Workers(url, *how)
    try:
        yield workers
    finally:
        workers.end()


def undisturbed(url: str, feed: str) -> Told:
    """The run with nothing in its way."""
    return _run(url, feed, times=0, over=1.0, chance=random.Random(0))


def killed(url: str, feed: str, *, times: int, over: float, seed: int) -> Told:
    """The same, with its worker killed so many times within about ``over`` seconds of work."""
    return _run(url, feed, times=times, over=over, chance=random.Random(seed))


def _run(url: str, feed: str, *, times: int, over: float, chance: random.Random) -> Told:
    database = Database.open(url)
    empty(database, feed)
    with database.write() as session:
        run = service.enqueue(
            session, "s", mode=Mode.HARVEST, asked_by=service.SCHEDULE, at=clock.now()
        )
    began = time.monotonic()
    told = Told({}, 0.0)
    with working(url) as workers:
        for _ in range(times):
            before = holder(database, run.id)
            if before is None:
                break
            time.sleep(chance.uniform(0.0, 2 * over / times))
            now = holder(database, run.id)
            if now is None:
                break
            with database.read() as session:
                told.kills.append(service.get_run(session, run.id).counters.seen)
            if workers.kill(now[0]):
                died = time.monotonic()
                if holder(database, run.id, other_than=now[1]) is not None:
                    told.takeovers.append(time.monotonic() - died)
            else:
                told.kills.pop()
        while holder(database, run.id) is not None:
            time.sleep(LOOK_SECONDS * 10)
    told.seconds = time.monotonic() - began
    told.rows = rows(database)
    with database.read() as session:
        assert service.get_run(session, run.id).state is RunState.DONE_WITH_ERRORS
    database.close()
    return told


def holder(
    database: Database, run_id: str, *, other_than: str | None = None, pages: int = 0
) -> tuple[int, str] | None:
    """The number of who is at the run and its lease, as soon as somebody is; none when it ended.

    Waits until so many pages are stored.
    """
    while True:
        with database.read() as session:
            row = session.get_one(RunRow, run_id)
            if row.state not in {RunState.RUNNING, RunState.QUEUED}:
                return None
            if (
                row.state == RunState.RUNNING
                and row.lease
                and row.lease != other_than
                and row.pages >= pages
            ):
                return row.pid, row.lease
        time.sleep(LOOK_SECONDS)
