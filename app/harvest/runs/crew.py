"""The process's harvesters: threads that claim runs and make them, beside everything else.

A slow source costs one thread and holds up nothing else. ``turn`` queues what is due and begins as
many runs as there are threads free; other processes on the same database do the same, and share the
work by the queue.
"""

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import structlog

from app.harvest.model import Run, Source
from app.harvest.registry import hosts_in
from app.harvest.runs import queue, store
from app.harvest.runs.loop import make_run
from app.harvest.runs.work import RunLost, Tools
from app.platform.lease import THIS_PROCESS
from app.platform.problems import DomainError

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many runs one process makes at once, and how many of all processes ask one host."""

    at_once: int = 2
    per_host: int = 1


class Crew:
    """One process's harvesters. ``turn`` may be called as often as wanted, by one thread."""

    def __init__(self, tools: Tools, bounds: Bounds) -> None:
        self._tools, self._bounds = tools, bounds
        self._pool = ThreadPoolExecutor(bounds.at_once, thread_name_prefix="harvest")
        self._running: set[Future[Run | None]] = set()

    def turn(self) -> int:
        """Begin whatever can be begun; says how much that was. Raises what went wrong before.

        What a source does wrong is no error here.
        """
        self._collect()
        at, database = self._tools.now(), self._tools.database
        with database.read() as session:  # mostly there is nothing to do
            due, waiting = store.is_any_due(session, at=at), store.is_any_waiting(session)
        if due:
            with database.write() as session:
                queue.enqueue_due(session, at=at)
        if not due and not waiting:
            return 0
        begun = 0
        while len(self._running) < self._bounds.at_once and not self._tools.ending.is_set():
            claimed = self._claim()
            if claimed is None:
                break
            self._running.add(self._pool.submit(self._make, claimed))
            begun += 1
        return begun

    def rest(self, seconds: float) -> None:
        """Wait until a run has ended, or for so long."""
        if self._running:
            wait(self._running, timeout=seconds, return_when=FIRST_COMPLETED)
        else:
            self._tools.ending.wait(seconds)

    def finish(self) -> int:
        """Make all runs that are due now, and wait for them; says how many there were."""
        made = 0
        while (begun := self.turn()) or self._running:
            made += begun
            wait(self._running, return_when=FIRST_COMPLETED)
        return made

    def close(self) -> None:
        """Leave the runs at hand for others to go on with, and end."""
        self._tools.ending.set()
        self._pool.shutdown(cancel_futures=True)

    def _collect(self) -> None:
        done = {future for future in self._running if future.done()}
        self._running -= done
        for future in done:
            if not future.cancelled():
                future.result()

    def _claim(self) -> queue.Claim | None:
        tools = self._tools
        with tools.database.write() as session:
            return queue.claim(
                session,
                THIS_PROCESS,
                at=tools.now(),
                per_host=self._bounds.per_host,
                hosts_of=self._hosts_of,
            )

    def _hosts_of(self, source: Source) -> frozenset[str]:
        """A source that cannot be built asks nobody: its run says why."""
        try:
            return hosts_in(self._tools.registry.build(source.connector, source.config)[1])
        except DomainError:
            return frozenset()

    def _make(self, claimed: queue.Claim) -> Run | None:
        try:
            run = make_run(self._tools, claimed)
        except RunLost:
            logger.info("run lost", source=claimed.source.id, run=claimed.run_id)
            return None
        logger.info("run ended", source=claimed.source.id, run=run.id, state=run.state.value)
        return run
