"""``GET /metrics``: how search and the outbox do, in Prometheus' text form.

Says nothing about people, and no word of what is searched for: counts, times, and names of topics.
What the database knows is read at most every few seconds, however often one asks; what requests
took is counted by this process alone, so that several processes are several targets of a scrape.
"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from fastapi import APIRouter, Depends
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.identity.access import Guard
from app.platform import outbox
from app.platform.db import Database
from app.search import state
from app.search.index import SearchIndex

KEPT_FOR = timedelta(seconds=5)
BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
KINDS = {"/": "page", "/api/v1/search": "search", "/api/v1/suggest": "suggest"}
FACETS = "/api/v1/facets/"


class Measures:
    """What one process counts of its searches."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "opencpd_search_request_seconds",
            "How long requests for a search took, by kind and outcome.",
            ("kind", "outcome"),
            registry=self.registry,
            buckets=BUCKETS,
        )

    def note(self, kind: str, status: int, seconds: float) -> None:
        """A search was answered with ``status``."""
        self.requests.labels(kind, _outcome(status)).observe(seconds)


def _outcome(status: int) -> str:
    if status < 400:
        return "answered"
    if status < 500:
        return "refused"
    return "unavailable" if status == 503 else "failed"


class MeasureSearch:
    """ASGI middleware: times the requests that are searches, and touches no other."""

    def __init__(self, app: ASGIApp, *, measures: Measures) -> None:
        self._app = app
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = _kind(scope["path"]) if scope["type"] == "http" else None
        if kind is None:
            await self._app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            self._measures.note(kind, status, time.perf_counter() - began)


def _kind(path: str) -> str | None:
    return KINDS.get(path) or ("facets" if path.startswith(FACETS) else None)


class _Standing(Collector):
    """What the database and the engine say, kept for a few seconds."""

    def __init__(self, database: Database, index: SearchIndex, now: Callable[[], datetime]) -> None:
        self._database = database
        self._index = index
        self._now = now
        self._asking = threading.Lock()
        self._known: tuple[datetime, list[Metric]] | None = None

    def collect(self) -> Iterator[Metric]:
        at = self._now()
        with self._asking:
            if self._known is None or not timedelta(0) <= at - self._known[0] < KEPT_FOR:
                self._known = at, [*self._outbox(at), *self._of_index(at)]
            found = self._known[1]
        yield from found

    def _outbox(self, at: datetime) -> Iterator[Metric]:
        waiting = _gauge("outbox_waiting", "Entries of the outbox that wait.", "topic")
        oldest = _gauge("outbox_oldest_seconds", "How long the oldest of them has.", "topic")
        aside = _gauge("outbox_set_aside", "Entries that were set aside.", "topic")
        with self._database.read() as session:
            backlogs = outbox.backlogs(session)
        for topic, backlog in sorted(backlogs.items()):
            age = (at - backlog.oldest).total_seconds() if backlog.oldest else 0.0
            waiting.add_metric([topic], backlog.waiting)
            oldest.add_metric([topic], max(age, 0.0))
            aside.add_metric([topic], backlog.set_aside)
        return iter((waiting, oldest, aside))

    def _of_index(self, at: datetime) -> Iterator[Metric]:
        with self._database.read() as session:
            known = state.get(session)
            paused = state.pauses(session, at=at)
        if paused:  # who works has just seen that it is away: a scrape need not wait for it too
            yield _gauge("search_up", "Whether the search engine answers.", value=0)
        else:
            health = self._index.health()
            yield _gauge("search_up", "Whether the search engine answers.", value=int(health.ok))
            yield _gauge("search_documents", "Documents in the index.", value=health.documents)
        yield _gauge(
            "search_write_failures", "Failed writes to the index in a row.", value=known.failures
        )
        yield _gauge("search_rebuilds", "How often it was built anew.", value=known.rebuilds)
        for name, said, moment in (
            ("search_drained", "When a change last reached the index.", known.drained_at),
            ("search_rebuilt", "When the index was last built anew.", known.rebuilt_at),
            ("search_checked", "When index and catalogue were last compared.", known.checked_at),
        ):
            if moment:
                yield _gauge(f"{name}_timestamp_seconds", said, value=moment.timestamp())
        if known.rebuild_seconds is not None:
            yield _gauge(
                "search_rebuild_seconds", "How long that took.", value=known.rebuild_seconds
            )
        differing = _gauge("search_differences", "What the last comparison found.", "kind")
        for kind in ("missing", "surplus", "stale"):
            differing.add_metric([kind], getattr(known, kind))
        yield differing


def _gauge(name: str, said: str, *labels: str, value: float | None = None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"opencpd_{name}", said, value=value, labels=labels or None)


def build_router(
    *,
    database: Database,
    index: SearchIndex,
    guard: Guard,
    measures: Measures,
    now: Callable[[], datetime],
) -> APIRouter:
    """The route that a scraper asks."""
    measures.registry.register(_Standing(database, index, now))
    router = APIRouter(tags=["operations"], dependencies=[Depends(guard.public)])

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    def metrics() -> Response:
        """Outbox, index and search requests as Prometheus reads them."""
        body = generate_latest(measures.registry)
        return Response(body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router
