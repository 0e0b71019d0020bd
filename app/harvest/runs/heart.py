"""A run's heartbeat: a thread that says somebody is at it, and hears when nobody is to be any more.

It beats while a page is fetched, slept on or mapped. When the run was cancelled or taken over, or
its process is to end, the fetch is told to stop, whatever it waits for.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.harvest.runs import store
from app.harvest.runs.begin import BEAT_SECONDS
from app.platform.db import Database

logger = structlog.get_logger(__name__)


@runtime_checkable
class Stoppable(Protocol):
    """A fetch that can be told to stop from another thread (``connectors.http``)."""

    def stop(self) -> None:
        """Let nothing more be fetched, and what waits wait no longer."""


class Heart(AbstractContextManager["Heart"]):
    """Beats as long as its block runs. ``ending`` says that this process is to end."""

    def __init__(
        self,
        database: Database,
        run_id: str,
        lease: str,
        *,
        now: Callable[[], datetime],
        ending: threading.Event,
    ) -> None:
        self._database = database
        self._run_id, self._lease = run_id, lease
        self._now = now
        self._ending = ending
        self._finished = threading.Event()
        self._fetch: Stoppable | None = None
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)
        self.lost = False
        """Whether the run is not ours any more."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._finished.set()
        self._thread.join()

    @property
    def must_stop(self) -> bool:
        """Whether the run is to be left where it is."""
        return self.lost or self._ending.is_set()

    def watch(self, fetch: object) -> None:
        """Stop this one when the time comes."""
        self._fetch = fetch if isinstance(fetch, Stoppable) else None
        self._stop_fetch()

    def beat(self) -> None:
        """Say that we are at it, unless we are not any more."""
        try:
            with self._database.write() as session:
                store.end_when_idle(session)
                self.lost = not store.beat(session, self._run_id, self._lease, at=self._now())
        except SQLAlchemyError as error:  # the next beat may be heard
            logger.warning("no heartbeat", run=self._run_id, reason=type(error).__name__)
        self._stop_fetch()

    def _run(self) -> None:
        waited = 0.0
        while not self._finished.wait(_LOOK_SECONDS):
            waited += _LOOK_SECONDS
            if self.must_stop:
                self._stop_fetch()
            elif waited >= BEAT_SECONDS:
                waited = 0.0
                self.beat()

    def _stop_fetch(self) -> None:
        if self._fetch is not None and self.must_stop:
            self._fetch.stop()


_LOOK_SECONDS = 0.5
