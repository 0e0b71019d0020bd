"""What a worker does for the index by itself: follow the outbox, build anew, look whether it holds.

While the engine is away it is left in peace: the pause between two tries doubles from two seconds
to half a minute, is the same for all workers of a node, and ends with the first try that succeeds.
Building anew and checking take minutes with a large catalogue; who calls ``care`` gives it a thread
of its own, so that ``follow`` goes on meanwhile.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import structlog

from app.platform.db import Database
from app.search import indexer, state
from app.search.checking import check
from app.search.index import DocumentsRefused, SearchIndex, SearchUnavailable

logger = structlog.get_logger(__name__)

CHECK_EVERY = timedelta(days=1)


class Upkeep:
    """The index of one node, kept by one worker."""

    def __init__(self, database: Database, index: SearchIndex, now: Callable[[], datetime]) -> None:
        self._database = database
        self._index = index
        self._now = now
        self._refreshed: date | None = None
        self._ensured = False

    def follow(self) -> int:
        """Bring the index up to the outbox, unless the engine is away; says how much was done."""
        return self._with_pauses(self._follow)

    def care(self) -> int:
        """Build anew what must be, and once a day compare and bring runs up to date."""
        return self._with_pauses(self._care)

    def _follow(self, at: datetime) -> int:
        if not self._ensured:  # some engines make an index that is not there, without its settings
            self._index.ensure()
            self._ensured = True
        return indexer.drain(self._database, self._index, at=at, most=indexer.MOST)

    def _with_pauses(self, task: Callable[[datetime], int]) -> int:
        at = self._now()
        with self._database.read() as session:
            if state.pauses(session, at=at):
                return 0
        try:
            return task(at)
        except DocumentsRefused:
            raise  # the engine is there, and the documents are set aside
        except SearchUnavailable as trouble:
            self._ensured = False
            with self._database.write() as session:
                state.failed(session, trouble.detail, at=self._now())
            raise

    def _care(self, at: datetime) -> int:
        with self._database.alone("search-upkeep") as mine:
            if not mine:
                return 0
            return self._rebuild_if_need_be(at) + self._refresh(at) + self._check(at)

    def _rebuild_if_need_be(self, at: datetime) -> int:
        with self._database.read() as session:
            known = state.get(session)
        health = self._index.health()
        if not health.ok and not health.needs_rebuild:
            raise SearchUnavailable(health.detail)
        if health.needs_rebuild:
            self._index.ensure()
        elif known.rebuild_asked_at is None:
            if known.failures:
                with self._database.write() as session:
                    state.answered(session)
            return 0
        logger.info("building the search index anew")
        return indexer.reindex(self._database, self._index, at=at, now=self._now)

    def _refresh(self, at: datetime) -> int:
        """Once a day: let courses whose next run has begun be found by the one after it."""
        if self._refreshed == at.date():
            return 0
        count = indexer.refresh(self._database, self._index, at=at)
        self._refreshed = at.date()
        return count

    def _check(self, at: datetime) -> int:
        """Once a day, and after a write that nobody ended: compare index and catalogue."""
        with self._database.read() as session:
            last = state.get(session).checked_at
        if last is not None and at - last < CHECK_EVERY:
            return 0
        found = check(self._database, self._index, at=at, mend=True)
        if found.ids:
            logger.warning(
                "the search index differed from the catalogue",
                missing=len(found.missing),
                surplus=len(found.surplus),
                stale=len(found.stale),
            )
        return len(found.ids)
