"""Courses that change while the search server is killed, stays away, and comes back.

    python -m tests.bench.search.kill [--updates 5000] [--courses 2500] [--away 60]

A node as in earnest: the site and its worker as processes of their own, PostgreSQL (SQLite where
there is none), and a Meilisearch server that gets SIGKILL in the middle of the changes and is
started again after ``--away`` seconds. Courses are changed, withdrawn and brought back through the
catalogue, as a harvest does it. All the time the site is asked: course pages must answer 200 (410
for one that is withdrawn just then), ``/healthz`` 200; a search may answer 503 while the server is
away, with ``Retry-After`` and a message that says so, and nothing else. In the end the index must
be the catalogue, by id and version, as the server itself lists it. Exit code 1 if anything of this
does not hold.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.catalogue import COURSE_CHANGED, service
from app.catalogue.model import NewItem, NewSociety, Origin
from app.platform import clock, outbox
from app.platform.db import Database
from app.search.reading import all_versions
from tests import servers
from tests.bench.search import filled
from tests.servers import MeilisearchServer

AT_ONCE = 50
PATIENCE = 300
"""For how many seconds the index may take to follow, once the server is back."""


@dataclass
class Seen:
    """What whoever asked the site all the time has seen."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    refused_at: list[float] = field(default_factory=list)
    found_at: list[float] = field(default_factory=list)
    times: dict[str, list[float]] = field(default_factory=dict)
    message: str = ""


class Catalogue:
    """Courses of one source, changed as a harvest changes them."""

    def __init__(self, database: Database, courses: int) -> None:
        self.database = database
        self.courses = courses
        self.turn = 0
        self.ids: list[str] = []
        with database.write() as session:
            service.add_society(session, NewSociety({"en": "A society"}, id="soc"), at=clock.now())
        for start in range(0, courses, AT_ONCE):
            self._take(range(start, min(start + AT_ONCE, courses)))

    def change(self, count: int) -> None:
        """Change the next courses; now and then one is withdrawn, to come back at its next turn."""
        first = self.turn % self.courses
        numbers = [(first + step) % self.courses for step in range(count)]
        self.turn += count
        gone = [number for number in numbers if number % 100 == 7 and self.turn % 3 == 0]
        self._take([number for number in numbers if number not in gone])
        with self.database.write() as session:
            for number in gone:
                service.withdraw(session, source_id="feed", remote_id=str(number), at=clock.now())

    def _take(self, numbers: Sequence[int]) -> None:
        items = [
            NewItem(str(number), self._data(number), f"{number}-{self.turn}") for number in numbers
        ]
        with self.database.write() as session:
            taken = service.take_many(session, items, origin=Origin("soc", "feed"), at=clock.now())
        if self.turn == 0:
            self.ids += [one.course_id for one in taken if one.course_id]

    def _data(self, number: int) -> dict[str, Any]:
        return {
            "title": {"en": f"Pumps and valves of plant {number}"},
            "summary": {"en": f"As it was told at turn {self.turn}."},
            "url": f"https://soc.example/{number}",
        }


class Asker:
    """Asks the site all the time, from three threads."""

    _PATHS = ("page", "health", "search")

    def __init__(self, url: str, ids: Sequence[str]) -> None:
        self.seen = Seen()
        self._url = url
        self._ids = ids
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(kind,)) for kind in self._PATHS]

    @contextmanager
    def asking(self) -> Iterator[Seen]:
        for each in self._threads:
            each.start()
        try:
            yield self.seen
        finally:
            self._ended.set()
            for each in self._threads:
                each.join()

    def _ask(self, kind: str) -> None:
        number = 0
        with httpx.Client(base_url=self._url, timeout=30, trust_env=False) as http:
            while not self._ended.is_set():
                number += 1
                path = {
                    "page": f"/courses/{self._ids[number * 37 % len(self._ids)]}",
                    "health": "/healthz",
                    "search": f"/api/v1/search?q=plant+{number % 500}",
                }[kind]
                began = time.perf_counter()
                try:
                    answer = http.get(path)
                except httpx.HTTPError as error:
                    self.seen.wrong.append(f"{path}: {error!r}")
                    continue
                self.seen.times.setdefault(kind, []).append(time.perf_counter() - began)
                self._note(kind, path, answer)
                self._ended.wait(0.02)

    def _note(self, kind: str, path: str, answer: httpx.Response) -> None:
        seen = self.seen
        seen.answers[f"{kind} {answer.status_code}"] += 1
        if kind == "search" and answer.status_code == 503:
            told = answer.json()
            if told["code"] != "search-unavailable" or "retry-after" not in answer.headers:
                seen.wrong.append(f"{path}: {told} {dict(answer.headers)}")
            seen.message = told["detail"]
            seen.refused_at.append(time.perf_counter())
        elif answer.status_code == 410 and kind == "page":
            pass  # it was just withdrawn
        elif answer.status_code != 200:
            seen.wrong.append(f"{path}: {answer.status_code}")
        elif kind == "search":
            seen.found_at.append(time.perf_counter())


