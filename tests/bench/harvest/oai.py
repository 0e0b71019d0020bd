"""How fast a catalogue comes in, beside a reader that keeps nothing of it.

    python -m tests.bench.harvest.oai [--records 100000] [--postgres] [--repeat 1]

A generated OAI-PMH repository (``feed``) is served on loopback by a process of its own. The run
loop harvests it from end to end (``ours``: fetch, parse, store raw, normalise, match, outbox) into
SQLite or PostgreSQL; oaipmh-scythe 0.16 reads it and stores nothing (``scythe``); each in a process
of its own. Prints records per second by the clock and of the process's own CPU, their ratio, the
largest memory beside that of a run of a tenth, and how much faster an unchanged second harvest is.
"""

import argparse
import json
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from migrations import upgrade
from tests import servers


@contextmanager
def _feed(records: int) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.harvest.feed", str(records)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        yield process.stdout.readline().decode().strip()
        process.communicate()


def _result(module: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", f"tests.bench.harvest.{module}", *arguments]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@contextmanager
def _databases(*, postgres: bool) -> Iterator[Iterator[str]]:
    """Addresses of empty databases, as many as are asked for."""
    with tempfile.TemporaryDirectory() as folder:
        if not postgres:
            yield (f"sqlite:///{Path(folder) / secrets.token_hex(4)}.sqlite3" for _ in iter(int, 1))
            return
        with servers.postgres() as server:
            if server is None:
                sys.exit("no PostgreSQL: install Debian's postgresql or set OPENCPD_TEST_PG")
            yield (_made(server) for _ in iter(int, 1))


def _made(server: str) -> str:
    name = f"bench_{secrets.token_hex(4)}"
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"


def _harvest(url: str, address: str) -> dict[str, Any]:
    found = _result("ours", url, address)
    if found["state"] != "done":
        sys.exit(f"the harvest did not end well: {found}")
    return found


def _rate(what: str, found: dict[str, Any]) -> tuple[float, float]:
    wall, cpu = found["seen"] / found["wall"], found["seen"] / found["cpu"]
    print(f"{what:<34}{wall:9,.0f} /s by the clock{cpu:9,.0f} /s of its CPU", flush=True)
    return wall, cpu


def main(records: int, *, postgres: bool, repeat: int) -> None:
    kind = "PostgreSQL" if postgres else "SQLite"
    print(f"{records:,} records, {kind}; no pause between requests, as scythe makes none")
    with _databases(postgres=postgres) as fresh:
        with _feed(records // 10) as address:
            small = _emptied(next(fresh), address)[0]
        with _feed(records) as address:
            for _ in range(repeat):
                beside = _rate("scythe, which stores nothing", _result("scythe", address))
                first, again = _emptied(next(fresh), address)
                ours = _rate("we, storing everything", first)
                print(f"{'ratio':<34}{ours[0] / beside[0]:9.2f}{ours[1] / beside[1]:24.2f}")
                second = _rate("again, unchanged", again)
                print(f"{'times as fast':<34}{second[0] / ours[0]:9.1f}{second[1] / ours[1]:24.1f}")
                grown = first["rss"] - small["rss"]
                print(
                    f"largest memory {small['rss']:.0f} MB at {small['seen']:,}, "
                    f"{first['rss']:.0f} MB at {first['seen']:,}: {grown:+.0f} MB; "
                    f"{again['rss']:.0f} MB unchanged"
                )


def _emptied(url: str, address: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A first and a second harvest into a new database."""
    upgrade(url)
    first, again = _harvest(url, address), _harvest(url, address)
    assert first["new"] == again["unchanged"] == first["seen"], (first, again)
    return first, again


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--repeat", type=int, default=1)
    given = parser.parse_args()
    main(given.records, postgres=given.postgres, repeat=given.repeat)
