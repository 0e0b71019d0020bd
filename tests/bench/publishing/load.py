"""Bulk publishing while searches run, on a large node: two applications, two workers, real servers.

    python -m tests.bench.publishing.load [COURSES] [BATCH] [WRITERS] [SEARCHERS]

50,000 courses in batches of 5,000 by four writers of two societies while two readers search, unless
told otherwise. Meanwhile two editors change the same few courses, each what it has read, with
If-Match: every change that was answered with success must be there in the end. Then the outbox is
waited for, and the index is compared with the catalogue, course by course, by id and version. Ends
with status 1 when anything was lost, twice, or answered with an error of the node.
"""

import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.catalogue import COURSE_CHANGED, service
from app.catalogue.model import NewSociety
from app.identity import service as identity
from app.identity.model import SCOPES
from app.platform import clock, logging, outbox
from app.platform.settings import Settings
from app.records.enrolment import enrol
from app.search import indexer
from app.wiring import Node, open_node
from tests import servers
from tests.simulator.publishing import NDJSON, as_lines

ROOT = Path(__file__).parents[3]
SOCIETIES = ("cse", "ebk")
EDITED, EDITS = 5, 40
WORDS = ("bridges", "seismic design", "concrete", "fire safety", "geotechnical", "surveying")


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    courses: int = 50_000
    batch: int = 5_000
    writers: int = 4
    searchers: int = 2


@dataclass
class Tally:
    """What was seen, by all threads together."""

    outcomes: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    searches: list[float] = field(default_factory=list)
    edits: Counter[str] = field(default_factory=Counter)
    done: threading.Event = field(default_factory=threading.Event)


def course(society: str, number: int) -> dict[str, Any]:
    word = WORDS[number % len(WORDS)]
    return {
        "title": {"en": f"{word.title()} for engineers, part {number}"},
        "url": f"https://{society}.example/courses/{number}",
        "summary": {"en": f"What an engineer needs to know of {word}; part {number} of many."},
        "metadata_language": "en",
        "teaching_languages": ["en"],
        "fields": ["0732"],
        "credits": [{"value": str(number % 20 + 1), "unit": "PDH"}],
        "duration": "PT12H",
        "delivery": ["online-live"],
        "runs": [{"id": "a", "start": "2027-03-01", "end": "2027-03-05"}],
        "offers": [{"amount": "120.50", "currency": "EUR"}],
    }


def prepared(settings: Settings) -> dict[str, identity.Credentials]:
    """A node with two societies and a client of each."""
    node = open_node(settings)
    at = clock.now()
    indexer.reindex(node.database, node.index, at=at)
    made = {}
    with node.database.write() as session:
        for name in SOCIETIES:
            enrol(
                session, NewSociety(names={"en": name.upper()}, id=name), signer=node.signer,
                public_url=settings.public_url, at=at, issues=False,
            )  # fmt: skip
            made[name] = identity.new_client(
                session, organisation_id=name, name="LMS", scopes=set(SCOPES) - {"admin:node"},
                at=at,
            )  # fmt: skip
    node.close()
    return made


@contextmanager
def process(*arguments: str, environment: dict[str, str], log: Path) -> Iterator[None]:
    command = [sys.executable, "-c", "from app.entry import main; main()", *arguments]
    with log.open("wb") as out:
        running = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            yield
        finally:
            running.terminate()
            running.wait(timeout=60)


class Caller:
    """One program that speaks to both applications in turn."""

    def __init__(self, urls: list[str], credentials: identity.Credentials, first: int) -> None:
        self.clients = [
            httpx.Client(base_url=url, timeout=httpx.Timeout(1200), trust_env=False) for url in urls
        ]
        self.turn = itertools.count(first)
        self.credentials = credentials

    def client(self) -> httpx.Client:
        return self.clients[next(self.turn) % len(self.clients)]

    def headers(self) -> dict[str, str]:
        answer = self.client().post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(self.credentials[0], self.credentials[1]),
        )
        return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}


