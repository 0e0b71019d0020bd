"""What 20 hits count for in 5 registries: under 10 ms, beside deciding alone and searching alone.

    python -m tests.bench.recognition.counts_for [COURSES] [ROUNDS]

A whole node on SQLite with the embedded index (or, with OPENCPD_TEST_STACK=large, on PostgreSQL):
2,000 courses of 20 societies and five registries whose adopted rules differ, unless told otherwise.
Each round asks the index for one of thirty pages of 20 hits in turn; then, of the same hits, what
they would count for: which registries, which of their policies are in force and signed, whom
they list, which versions of the courses there are, and what those come to. That is remembered by
what it rests on, so each page is also timed the first time. Then the same decisions are made alone.
Ends with status 1 when the warm median is not under 10 ms.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from app.identity.model import Kind
from app.platform import logging
from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.model import Ledger
from app.recognition.offering.model import Counting
from app.recognition.register import service as register
from app.recognition.register.model import NewIssuerListing
from app.search import indexer
from app.search.query import parse
from app.web.counting.reckoning import Reckoning, words_of
from app.web.rendering import Site
from migrations import upgrade
from tests import servers
from tests.conftest import STACK, administer
from tests.simulator.counting import STRICT_POLICY
from tests.simulator.counting import Counting as Scene
from tests.simulator.members import House, house
from tests.simulator.publishing import NDJSON, as_lines

SOCIETIES, REGISTRIES, HITS, LIMIT_MS = 20, 5, 20, 10.0
WORDS = ("bridges", "seismic design", "concrete", "fire safety", "geotechnical", "surveying")
Made = TypeVar("Made")


def fill(opened: House, courses: int) -> list[str]:
    """Societies, their courses, and registries with rules; gives the registries' ids."""
    scene = Scene.__new__(Scene)
    scene.house, scene.ids = opened, {}
    registries = [f"registry-{number}" for number in range(REGISTRIES)]
    for number, registry in enumerate(registries):
        opened.add(registry, Kind.REGISTRY)
        text = STRICT_POLICY.replace("strict", registry).replace('"600"', f'"{60 * (number + 1)}"')
        scene.adopt(registry, text)
    for number in range(SOCIETIES):
        society = f"society-{number}"
        opened.add(society)
        own = range(number, courses, SOCIETIES)
        publish(opened, society, own)
        with opened.node.database.write() as session:
            listing = NewIssuerListing(scene.issuer(society), "listed-society", "2026-01-01")
            for registry in registries[: 1 + number % REGISTRIES]:
                register.add_issuer(session, registry, listing, at=opened.now, who="system:bench")
    node = opened.node
    while indexer.drain(node.database, node.index, at=opened.now):
        pass
    return registries


def publish(opened: House, society: str, numbers: Sequence[int]) -> None:
    items = [
        {
            "remote_id": f"C-{number}",
            "course": {
                "title": {"en": f"{WORDS[number % len(WORDS)]}, part {number}"},
                "url": f"https://{society}.example/{number}",
                "kind": "course",
                "delivery": ["onsite"] if number % 3 else ["onsite", "online-async"],
                "duration": f"PT{4 + number % 20}H",
                "teaching_languages": ["en" if number % 2 else "zh"],
                "runs": [{"id": "a", "start": f"2099-{1 + number % 12:02}-01"}],
            },
        }
        for number in numbers
    ]
    answer = opened.http.post(
        f"/api/v1/societies/{society}/courses:batch",
        content=as_lines(items),
        headers={**opened.token(society), "Content-Type": NDJSON, "Idempotency-Key": society},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["new"] == len(items), answer.text[:500]


def timed(what: Callable[[], Made]) -> tuple[float, Made]:
    """Milliseconds of this thread's own time, and what came of it.

    Not of the clock on the wall: other work on the same cores is none of this one's. The work of a
    database server is not in it either.
    """
    began = time.thread_time()
    made = what()
    return (time.thread_time() - began) * 1000, made


def decide(found: Sequence[Counting]) -> int:
    """The same decisions, from facts that are there already."""
    decided = 0
    for counting in found:
        for way in counting.ways:
            evaluate(way.policy, way.facts, Ledger(), today=way.facts.completed)
            decided += 1
    return decided


def measure(opened: House, registries: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """Every page once, which nobody has seen before; then again and again."""
    node = opened.node
    reckoning = Reckoning(node.database, words_of(Site(node_name="Bench")), now=lambda: opened.now)
    pages = [{"q": word, "page": str(page)} for page in range(1, 6) for word in WORDS]
    names = ("search", "first", "counts_for", "deciding", "decisions")
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(len(pages) + rounds):
        query = parse(pages[number % len(pages)])
        searching, results = timed(lambda query=query: node.index.search(query))
        ids = [hit.id for hit in results.hits]
        assert len(ids) == HITS
        counting, found = timed(lambda ids=ids: reckoning.of(ids, registries))
        shown = [one.shown["counting"] for counts in found.values() for one in counts]
        assert len(shown) == HITS * len(registries)
        assert all(one.ways for one in shown)
        deciding, decided = timed(lambda shown=shown: decide(shown))
        warm = number >= len(pages)
        taken["counts_for" if warm else "first"].append(counting)
        if warm:
            taken["search"].append(searching)
            taken["deciding"].append(deciding)
            taken["decisions"].append(decided)
    return taken


def main(courses: int, rounds: int) -> int:
    logging.configure("WARNING", "console")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'bench.sqlite3'}"
        if STACK == "large":
            server = stack.enter_context(servers.postgres())
            administer(str(server), "CREATE DATABASE bench")
            url = f"{server}/bench"
        upgrade(url)
        opened = stack.enter_context(house(folder / "node", url))
        registries = fill(opened, courses)
        taken = measure(opened, registries, rounds)
    middle = {name: statistics.median(values) for name, values in taken.items()}
    high = sorted(taken["counts_for"])[int(len(taken["counts_for"]) * 0.95)]
    warm = middle["counts_for"]
    print(f"{url.split(':')[0]}, {courses} courses, {rounds} rounds; medians of the thread's time")
    print(f"search alone          {middle['search']:7.2f} ms a page of {HITS} hits")
    print(
        f"deciding alone        {middle['deciding']:7.2f} ms, {middle['decisions']:.0f} decisions"
    )
    print(f"counts_for, warm      {warm:7.2f} ms, {REGISTRIES} registries (95 %: {high:.2f} ms)")
    print(f"counts_for, first     {middle['first']:7.2f} ms, of courses never asked about")
    print(f"counts_for / deciding {warm / middle['deciding']:7.2f}")
    print(f"counts_for / search   {warm / middle['search']:7.2f}")
    print(f"limit                 {LIMIT_MS:7.2f} ms")
    return 0 if warm < LIMIT_MS else 1


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(given + [2_000, 200][len(given) :])))
