"""One harvest by the node's own run loop, in a process of its own.

    python -m tests.bench.harvest.ours DATABASE_URL ADDRESS [--profile FILE]

Makes the society and the source if the database has none. Prints what the run counted, the seconds
and this process's largest memory as JSON. Between two requests the fetch waits for nothing: that
politeness is a setting, and the reader that we are held against has none.
"""

import argparse
import cProfile
import json
import time
from ipaddress import ip_network
from pathlib import Path

from app.catalogue import NewSociety
from app.catalogue import service as catalogue
from app.harvest import NewSource, service
from app.harvest.registry import load
from app.platform import clock
from app.platform.db import Database
from connectors.http import HttpFetch

SOURCE = "bench"


def _fetch(hosts: frozenset[str]) -> HttpFetch:
    return HttpFetch(hosts=hosts, allow=[ip_network("127.0.0.0/8")], interval=0)


def _largest_memory() -> float:
    """In MB; not what ``getrusage`` says, which counts what the process was before its start."""
    said = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(said["VmHWM"].split()[0]) / 1024


def main(url: str, address: str, profile: str | None) -> None:
    database, registry = Database.open(url), load(["oai_pmh"])
    with database.write() as session:
        if not catalogue.list_societies(session):
            catalogue.add_society(session, NewSociety({"en": "Bench"}, id="cse"), at=clock.now())
            source = NewSource("cse", "oai_pmh", {"base_url": address}, id=SOURCE)
            service.add_source(session, source, registry=registry, at=clock.now())
    profiler = cProfile.Profile(time.process_time) if profile else None
    began, cpu = time.perf_counter(), time.process_time()
    if profiler:
        profiler.enable()
    run = service.run_source(database, SOURCE, registry=registry, make_fetch=_fetch, now=clock.now)
    if profiler:
        profiler.disable()
        profiler.dump_stats(str(profile))
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    told = {
        "state": run.state, "seen": run.counters.seen, "new": run.counters.new,
        "unchanged": run.counters.unchanged, "wall": took, "cpu": cpu,
        "rss": _largest_memory(), "message": run.message,
    }  # fmt: skip
    database.close()
    print(json.dumps(told))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("address")
    parser.add_argument("--profile")
    given = parser.parse_args()
    main(given.url, given.address, given.profile)