def publish(caller: Caller, society: str, numbers: range, tally: Tally) -> None:
    """One batch, every result of it looked at."""
    body = as_lines(
        {"remote_id": f"C-{number}", "course": course(society, number)} for number in numbers
    )
    headers = {
        **caller.headers(), "Content-Type": NDJSON, "Accept": NDJSON,
        "Idempotency-Key": f"{society}-{numbers.start}",
    }  # fmt: skip
    with caller.client().stream(
        "POST", f"/api/v1/societies/{society}/courses:batch", content=body, headers=headers
    ) as answer:
        if answer.status_code != 200:
            tally.troubles[f"batch: {answer.status_code} {answer.read()[:200]!r}"] += 1
            return
        for line in answer.iter_lines():
            result = json.loads(line)
            tally.outcomes[result["outcome"]] += 1
            if "error" in result:
                tally.troubles[f"item: {result['error']['code']}"] += 1


def search(url: str, number: int, tally: Tally) -> None:
    """Search until all is published."""
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as http:
        for turn in itertools.count(number):
            if tally.done.is_set():
                return
            started = time.perf_counter()
            answer = http.get("/api/v1/search", params={"q": WORDS[turn % len(WORDS)]})
            tally.searches.append(time.perf_counter() - started)
            if answer.status_code != 200:
                tally.troubles[f"search: {answer.status_code}"] += 1
            tally.done.wait(0.05)


def edit(caller: Caller, name: str, tally: Tally) -> None:
    """Add marks to a few courses, each to what was read, until as many were taken as wanted."""
    headers = caller.headers()
    taken = 0
    for turn in itertools.count():
        path = f"/api/v1/societies/cse/courses/E-{turn % EDITED}"
        read = caller.client().get(path, headers=headers)
        if read.status_code == 404:
            document: dict[str, Any] = course("cse", 10_000_000 + turn % EDITED)
            condition = {"If-None-Match": "*"}
        else:
            document, condition = read.json()["course"], {"If-Match": read.headers["etag"]}
        mark = f"{name}-{turn}"
        document["subjects"] = [*document.get("subjects", []), mark]
        answer = caller.client().put(path, json=document, headers={**headers, **condition})
        if answer.status_code in {200, 201}:
            tally.edits[f"E-{turn % EDITED} {mark}"] += 1
            taken += 1
        elif answer.status_code != 412:
            tally.troubles[f"edit: {answer.status_code}"] += 1
        if taken >= EDITS or tally.done.is_set():
            return


def lost_edits(caller: Caller, tally: Tally) -> int:
    """How many changes that were answered with success are not there."""
    headers = caller.headers()
    there = set()
    for number in range(EDITED):
        read = caller.client().get(f"/api/v1/societies/cse/courses/E-{number}", headers=headers)
        there |= {f"E-{number} {mark}" for mark in read.json()["course"].get("subjects", [])}
    return len(set(tally.edits) - there)


def waited(node: Node) -> float:
    """Seconds until the workers have brought the index up to the catalogue."""
    started = time.perf_counter()
    while True:
        with node.database.read() as session:
            behind = outbox.backlog(session, COURSE_CHANGED)
        if behind.waiting == 0 or time.perf_counter() - started > 1200:
            return time.perf_counter() - started
        time.sleep(0.5)


def differing(node: Node, meili: tuple[str, str]) -> tuple[int, int, int]:
    """Courses of the catalogue, documents of the index, and how many differ by id or version."""
    known: dict[str, int] = {}
    after = None
    while True:
        with node.database.read() as session:
            ids = service.iter_course_ids(session, after=after, limit=1000)
            known |= {one.id: one.version for one in service.get_courses(session, ids)}
        if not ids:
            break
        after = ids[-1]
    found: dict[str, int] = {}
    url, key = meili
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as http:
        while True:
            page = http.get(
                "/indexes/courses/documents",
                params={"limit": 1000, "offset": len(found), "fields": "id,document"},
                headers={"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"},
            ).raise_for_status().json()["results"]  # fmt: skip
            if not page:
                break
            found |= {one["id"]: one["document"]["version"] for one in page}
    wrong = {one for one in known.keys() | found.keys() if known.get(one) != found.get(one)}
    return len(known), len(found), len(wrong)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] * 1000 if values else 0


