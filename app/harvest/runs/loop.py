"""The run loop: one page, one transaction, from the first page to the end of the list.

1. Begin: nobody else may be running the source. A run that stopped goes on from its cursor.
2. Each page: raw items, catalogue, issues, counters and cursor are stored together or not at all.
3. End: sweep, or hold; then the source's cursor is set for the next run.

A run may be killed anywhere. Whatever had been committed stays, and the next run ends in the state
that an undisturbed one would have reached. Errors are classed as ``connectors.contract`` says.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import TypeAlias

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.harvest import rules, store, sweep
from app.harvest.items import Task, take_page
from app.harvest.model import Failure, ItemIssue, Mode, Run, RunState, Source
from app.harvest.registry import Registry, hosts_in
from app.harvest.runs import store as runs
from app.harvest.runs.begin import SCHEDULE, STAND_STILL_SECONDS, begin, close, lock_source
from app.harvest.runs.heart import Heart
from app.harvest.runs.queue import Claim
from app.harvest.tables import RunRow
from app.platform.db import Database
from app.platform.lease import THIS_PROCESS, Process
from app.platform.problems import Conflict, DomainError
from connectors.contract import (
    MAX_CURSOR_BYTES,
    Connector,
    CursorExpired,
    Deletions,
    Fetch,
    Page,
    SourceMisconfigured,
    SourceUnavailable,
)

logger = structlog.get_logger(__name__)

MakeFetch: TypeAlias = Callable[[frozenset[str]], AbstractContextManager[Fetch]]
"""Makes a guarded way out to the hosts that a source's configuration names."""


class RunLost(Conflict):
    """The run was cancelled, or taken over by another process, while it was working."""

    code = "run-lost"


@dataclass(frozen=True, slots=True)
class Tools:
    """What every run of a process is made with."""

    database: Database
    registry: Registry
    make_fetch: MakeFetch
    now: Callable[[], datetime]
    ending: Event = field(default_factory=Event)
    """Set when the process is to end: its runs are left for others to go on with."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What the loop carries from page to page."""

    tools: Tools
    source: Source
    run_id: str
    lease: str
    heart: Heart
    on_page: Callable[[Run], None] | None

    @property
    def database(self) -> Database:
        return self.tools.database

    @property
    def now(self) -> Callable[[], datetime]:
        return self.tools.now


def run_source(
    database: Database,
    source_id: str,
    *,
    registry: Registry,
    make_fetch: MakeFetch,
    now: Callable[[], datetime],
    mode: Mode = Mode.HARVEST,
    process: Process = THIS_PROCESS,
    on_page: Callable[[Run], None] | None = None,
    asked_by: str = SCHEDULE,
    most: int | None = None,
) -> Run:
    """Run a source to its end, at once, and give the finished run, failed or held ones too.

    Raises ``NotFound`` for an unknown source, ``AlreadyRunning``, ``RunLost``.
    """
    with database.write() as session:
        source, row = begin(
            session, source_id, mode=mode, process=process, at=now(), asked_by=asked_by, most=most
        )
        claimed = Claim(source, row.id, str(row.lease))
    return make_run(Tools(database, registry, make_fetch, now), claimed, on_page=on_page)


def make_run(tools: Tools, claimed: Claim, *, on_page: Callable[[Run], None] | None = None) -> Run:
    """Make a run that this process has claimed, from where it stands to its end.

    One that is told to stop, because the process is to end, is queued again. Raises ``RunLost``.
    """
    with Heart(
        tools.database, claimed.run_id, claimed.lease, now=tools.now, ending=tools.ending
    ) as heart:
        work = _Work(tools, claimed.source, claimed.run_id, claimed.lease, heart, on_page)
        try:
            return _make(work)
        except RunLost:
            raise
        except OperationalError:  # our own database: the lease ends by itself, and others go on
            raise
        except _Left:
            return _put_back(work)
        except SourceUnavailable as error:
            return _fail(work, Failure.UNAVAILABLE, str(error))
        except (SourceMisconfigured, DomainError) as error:
            return _fail(work, Failure.MISCONFIGURED, str(error))
        except CursorExpired as error:
            return _fail(work, Failure.CURSOR_EXPIRED, str(error))
        except Exception as error:  # the run loop: a plugin may raise anything; the cursor is kept
            logger.exception("run failed", source=claimed.source.id, run=claimed.run_id)
            return _fail(work, Failure.FAULT, f"{type(error).__name__}: {error}")


class _Left(Exception):
    """The process is to end: the run is left where it stands."""


def _make(work: _Work) -> Run:
    source = work.source
    connector, config = work.tools.registry.build(source.connector, source.config)
    with work.database.write() as session:
        _own(session, work).targets = sorted(hosts_in(config))
    with work.tools.make_fetch(hosts_in(config)) as fetch:
        work.heart.watch(fetch)
        _read(work, connector, fetch)
    return _end(work)


def _read(work: _Work, connector: Connector, fetch: Fetch) -> None:
    """Read the list to its end; an expired cursor costs one new start."""
    with work.database.read() as session:
        row = _own(session, work)
        since, complete = row.cursor, row.complete
    if complete:  # it was stopped between its last page and its end
        return
    try:
        _read_pages(work, connector, fetch, since)
    except CursorExpired as error:
        with work.database.write() as session:
            row = _own(session, work)
            row.cursor, row.from_beginning, row.expected = None, True, None
            row.pass_no += 1
            text = f"The source no longer knows where we were ({error}); it was listed anew."
            _note(session, row, (("W-CURSOR-EXPIRED", text),))
            _still_own(session, work)
        _read_pages(work, connector, fetch, None)


