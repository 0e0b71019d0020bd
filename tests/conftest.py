"""Fixtures for every test. ``OPENCPD_TEST_STACK`` chooses what the tests run on:

``small`` (default)  SQLite and the embedded index
``large``            PostgreSQL and a Meilisearch server, both real
"""

import gc
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path

import hypothesis
import meilisearch
import pytest
from argon2 import PasswordHasher
from fastapi.dependencies import models
from sqlalchemy import create_engine, text

from app.identity import secrets
from app.platform import logging
from app.platform.db import Database
from migrations import upgrade
from tests import servers

# Two processes collect the same tests, and tests start the command many times over. Where bytecode
# may not be kept, each of them would compile everything and rewrite every assertion anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
logging.configure("WARNING", "console")
# How long an example takes says how busy the machine is; each test has a time limit of its own.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.load_profile("here")
# Most tests make a client and ask for tokens. What keeps guessing slow, the cost of a hash, is
# tested in ``tests/unit/identity/test_secrets.py`` and paid nowhere else.
REAL_HASHER = secrets._hasher
secrets._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

STACK = os.environ.get("OPENCPD_TEST_STACK", "small")
MUST_HAVE_ALL = bool(os.environ.get("OPENCPD_TEST_NO_SKIP"))
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def pytest_report_header() -> list[str]:
    other = {"small": "large", "large": "small"}[STACK]
    suites = os.environ.get("OPENCPD_W3C_SUITES")
    where = f"in {suites}" if suites else "NOT RUN (OPENCPD_W3C_SUITES names no folder of them)"
    return [
        f"opencpd stack: {STACK} (the other one: OPENCPD_TEST_STACK={other})",
        f"public W3C suites: {where}",
    ]


_DEPENDS = re.compile(r"own_database|STACK|postgres_|meilisearch_server|administer")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever drives a browser or another's program is no quick test.

    And whatever gets its database or its index from a fixture of ours depends on the stack: all
    other tests are the same on both.
    """
    for item in items:
        foreign = item.get_closest_marker("browser") or item.get_closest_marker("foreign")
        if foreign:
            item.add_marker(pytest.mark.slow)
        if foreign or any(map(_depends, _fixtures(item))):
            item.add_marker(pytest.mark.stack)


def _fixtures(item: pytest.Item) -> Iterator[Callable[..., object]]:
    """The functions of all fixtures that an item asks for, or that those ask for."""
    for definitions in getattr(item, "_fixtureinfo").name2fixturedefs.values():  # noqa: B009 - pytest's, typed nowhere
        for definition in definitions:
            yield definition.func


@cache
def _depends(fixture: Callable[..., object]) -> bool:
    try:
        return bool(_DEPENDS.search(inspect.getsource(fixture)))
    except (OSError, TypeError):  # a plugin's own, written in no file
        return False


def pytest_collection_finish() -> None:
    """Keep what was imported and collected out of every later round of the garbage collector.

    It lives as long as the process, and going through it took a tenth of all tests' time.
    """
    gc.collect()
    gc.freeze()


def pytest_runtest_logfinish() -> None:
    """Let go of the nodes that nobody has any more.

    FastAPI remembers of the last 4,096 functions what kind they are, and with them the applications
    that they belong to, their databases and all statements that were compiled for those.
    """
    for remembered in vars(models).values():
        if callable(forget := getattr(remembered, "cache_clear", None)):
            forget()


def skip_or_fail(reason: str) -> None:
    """Skip loudly where somebody works; fail where everything must be there (``.ci/run``)."""
    if MUST_HAVE_ALL:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str | None]:
    with servers.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def meilisearch_server() -> Iterator[tuple[str, str] | None]:
    with servers.meilisearch() as found:
        yield found


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "empty.sqlite3"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str | None) -> str | None:
    if postgres_server is None:
        return None
    administer(postgres_server, "CREATE DATABASE opencpd_template")
    upgrade(f"{postgres_server}/opencpd_template")
    return postgres_server


def administer(server: str, statement: str) -> None:
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


_numbers = count(1)


@contextmanager
def own_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """A migrated database for whoever asks: one test, or all of a module."""
    if STACK == "small":
        template: Path = request.getfixturevalue("sqlite_template")
        path = folder / "opencpd.sqlite3"
        path.write_bytes(template.read_bytes())
        yield f"sqlite:///{path}"
        return
    server: str | None = request.getfixturevalue("postgres_template")
    if server is None:
        skip_or_fail("no PostgreSQL: install Debian's postgresql or set OPENCPD_TEST_PG")
    # Not by the name of who asks: all that lasts for a session has the same one.
    name = f"test_{os.getpid()}_{next(_numbers)}"
    administer(str(server), f"CREATE DATABASE {name} TEMPLATE opencpd_template")
    yield f"{server}/{name}"
    administer(str(server), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of this test's own."""
    with own_database(request, tmp_path) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database.open(database_url)
    yield opened
    opened.close()


@pytest.fixture
def search_settings(request: pytest.FixtureRequest) -> dict[str, str]:
    """What a node's settings say of search on this stack: nothing, or an emptied real server."""
    if STACK == "small":
        return {}
    server = request.getfixturevalue("meilisearch_server")
    if server is None:
        skip_or_fail("no Meilisearch: install npm or set MEILI_URL")
    url, key = server
    client = meilisearch.Client(url, key)
    client.wait_for_task(client.delete_index("courses").task_uid)
    return {"meili_url": url, "meili_key": key}
