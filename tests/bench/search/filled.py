"""Nodes with a large catalogue for benches: rows written at once, and processes that serve them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text

from app.catalogue import COURSE_CHANGED, document
from app.catalogue.tables import CourseRow, SocietyRow
from app.platform import bulk, outbox
from app.platform.db import Database
from migrations import upgrade
from tests import servers
from tests.bench.search.courses import AT, SOCIETIES, course

ROOT = Path(__file__).parents[3]
AT_ONCE = 2000
COMMAND = (sys.executable, "-c", "from app.entry import main; main()")


@contextmanager
def database(folder: Path, *, name: str) -> Iterator[str]:
    """An empty database: on PostgreSQL where there is one, else on SQLite."""
    with servers.postgres() as server:
        if server is None:
            url = f"sqlite:///{folder / 'opencpd.sqlite3'}"
        else:
            engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
                connection.execute(text(f"CREATE DATABASE {name}"))
            engine.dispose()
            url = f"{server}/{name}"
        upgrade(url)
        yield url


def fill(database: Database, count: int) -> float:
    """Write the rows of so many courses; gives the seconds it took."""
    began = time.perf_counter()
    with database.write() as session:
        bulk.insert(
            session,
            SocietyRow,
            [
                {"id": one.id, "names": json.dumps(dict(one.names)), "country": one.country,
                 "url": None, "aliases": "[]", "created_at": AT}
                for one in SOCIETIES.values()
            ],
        )  # fmt: skip
    for start in range(0, count, AT_ONCE):
        rows = [_row(number) for number in range(start, min(start + AT_ONCE, count))]
        with database.write() as session:
            bulk.insert(session, CourseRow, rows)
    return time.perf_counter() - began


def _row(number: int) -> dict[str, object]:
    one = course(number)
    sources = [{"source_record_id": each.source_record_id, "source_id": each.source_id,
                "society_id": each.society_id, "remote_id": each.remote_id}
               for each in one.sources]  # fmt: skip
    return {
        "id": one.id, "society_id": one.society_id, "status": str(one.status),
        "data": document.as_text(document.to_json(one.data)), "sources": json.dumps(sources),
        "quality": one.quality, "missing": "[]", "digest": f"{number:064}", "version": 1,
        "merged_into": None, "translations": "[]", "translation_of": None, "overridden": False,
        "created_at": one.created_at, "modified_at": one.modified_at,
    }  # fmt: skip


def say_changed(database: Database, count: int) -> None:
    """Enter so many of the courses into the outbox."""
    keys = [f"course-{number:07}" for number in range(count)]
    with database.write() as session:
        outbox.publish(session, COURSE_CHANGED, keys, at=AT)


@contextmanager
def node(
    data: Path, database_url: str, *, meili_url: str | None, worker: bool = True
) -> Iterator[str]:
    """The address of a site; beside it, if there is to be one, a worker in a process of its own."""
    port = servers.free_port()
    environment = _environment(data, database_url, meili_url)
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        serve = ["serve", "--port", str(port), "--no-worker"]
        site = stack.enter_context(_process(data, environment, serve))
        _until_it_answers(f"{url}/healthz", site)
        if worker:
            stack.enter_context(_process(data, environment, ["worker"]))
        yield url


def command(data: Path, database_url: str, *words: str, meili_url: str | None) -> None:
    """Run a command of a node to its end."""
    environment = _environment(data, database_url, meili_url)
    subprocess.run(
        [*COMMAND, *words], cwd=data, env=environment, check=True, stdout=subprocess.DEVNULL
    )


def _environment(data: Path, database_url: str, meili_url: str | None) -> dict[str, str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("OPENCPD_")},
        "OPENCPD_DATA_DIR": str(data), "OPENCPD_DATABASE_URL": database_url,
        "OPENCPD_LOG_LEVEL": "WARNING", "OPENCPD_LOG_STYLE": "console", "PYTHONPATH": str(ROOT),
        "OPENCPD_QUOTA_ADDRESS": "",
    }  # fmt: skip
    if meili_url:
        environment |= {"OPENCPD_MEILI_URL": meili_url, "OPENCPD_MEILI_KEY": servers.MEILI_KEY}
    return environment


@contextmanager
def _process(
    data: Path, environment: dict[str, str], words: list[str]
) -> Iterator[subprocess.Popen[bytes]]:
    data.mkdir(parents=True, exist_ok=True)
    with (data / f"{words[0]}.log").open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, *words], cwd=data, env=environment, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)


def _until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        if server.poll() is not None:
            raise RuntimeError(f"the server of {url} ended while it was starting")
        try:
            if httpx.get(url, timeout=2, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer within a minute")


def until_ready(url: str) -> None:
    """Wait until database and index of a node answer."""
    for _ in range(600):
        if httpx.get(f"{url}/readyz", timeout=30, trust_env=False).is_success:
            return
        time.sleep(0.1)
    raise RuntimeError(f"{url} is not ready after a minute")


def percentile(seconds: list[float], share: float) -> float:
    """In milliseconds; 0 of none."""
    if not seconds:
        return 0.0
    return round(sorted(seconds)[min(int(len(seconds) * share), len(seconds) - 1)] * 1000, 1)