def _read_pages(work: _Work, connector: Connector, fetch: Fetch, since: str | None) -> None:
    for page in _until_told(work, connector.pages(fetch, since)):
        if page.cursor is not None and len(page.cursor.encode()) > MAX_CURSOR_BYTES:
            raise ValueError(f"the connector's cursor is longer than {MAX_CURSOR_BYTES} bytes")
        with work.database.write() as session:
            runs.end_when_idle(session, STAND_STILL_SECONDS)
            run = store_page(session, _own(session, work), page, work=work, connector=connector)
            _still_own(session, work)
        if work.on_page:
            work.on_page(run)
        if page.complete:
            return


def _until_told(work: _Work, pages: Iterator[Page]) -> Iterator[Page]:
    """The pages, as long as the run is to go on. Raises ``RunLost`` or ``_Left``."""
    while True:
        _obey(work)
        try:
            page = next(pages, None)
        except Exception:  # whatever a fetch that was stopped made of the connector
            _obey(work)
            raise
        if page is None:
            return
        yield page


def _obey(work: _Work) -> None:
    if work.heart.lost:
        raise RunLost(f"The run {work.run_id} was cancelled or taken over.")
    if work.heart.must_stop:
        raise _Left


def store_page(
    session: Session, row: RunRow, page: Page, *, work: _Work, connector: Connector
) -> Run:
    """Everything that one page changes."""
    task = Task(work.source, row.id, row.pass_no, connector)
    more = take_page(session, page.items, task=task, at=work.now())
    runs.set_counters(row, runs.counters(row).add(**more))
    if page.cursor is not None or page.complete:
        row.cursor = page.cursor
    if page.expected is not None:
        row.expected = page.expected
    row.complete = page.complete
    row.deletions = Deletions(connector.deletions)
    row.heartbeat_at = work.now()
    _note(session, row, page.warnings)
    return runs.as_run(row)


def _end(work: _Work) -> Run:
    at = work.now()
    with work.database.write() as session:
        runs.end_when_idle(session, STAND_STILL_SECONDS)
        lock_source(session, work.source.id)
        row = _own(session, work, lock=True)
        reasons = sweep.hold_or_sweep(session, row, at=at)
        snapshot = row.deletions == Deletions.SNAPSHOT
        runs.set_source_cursor(session, row.source_id, None if snapshot else row.cursor)
        if reasons:
            told = f"Nothing was withdrawn: {'; '.join(reasons)}. Release the run or refuse it."
            close(session, row, RunState.HELD, at=at, message=told)
        else:
            close(session, row, end_state(session, row), at=at, message=None)
        return runs.as_run(row)


def end_state(session: Session, row: RunRow) -> RunState:
    """Done, or done with something to look at; a list that does not add up is noted."""
    known = sweep.listing(session, row)
    notes: list[tuple[str, str]] = []
    if not rules.adds_up(known):
        told = f"The source speaks of {known.expected} items and listed {known.seen}."
        notes.append(("W-COUNT-MISMATCH", told))
    if row.from_beginning and not known.complete:
        notes.append(("W-LIST-OPEN", "The source did not say that its list had ended."))
    _note(session, row, notes)
    return RunState.DONE_WITH_ERRORS if notes or row.rejected else RunState.DONE


def _fail(work: _Work, failure: Failure, message: str) -> Run:
    with work.database.write() as session:
        lock_source(session, work.source.id)
        row = _own(session, work, lock=True)
        row.failure = failure
        told = message.replace("\x00", "")[:2000]
        close(session, row, RunState.FAILED, at=work.now(), message=told)
        logger.warning("run stopped", source=row.source_id, run=row.id, failure=failure)
        return runs.as_run(row)


def _put_back(work: _Work) -> Run:
    """Let others go on with the run from where it stands."""
    with work.database.write() as session:
        lock_source(session, work.source.id)
        row = _own(session, work, lock=True)
        row.state, row.lease, row.heartbeat_at = RunState.QUEUED, None, work.now()
        return runs.as_run(row)


def _own(session: Session, work: _Work, *, lock: bool = False) -> RunRow:
    """The run, if it is still ours. Raises ``RunLost``."""
    row = runs.run_row(session, work.run_id, lock=lock)
    if row is None or row.state != RunState.RUNNING or row.lease != work.lease:
        raise RunLost(f"The run {work.run_id} was cancelled or taken over.")
    return row


def _still_own(session: Session, work: _Work) -> None:
    """The last thing of a transaction: nothing of it stays if the run was taken meanwhile.

    A process that stood still for long may wake up in the middle of a page that somebody else has
    stored since.
    """
    if not runs.beat(session, work.run_id, work.lease, at=work.now()):
        raise RunLost(f"The run {work.run_id} was cancelled or taken over.")


def _note(session: Session, row: RunRow, notes: Iterable[tuple[str, str]]) -> None:
    """Keep what is to be said of the run itself, each thing once."""
    told = dict.fromkeys((code[:64], text.replace("\x00", "")[:2000]) for code, text in notes)
    if not told:
        return
    said = {(one.code, one.message) for one in store.run_issues(session, row.id)}
    store.insert_issues(
        session,
        row.source_id,
        [
            ItemIssue(row.id, None, "warning", code, "", message, None, None)
            for code, message in told
            if (code, message) not in said
        ],
    )