def waiting(database: Database) -> int:
    """How many entries are not dealt with."""
    with database.read() as session:
        backlog = outbox.backlog(session, COURSE_CHANGED)
    return backlog.waiting + backlog.set_aside


def followed(database: Database) -> float:
    """Seconds until nothing waits any more."""
    began = time.perf_counter()
    while waiting(database) and time.perf_counter() - began < PATIENCE:
        time.sleep(0.2)
    return time.perf_counter() - began


def listed(url: str) -> dict[str, int]:
    """Id and version of every document, as the search server lists them."""
    found: dict[str, int] = {}
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as http:
        while True:
            page = http.get(
                "/indexes/courses/documents",
                params={"limit": 1000, "offset": len(found), "fields": "id,document"},
                headers={
                    "Authorization": f"Bearer {servers.MEILI_KEY}",
                    "Accept-Encoding": "identity",
                },
            ).raise_for_status().json()["results"]  # fmt: skip
            if not page:
                return found
            found |= {one["id"]: one["document"]["version"] for one in page}


def run(
    folder: Path, database_url: str, server: MeilisearchServer, *, courses: int, updates: int,
    away: float,
) -> tuple[dict[str, Any], list[str]]:  # fmt: skip
    """The figures, and what did not hold."""
    server.start()
    database = Database.open(database_url)
    catalogue = Catalogue(database, courses)
    with filled.node(folder / "node", database_url, meili_url=server.url) as url:
        followed(database)
        filled.until_ready(url)
        asker = Asker(url, catalogue.ids)
        with asker.asking() as seen:
            killed_at, back_at, most_waiting = _kill_amid(
                catalogue, server, updates=updates, away=away
            )
            lagged = followed(database)
            time.sleep(1)
    known: dict[str, int] = {}
    for page in all_versions(database):
        known |= page
    indexed = listed(server.url)
    differing = [key for key in known.keys() | indexed.keys() if known.get(key) != indexed.get(key)]
    left = waiting(database)
    database.close()
    early = [one for one in seen.refused_at if one < killed_at]
    after = [one for one in seen.found_at if one > back_at]
    late = [one for one in seen.refused_at if after and one > after[0]]
    told = {
        "courses": len(known), "documents": len(indexed), "updates": updates,
        "away_seconds": round(back_at - killed_at, 1), "most_waiting": most_waiting,
        "caught_up_after_seconds": round(lagged, 1), "left_in_outbox": left,
        "differing": len(differing), "answers": dict(sorted(seen.answers.items())),
        "message": seen.message,
        "search_back_after_seconds": round(after[0] - back_at, 2) if after else None,
        "p95_ms": {kind: filled.percentile(all_, 0.95) for kind, all_ in seen.times.items()},
    }  # fmt: skip
    wrong = seen.wrong[:10]
    wrong += [f"{len(differing)} courses differ: {differing[:5]}"] if differing else []
    wrong += [f"{left} entries are left"] if left else []
    wrong += ["search refused before the server was killed"] if early else []
    wrong += ["search refused again after it was back"] if late else []
    wrong += [] if after else ["search did not come back"]
    wrong += [] if seen.refused_at else ["nobody noticed that the server was away"]
    return told, wrong


def _kill_amid(
    catalogue: Catalogue, server: MeilisearchServer, *, updates: int, away: float
) -> tuple[float, float, int]:
    """Change courses and kill the server; when it was killed and back, and how much waited most.

    Two fifths of the changes come before, one fifth while it is away, the others after.
    """
    before, meanwhile = updates * 2 // 5, updates // 5
    _change(catalogue, before)
    killed_at = time.perf_counter()
    server.kill()
    _change(catalogue, meanwhile)
    while time.perf_counter() - killed_at < away:
        time.sleep(0.1)
    most = waiting(catalogue.database)
    server.start()
    back_at = time.perf_counter()
    _change(catalogue, updates - before - meanwhile)
    return killed_at, back_at, most


def _change(catalogue: Catalogue, count: int) -> None:
    for start in range(0, count, AT_ONCE):
        catalogue.change(min(AT_ONCE, count - start))


def main(*, courses: int, updates: int, away: float) -> int:
    """Print the figures and what did not hold."""
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.killable_meilisearch() as server,
        filled.database(Path(folder), name="opencpd_kill") as url,
    ):
        if server is None:
            print("no Meilisearch: install npm", file=sys.stderr)
            return 2
        told, wrong = run(Path(folder), url, server, courses=courses, updates=updates, away=away)
    print(json.dumps({**told, "wrong": wrong}, indent=2, ensure_ascii=False))
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=5000)
    parser.add_argument("--courses", type=int, default=2500)
    parser.add_argument("--away", type=float, default=60)
    given = parser.parse_args()
    sys.exit(main(courses=given.courses, updates=given.updates, away=given.away))
