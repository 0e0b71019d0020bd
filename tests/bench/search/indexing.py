"""How fast the index follows the catalogue, beside the same batches given to the engine directly.

    python -m tests.bench.search.indexing [--courses 10000] [--rounds 2]

"Directly" are documents that were made beforehand, in batches as large as the outbox's, each
awaited; "outbox" reads entries and courses from the database, makes the documents, writes them,
compares and settles. Both fill an index that is new. On both engines, PostgreSQL where there is
one; turn by turn, the best of each. Exit code 1 where the outbox has less than 80 % of the rate.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from app.platform.db import Database
from app.platform.ids import new_id
from app.search import SearchIndex, indexer, reading
from app.search.embedded import EmbeddedIndex
from tests import servers
from tests.bench.search import filled
from tests.bench.search.courses import AT
from tests.simulator.search import on_server

LEAST = 0.8


def directly(database: Database, index: SearchIndex) -> float:
    """Courses a second, of documents that are there already."""
    batches = [page.documents for page in reading.pages(database, at=AT)]
    began = time.perf_counter()
    for batch in batches:
        index.apply(batch, [])
    return sum(map(len, batches)) / (time.perf_counter() - began)


def through_the_outbox(database: Database, index: SearchIndex, courses: int) -> float:
    """Courses a second, from the outbox to the index."""
    filled.say_changed(database, courses)
    began = time.perf_counter()
    done = indexer.drain(database, index, at=AT, most=courses)
    assert done == courses
    return courses / (time.perf_counter() - began)


@contextmanager
def embedded() -> Iterator[SearchIndex]:
    with tempfile.TemporaryDirectory() as folder:
        index = EmbeddedIndex(Path(folder) / new_id())
        index.ensure()
        yield index
        index.close()


def measured(
    database: Database, made: Callable[[], AbstractContextManager[SearchIndex]], *, courses: int,
    rounds: int,
) -> dict[str, float]:  # fmt: skip
    """The best rates of one engine."""
    direct, followed = [], []
    for _ in range(rounds):
        with made() as index:
            direct.append(directly(database, index))
        with made() as index:
            followed.append(through_the_outbox(database, index, courses))
    return {
        "courses": courses,
        "directly_per_second": round(max(direct)),
        "outbox_per_second": round(max(followed)),
        "share": round(max(followed) / max(direct), 2),
    }


def main(courses: int, rounds: int) -> int:
    """Print the rates of both engines."""
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.meilisearch() as server,
        filled.database(Path(folder), name="opencpd_indexing") as url,
    ):
        database = Database.open(url)
        filled.fill(database, courses)
        engines: dict[str, Callable[[], AbstractContextManager[SearchIndex]]] = {
            "embedded": embedded
        }
        if server:
            engines["meilisearch"] = partial(on_server, server)
        told = {
            name: measured(database, made, courses=courses, rounds=rounds)
            for name, made in engines.items()
        }
        database.close()
    print(json.dumps(told, indent=2))
    return 0 if all(one["share"] >= LEAST for one in told.values()) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--courses", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    sys.exit(main(given.courses, given.rounds))
