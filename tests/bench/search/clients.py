"""Eight clients in a process of their own, who ask one thing after another and time the answers.

They speak HTTP over plain sockets that stay open (``http.client``), so that asking costs as little
as it can and as much for one server as for the other; or they call the embedded engine itself.
"""

import json
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tantivy

from app.search.analyse import query_terms
from app.search.embedded import asking
from app.search.embedded.vocabulary import Vocabulary
from app.search.index import Query
from app.search.query import parse
from tests.bench.search.courses import Asked

CLIENTS = 8

Ask = Callable[[int], None]
"""Asks the question of that number, and reads the whole answer."""


@dataclass(frozen=True)
class Request:
    """One HTTP request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None = None


@dataclass(frozen=True)
class OverHTTP:
    """Questions to a server; each is one request, or a few at once."""

    url: str
    questions: Sequence[Sequence[Request]]

    def client(self) -> Ask:
        parts = urlsplit(self.url)
        most = max(map(len, self.questions))
        connections = [
            HTTPConnection(parts.hostname or "", parts.port, timeout=60) for _ in range(most)
        ]
        connections[0].connect()

        def ask(number: int) -> None:
            asked = list(zip(self.questions[number], connections, strict=False))
            for each, connection in asked:
                connection.request(each.method, each.path, each.body, each.headers)
            for each, connection in asked:
                answer = connection.getresponse()
                content = answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{each.path}: {answer.status} {content[:300]!r}")

        return ask


class Embedded:
    """Questions to the embedded engine itself, all clients in one process.

    Each question is prepared before: the queries of the stages up to the one that finds something.
    To ask is to search in turn, to count the same facets by the engine's own aggregation of terms
    (a filter in use apart from the others, without itself), and to fetch the hits' documents.
    """

    def __init__(self, folder: Path, questions: Sequence[Asked]) -> None:
        name = json.loads((folder / "current.json").read_bytes())["generation"]
        self.index = tantivy.Index.open(str(folder / name))
        searcher = self.index.searcher()
        self.prepared = [_prepared(one, searcher) for one in questions]

    def client(self) -> Ask:
        searcher = self.index.searcher()

        def ask(number: int) -> None:
            query, stages, counted, order = self.prepared[number]
            hits: list[Any] = []
            for stage in stages:
                hits = searcher.search(
                    stage, query.per_page,
                    order_by_field=order[0] if order else None,
                    order=order[1] if order else tantivy.Order.Desc,
                ).hits  # fmt: skip
            for wanted, aggregation in counted:
                searcher.aggregate(wanted, aggregation)
            for _, address in hits:
                json.loads(bytes(searcher.doc(address).get_first("document")))

        return ask


_Prepared = tuple[
    Query,
    list[tantivy.Query],
    list[tuple[tantivy.Query, dict[str, Any]]],
    tuple[str, tantivy.Order] | None,
]


def _prepared(asked: Asked, searcher: tantivy.Searcher) -> _Prepared:
    query = parse(_parameters(asked), locale=asked.language)
    terms = query_terms(query.text, locale=query.locale)
    filters = asking.filters(query)
    stages: list[tantivy.Query] = []
    matching = tantivy.Query.all_query()
    for matching, _, enough in asking.stages(terms, Vocabulary(searcher)):
        stages.append(asking.all_of([matching, *filters]))
        if searcher.search(stages[-1], 1).count >= enough:  # type: ignore[attr-defined]  # no stub
            break
    used = [name for name in query.facets if query.filters.get(name)]
    alone = [(name, [name]) for name in used]
    counted = [
        (asking.all_of([matching, *asking.filters(query, without=without)]), _aggregation(names))
        for without, names in [*alone, ("", [n for n in query.facets if n not in used])]
    ]
    return query, stages, counted, asking.order(query, browsing=terms.empty)


def _aggregation(names: Sequence[str]) -> dict[str, Any]:
    return {name: {"terms": {"field": name, "size": 200, "segment_size": 10_000}} for name in names}


def _parameters(asked: Asked) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in asked.params:
        found.setdefault(name, []).append(value)
    return found


class Clients:
    """The process, once it is ready; ``round`` has it ask some questions."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def round(self, numbers: Sequence[int]) -> list[tuple[int, float]]:
        """Ask those; gives of each its number and how many milliseconds it took."""
        self._pipe.send(list(numbers))
        found, trouble = self._pipe.recv()
        if trouble:
            raise RuntimeError(trouble)
        times: list[tuple[int, float]] = found
        return times


@contextmanager
def clients(make: Callable[..., Any], *arguments: object) -> Iterator[Clients]:
    """Clients of what ``make`` makes of ``arguments``, in a process of their own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, make, arguments), daemon=True)
    process.start()
    try:
        if here.recv() != "ready":
            raise RuntimeError("the clients could not be made ready")
        yield Clients(here)
    finally:
        here.send(None)
        process.join(timeout=20)


def _serve(pipe: Connection, make: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    source = make(*arguments)
    pipe.send("ready")
    while (numbers := pipe.recv()) is not None:
        pipe.send(_round([source.client() for _ in range(CLIENTS)], numbers))


def _round(asks: Sequence[Ask], numbers: Sequence[int]) -> tuple[list[tuple[int, float]], str]:
    """Servers end connections that nobody uses, so every round has new ones, open before it."""
    waiting = iter(numbers)
    found: list[tuple[int, float]] = []
    trouble: list[str] = []
    lock = threading.Lock()

    def work(ask: Ask) -> None:
        while not trouble:
            with lock:
                number = next(waiting, None)
            if number is None:
                return
            started = time.perf_counter()
            try:
                ask(number)
            except (OSError, HTTPException, RuntimeError, ValueError) as error:
                trouble.append(f"question {number}: {error}")
                return
            found.append((number, (time.perf_counter() - started) * 1000))

    threads = [threading.Thread(target=work, args=(ask,)) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, "".join(trouble[:1])
