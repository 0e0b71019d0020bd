"""An index built anew while it is searched all the time.

    python -m tests.bench.search.rebuild [--courses 100000] [--changes 500]

On both engines: a catalogue of so many courses, a node that serves it, threads that ask the index
itself and others that ask over HTTP, all the time, before and during ``opencpd reindex``. No
answer may be an error, empty or partial: each must have a whole page of hits, and the total of an
index that is whole. Meanwhile courses are withdrawn and brought back, and the outbox is drained, so
the totals that are whole go from all courses to all without those; in the end index and catalogue
are compared by id and version. Exit code 1 if anything of this does not hold.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import update

from app.catalogue import COURSE_CHANGED
from app.catalogue.model import Status
from app.catalogue.tables import CourseRow
from app.platform import clock, outbox
from app.platform.db import Database
from app.search import Query, SearchIndex, SearchUnavailable, indexer
from app.search.checking import check
from app.search.embedded import EmbeddedIndex
from app.search.meili import MeilisearchIndex
from tests import servers
from tests.bench.search import filled

PER_PAGE = 20
AT_ONCE = 50
BREATH = 0.02
"""Between two questions of a thread: who asks must leave a processor to who builds."""


@dataclass
class Seen:
    """What was answered."""

    totals: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    times: dict[str, list[float]] = field(default_factory=dict)

    def note(self, kind: str, began: float, *, total: int, hits: int) -> None:
        self.times.setdefault(kind, []).append(time.perf_counter() - began)
        self.totals[total] += 1
        if hits != PER_PAGE:
            self.wrong.append(f"{kind}: {hits} hits of {total}")


@contextmanager
def asking(index: SearchIndex, url: str) -> Iterator[Seen]:
    """Two threads ask the index, two ask over HTTP, as long as the block runs."""
    seen, ended = Seen(), threading.Event()

    def ask_index() -> None:
        while not ended.is_set():
            began = time.perf_counter()
            try:
                found = index.search(Query(per_page=PER_PAGE, facets=("language",)))
            except SearchUnavailable as error:
                seen.wrong.append(f"index: {error.detail}")
                continue
            seen.note("index", began, total=found.total, hits=len(found.hits))
            ended.wait(BREATH)

    def ask_site() -> None:
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as http:
            while not ended.is_set():
                began = time.perf_counter()
                answer = http.get("/api/v1/search", params={"per_page": PER_PAGE})
                if answer.status_code != 200:
                    seen.wrong.append(f"site: {answer.status_code} {answer.text[:200]}")
                    continue
                told = answer.json()
                seen.note("site", began, total=told["total"], hits=len(told["hits"]))
                ended.wait(BREATH)

    threads = [threading.Thread(target=each) for each in (ask_index, ask_site) * 2]
    for each in threads:
        each.start()
    try:
        yield seen
    finally:
        ended.set()
        for each in threads:
            each.join()


def withdrawing(database: Database, index: SearchIndex, changes: int) -> Callable[[], None]:
    """Withdraws courses a few at a time, and brings the index after each time up to that."""

    def work() -> None:
        for start in range(0, changes, AT_ONCE):
            keys = [f"course-{n:07}" for n in range(start, min(start + AT_ONCE, changes))]
            with database.write() as session:
                session.execute(
                    update(CourseRow)
                    .where(CourseRow.id.in_(keys))
                    .values(status=str(Status.WITHDRAWN), version=CourseRow.version + 1)
                )
                outbox.publish(session, COURSE_CHANGED, keys, at=clock.now())
            indexer.drain(database, index, at=clock.now())

    return work


def rebuilt(
    database: Database, index: SearchIndex, url: str, rebuild: Callable[[], None], *,
    courses: int, changes: int, calm: float,
) -> tuple[dict[str, Any], list[str]]:  # fmt: skip
    """The figures of one engine, and what did not hold."""
    with asking(index, url) as before:
        time.sleep(calm)
    other = threading.Thread(target=withdrawing(database, index, changes))
    with asking(index, url) as during:
        began = time.perf_counter()
        other.start()
        rebuild()
        seconds = time.perf_counter() - began
        other.join()
        while indexer.drain(database, index, at=clock.now(), most=indexer.MOST):
            pass
    found = check(database, index, at=clock.now())
    told = {
        "courses": courses,
        "withdrawn_meanwhile": changes,
        "rebuild_seconds": round(seconds, 1),
        "courses_per_second": round(courses / seconds),
        "queries_before": sum(before.totals.values()),
        "queries_during": sum(during.totals.values()),
        "least_total": min(during.totals),
        "most_total": max(during.totals),
        "different_totals": len(during.totals),
        "differing_afterwards": len(found.ids),
        "p95_ms_before": {k: filled.percentile(v, 0.95) for k, v in before.times.items()},
        "p95_ms_during": {k: filled.percentile(v, 0.95) for k, v in during.times.items()},
    }
    wrong = [*before.wrong[:5], *during.wrong[:5]]
    wrong += [
        f"an answer counted {total} courses"
        for total in before.totals | during.totals
        if not courses - changes <= total <= courses
    ]
    wrong += [f"{len(found.ids)} courses differ: {found.ids[:5]}"] if found.ids else []
    return told, wrong


@contextmanager
def serving(
    folder: Path, database_url: str, *, meili_url: str | None
) -> Iterator[tuple[SearchIndex, str]]:
    """An index, and a site without a worker that searches the same one."""
    folder.mkdir(parents=True, exist_ok=True)
    index: SearchIndex = (
        MeilisearchIndex(meili_url, servers.MEILI_KEY)
        if meili_url
        else EmbeddedIndex(folder / "index")
    )
    index.ensure()
    with filled.node(folder, database_url, meili_url=meili_url, worker=False) as url:
        yield index, url
    index.close()


def run(folder: Path, *, engine: str, courses: int, changes: int, calm: float = 10) -> Any:
    """Fill a catalogue and its index, and build the index anew."""
    with (
        servers.killable_meilisearch() as server,
        filled.database(folder, name=f"opencpd_rebuild_{engine}") as database_url,
    ):
        if engine == "meilisearch":
            if server is None:
                return None
            server.start()
        database = Database.open(database_url)
        filled.fill(database, courses)
        meili_url = server.url if server and engine == "meilisearch" else None
        with serving(folder / engine, database_url, meili_url=meili_url) as (index, url):
            build = partial(
                filled.command, folder / engine, database_url, "reindex", meili_url=meili_url
            )
            build()
            found = rebuilt(
                database, index, url, build, courses=courses, changes=changes, calm=calm
            )
        database.close()
        return found


def main(courses: int, changes: int) -> int:
    """Print the figures of both engines and what did not hold."""
    told, failed = {}, False
    for engine in ("embedded", "meilisearch"):
        with tempfile.TemporaryDirectory() as folder:
            found = run(Path(folder), engine=engine, courses=courses, changes=changes)
        if found is None:
            print("no Meilisearch: install npm", file=sys.stderr)
            return 2
        told[engine] = {**found[0], "wrong": found[1]}
        failed |= bool(found[1])
    print(json.dumps(told, indent=2))
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--courses", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=500)
    given = parser.parse_args()
    sys.exit(main(given.courses, given.changes))
