"""What our endpoint adds to the search engine under it, both asked by eight clients in one run.

    python -m tests.bench.search.load [--documents 200000] [--backend embedded|meilisearch|both]

The courses of ``courses`` are indexed once by each engine and kept (``--cache``). Then eight
clients in a process of their own (``http.client``: plain sockets that stay open) ask the same
questions of the engine and of ``GET /api/v1/search`` of a node that ``opencpd serve`` runs with one
process for each processor (``--processes``), a few at a time by turns: every kind of question as
often, all facets counted, all hits with highlights. No question is asked twice of the same side, so
that what is remembered of an answer helps nobody.

The engine asked directly means:

meilisearch  the requests that the endpoint itself sends for a question, word for word, as recorded
             between the two before; those of one question sent by a client all at once
embedded     the prepared queries of tantivy, all clients in one process: search, its own
             aggregation of the same facets, the hits' documents fetched and parsed. Finding the
             words that a mistyped one may stand for is not in it; the endpoint has to do it.

Ends with status 1 when the endpoint's p95 over all questions is above 1.3 times the engine's. The
search page is timed for information.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

import httpx

from tests.bench.search import kept
from tests.bench.search.clients import Clients, Embedded, OverHTTP, Request, clients
from tests.bench.search.courses import KINDS, Asked, questions

LEVEL = 1.3
WARM, TURN = 96, 120
"""How many questions are asked first and not counted, and how many at each turn."""

BACKENDS = ("embedded", "meilisearch")
_FORM = "{:<18}{:>9}{:>9}   {:>9}{:>9}   {:>6}{:>6}   {:>9}{:>9}"


def main(arguments: Sequence[str]) -> int:
    wanted = _options().parse_args(arguments)
    asked = questions(WARM + wanted.questions, among=wanted.documents)
    held = True
    for backend in BACKENDS if wanted.backend == "both" else (wanted.backend,):
        with _sides(backend, asked, wanted) as sides:
            if sides is None:
                print(f"{backend}: there is no server", flush=True)
                return 1
            times = _measured(sides, asked)
        held &= _shown(f"{backend}, {wanted.documents} documents", times)
    return 0 if held else 1


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="What the endpoint adds to the engine.")
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--backend", choices=(*BACKENDS, "both"), default="both")
    parser.add_argument("--questions", type=int, default=1200, help="how many to each side")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="how many the node serves with"
    )
    parser.add_argument("--cache", type=Path, default=kept.CACHE, help="folder of built indexes")
    return parser


@contextmanager
def _sides(
    backend: str, asked: Sequence[Asked], wanted: argparse.Namespace
) -> Iterator[dict[str, Clients] | None]:
    """Clients of the engine, of the endpoint and of the page."""
    cache, documents, processes = wanted.cache, wanted.documents, wanted.processes
    with ExitStack() as stack:
        if backend == "embedded":
            data = kept.embedded(cache, documents)
            url = stack.enter_context(kept.node(data, processes=processes))
            direct = stack.enter_context(clients(Embedded, data / "index", asked))
        else:
            server = stack.enter_context(kept.meilisearch(cache, documents))
            if server is None:
                yield None
                return
            data = cache / "node"
            data.mkdir(parents=True, exist_ok=True)
            sent = _recorded(server, data, asked)
            url = stack.enter_context(kept.node(data, meili_url=server, processes=processes))
            direct = stack.enter_context(clients(OverHTTP, server, sent))
        api = [[_request("/api/v1/search", one)] for one in asked]
        page = [[_request("/", one)] for one in asked]
        yield {
            "engine": direct,
            "endpoint": stack.enter_context(clients(OverHTTP, url, api)),
            "page": stack.enter_context(clients(OverHTTP, url, page)),
        }


def _request(path: str, asked: Asked) -> Request:
    return Request("GET", f"{path}?{urlencode(asked.params)}", {"Accept-Language": asked.language})


def _recorded(server: str, data: Path, asked: Sequence[Asked]) -> list[list[Request]]:
    """What the endpoint asks Meilisearch for each question."""
    recorder = kept.Recorder(server)
    found = []
    with kept.node(data, meili_url=recorder.url) as url, httpx.Client(trust_env=False) as http:
        for one in asked:
            request = _request("/api/v1/search", one)
            recorder.taken()
            http.get(url + request.path, headers=request.headers, timeout=60).raise_for_status()
            found.append(recorder.taken())
    recorder.close()
    return found


Times = dict[str, list[tuple[str, float]]]


def _measured(sides: dict[str, Clients], asked: Sequence[Asked]) -> Times:
    """Of each side, the kind of each question and how long it took."""
    times: Times = {name: [] for name in sides}
    for side in sides.values():
        side.round(range(WARM))
    numbers = range(WARM, len(asked))
    for turn, start in enumerate(range(0, len(numbers), TURN)):
        for name in ("engine", "endpoint")[:: 1 if turn % 2 else -1]:
            took = sides[name].round(numbers[start : start + TURN])
            times[name] += [(asked[number].kind, spent) for number, spent in took]
    for number, spent in sides["page"].round(numbers[: len(numbers) // 3]):
        times["page"].append((asked[number].kind, spent))
    return times


def _shown(title: str, times: Times) -> bool:
    """Print a table; whether the endpoint keeps the level."""
    print(f"\n{title}: milliseconds, {len(times['endpoint'])} questions to each", flush=True)
    print(_FORM.format("", "engine", "", "endpoint", "", "ratio", "", "page", ""))
    print(_FORM.format("", *("p50", "p95") * 4))
    for kind in (*KINDS, ""):
        of = {
            name: _percentiles([spent for its, spent in found if kind in ("", its)])
            for name, found in times.items()
        }
        ratios = [mine / its for mine, its in zip(of["endpoint"], of["engine"], strict=True)]
        row = [*(f"{x:.1f}" for x in (*of["engine"], *of["endpoint"])),
               *(f"{x:.2f}" for x in ratios), *(f"{x:.1f}" for x in of["page"])]  # fmt: skip
        print(_FORM.format(kind or "all", *row), flush=True)
    held = ratios[1] <= LEVEL
    print(f"p95 over all: {ratios[1]:.2f} times the engine's; at most {LEVEL} is wanted")
    return held


def _percentiles(spent: Sequence[float]) -> tuple[float, float]:
    steps = quantiles(spent, n=100)
    return steps[49], steps[94]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