def run(size: Size) -> int:
    logging.configure("WARNING", "console")
    with ExitStack() as stack:
        postgres = stack.enter_context(servers.postgres())
        meili = stack.enter_context(servers.meilisearch())
        if postgres is None or meili is None:
            print("needs PostgreSQL and Meilisearch, see tests/servers.py")
            return 2
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = [servers.free_port(), servers.free_port()]
        settings = Settings(
            data_dir=folder / "node", database_url=f"{postgres}/postgres",
            public_url=f"http://127.0.0.1:{ports[0]}", meili_url=meili[0], meili_key=meili[1],
            quota_client="", oauth_rate_client="", oauth_rate_address="", log_level="WARNING",
            _env_file=None,
        )  # fmt: skip
        credentials = prepared(settings)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            **{
                f"OPENCPD_{name}": str(value)
                for name, value in {
                    "DATA_DIR": settings.data_dir, "DATABASE_URL": settings.database_url,
                    "PUBLIC_URL": settings.public_url, "MEILI_URL": meili[0],
                    "MEILI_KEY": meili[1], "QUOTA_CLIENT": "", "OAUTH_RATE_CLIENT": "",
                    "OAUTH_RATE_ADDRESS": "", "LOG_LEVEL": "WARNING",
                }.items()
            },
        }  # fmt: skip
        for number, port in enumerate(ports):
            arguments = ("serve", "--no-worker", "--port", str(port))
            stack.enter_context(
                process(*arguments, environment=environment, log=folder / f"app-{number}.log")
            )
            log = folder / f"worker-{number}.log"
            stack.enter_context(process("worker", environment=environment, log=log))
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        for url in urls:
            _await(url)
        return _measured(settings, urls, credentials, meili, size=size)


def _await(url: str) -> None:
    for _ in range(600):
        try:
            if httpx.get(f"{url}/healthz", timeout=5, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} did not start")


def _measured(
    settings: Settings,
    urls: list[str],
    credentials: dict[str, identity.Credentials],
    meili: tuple[str, str],
    *,
    size: Size,
) -> int:
    tally = Tally()
    each = size.courses // len(SOCIETIES)
    work = [
        (society, range(start, min(start + size.batch, each)))
        for start in range(0, each, size.batch)
        for society in SOCIETIES
    ]
    readers = [
        threading.Thread(target=search, args=(urls[n % 2], n, tally)) for n in range(size.searchers)
    ]
    editors = [
        threading.Thread(
            target=edit, args=(Caller(urls, credentials["cse"], n), f"editor{n}", tally)
        )
        for n in range(2)
    ]
    for thread in (*readers, *editors):
        thread.start()
    started = time.perf_counter()
    with ThreadPoolExecutor(size.writers) as pool:
        jobs = [
            pool.submit(publish, Caller(urls, credentials[society], n), society, numbers, tally)
            for n, (society, numbers) in enumerate(work)
        ]
        for job in jobs:
            job.result()
    seconds = time.perf_counter() - started
    for thread in editors:
        thread.join()
    tally.done.set()
    for thread in readers:
        thread.join()
    node = open_node(settings)
    behind = waited(node)
    lost = lost_edits(Caller(urls, credentials["cse"], 0), tally)
    known, found, wrong = differing(node, meili)
    node.close()
    logs = "".join(
        path.read_text(errors="replace") for path in settings.data_dir.parent.glob("*.log")
    )
    deadlocks = logs.lower().count("deadlock")
    failures = logs.count("request failed") + logs.count("task failed")
    print(f"published      {sum(tally.outcomes.values())} items: {dict(tally.outcomes)}")
    print(f"speed          {size.courses / seconds:.0f} courses/s ({seconds:.1f} s)")
    print(f"edits          {sum(tally.edits.values())} taken, {lost} lost")
    print(
        f"searches       {len(tally.searches)}: p50 {percentile(tally.searches, 0.5):.0f} ms, "
        f"p95 {percentile(tally.searches, 0.95):.0f} ms"
    )
    print(f"index          up to date {behind:.1f} s after the last batch")
    print(f"compared       {known} courses, {found} documents, {wrong} differ by id or version")
    print(f"errors         {dict(tally.troubles)}, deadlocks {deadlocks}, failures {failures}")
    good = (
        tally.outcomes == Counter(new=len(SOCIETIES) * each)
        and not (tally.troubles or lost or wrong or deadlocks or failures)
        and known == found == len(SOCIETIES) * each + EDITED
    )
    print("good" if good else "NOT GOOD")
    if not good:
        print(logs[-4000:])
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(run(Size(*map(int, sys.argv[1:]))))
