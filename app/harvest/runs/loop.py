"""The run loop: one page, one transaction, from the first page to the end of the list.

1. Begin: nobody else may be running the source. A run that stopped goes on from its cursor.
2. Each page: raw items, catalogue, issues, counters and cursor are stored together or not at all.
3. End: sweep, or hold; then the source's cursor is set for the next run.

A run may be killed anywhere. Whatever had been committed stays, and the next run ends in the state
that an undisturbed one would have reached. Errors are classed as ``connectors.contract`` says. All
modes go this way: a replay has its pages from what is kept, and a trial throws away what each page
changed.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

import structlog
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.orm import Session

from app.harvest.items import Task, take_page
from app.harvest.model import Counters, Failure, Mode, Report, Run
from app.harvest.registry import Registry, hosts_in
from app.harvest.runs import ending
from app.harvest.runs import store as runs
from app.harvest.runs.begin import SCHEDULE, begin
from app.harvest.runs.conditional import ConditionalFetch, NotModified, reading
from app.harvest.runs.heart import Heart
from app.harvest.runs.queue import Claim
from app.harvest.runs.replaying import kept_pages
from app.harvest.runs.trial import Trial, read_report
from app.harvest.runs.work import Left, MakeFetch, RunLost, Tools, Work
from app.harvest.tables import RunRow
from app.platform.db import Database
from app.platform.lease import THIS_PROCESS, Process
from app.platform.problems import DomainError
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
        claimed = Claim(source, row.id, str(row.lease), Mode(row.mode), row.most)
    return make_run(Tools(database, registry, make_fetch, now), claimed, on_page=on_page)


def dry_run(
    database: Database,
    source_id: str,
    *,
    registry: Registry,
    make_fetch: MakeFetch,
    now: Callable[[], datetime],
    most: int,
    on_page: Callable[[Run], None] | None = None,
) -> tuple[Run, Report | None]:
    """Look at the first items at once; nothing is left of it, not even the run.

    Raises as ``run_source`` does. There is no report when the run failed.
    """
    run = run_source(
        database, source_id, registry=registry, make_fetch=make_fetch, now=now, mode=Mode.DRY_RUN,
        most=most, on_page=on_page,
    )  # fmt: skip
    with database.write() as session:
        row = runs.run_row(session, run.id)
        stored = row.report if row else None
        if row is not None:
            session.delete(row)
    return run, read_report(stored) if stored is not None else None


def make_run(tools: Tools, claimed: Claim, *, on_page: Callable[[Run], None] | None = None) -> Run:
    """Make a run that this process has claimed, from where it stands to its end.

    One that is told to stop, because the process is to end, is queued again. Raises ``RunLost``.
    """
    source, run_id, mode = claimed.source, claimed.run_id, claimed.mode
    heart = Heart(tools.database, run_id, claimed.lease, now=tools.now, ending=tools.ending)
    with heart:
        work = Work(tools, source, run_id, claimed.lease, mode, heart, on_page)
        work.trial = None if mode.keeps else Trial(mode, claimed.most)
        try:
            return _make(work)
        except (RunLost, OperationalError, InternalError):
            raise  # our own database has trouble: the lease ends, and others go on
        except Left:
            return ending.put_back(work)
        except NotModified:
            return ending.end_unchanged(work)
        except (SourceUnavailable, SourceMisconfigured, CursorExpired, DomainError) as error:
            return ending.fail(work, _failure(error), str(error))
        except Exception as error:  # the run loop: a plugin may raise anything; the cursor is kept
            logger.exception("run failed", source=source.id, run=run_id)
            return ending.fail(work, Failure.FAULT, f"{type(error).__name__}: {error}")


def _failure(error: Exception) -> Failure:
    if isinstance(error, SourceUnavailable):
        return Failure.UNAVAILABLE
    return Failure.CURSOR_EXPIRED if isinstance(error, CursorExpired) else Failure.MISCONFIGURED


def _make(work: Work) -> Run:
    source = work.source
    connector, config = work.tools.registry.build(source.connector, source.config)
    hosts = hosts_in(config)
    with work.database.write() as session:
        row = work.own(session)
        row.targets = sorted(hosts) if work.mode is not Mode.REPLAY else []
        if work.trial is not None:  # which has nothing of what it saw before it was stopped
            runs.set_counters(row, Counters())
            row.cursor, row.complete, row.expected = None, False, None
        since, complete, fresh = row.cursor, row.complete, row.pass_no == 1
        work.still_own(session)
    if complete:  # it was stopped between its last page and its end
        return ending.end(work)
    if work.mode is Mode.REPLAY:
        _read_pages(work, connector, kept_pages(work.database, source.id, since))
        return ending.end(work)
    with work.tools.make_fetch(hosts) as fetch:
        work.heart.watch(fetch)
        if since is None and work.mode.lists:
            work.asking = _conditional(work, connector, fetch, may_skip=fresh)
        _read(work, connector, work.asking or fetch, since)
    return ending.end(work)


def _conditional(
    work: Work, connector: Connector, fetch: Fetch, *, may_skip: bool
) -> ConditionalFetch:
    """A fetch that asks on condition, where the connector's whole feed is the first answer.

    A run that stopped may have stored a part of another version of the file: it reads all of it.
    """
    known = None
    if may_skip and getattr(connector, "conditional", False) and work.mode is Mode.HARVEST:
        with work.database.read() as session:
            read_with = reading(work.source, work.tools.registry)
            known = runs.validators(session, work.source.id, reading=read_with)
    return ConditionalFetch(fetch, known)


def _read(work: Work, connector: Connector, fetch: Fetch, since: str | None) -> None:
    """Read the list to its end; an expired cursor costs one new start."""
    try:
        _read_pages(work, connector, connector.pages(fetch, since))
    except CursorExpired as error:
        with work.database.write() as session:
            row = work.own(session)
            row.cursor, row.from_beginning, row.expected = None, True, None
            row.pass_no += 1
            text = f"The source no longer knows where we were ({error}); it was listed anew."
            work.note(session, row, (("W-CURSOR-EXPIRED", text),))
            work.still_own(session)
        _read_pages(work, connector, connector.pages(fetch, None))


def _read_pages(work: Work, connector: Connector, pages: Iterator[Page]) -> None:
    for page in _until_told(work, pages):
        if page.cursor is not None and len(page.cursor.encode()) > MAX_CURSOR_BYTES:
            raise ValueError(f"the connector's cursor is longer than {MAX_CURSOR_BYTES} bytes")
        with work.database.write() as session:
            runs.end_when_idle(session)
            row = work.own(session)
            if work.trial is None:
                run = store_page(session, row, page, work=work, connector=connector)
            else:
                run = _try_page(session, row, page, work.trial, work=work, connector=connector)
            work.still_own(session)
        if work.on_page:
            work.on_page(run)
        if page.complete or (work.trial is not None and work.trial.was_cut):
            return


def _until_told(work: Work, pages: Iterator[Page]) -> Iterator[Page]:
    """The pages, as long as the run is to go on. Raises ``RunLost`` or ``Left``."""
    while True:
        work.obey()
        try:
            page = next(pages, None)
        except Exception:  # whatever a fetch that was stopped made of the connector
            work.obey()
            raise
        if page is None:
            return
        yield page


def store_page(
    session: Session, row: RunRow, page: Page, *, work: Work, connector: Connector
) -> Run:
    """Everything that one page changes."""
    task = _task(work, row, connector)
    more = take_page(session, page.items, task=task, at=work.now())
    if page.cursor is not None or page.complete:
        row.cursor = page.cursor
    if page.complete and Deletions(connector.deletions) is Deletions.SNAPSHOT:
        row.cursor = page.next_run
    return _told(session, row, page, more, work=work, connector=connector)


def _task(work: Work, row: RunRow, connector: Connector) -> Task:
    registry = work.tools.registry
    known = work.mode is Mode.HARVEST and work.source.connector in registry.versions
    read_with = reading(work.source, registry)
    return Task(work.source, row.id, row.pass_no, connector, read_with, anew=not known)


def _try_page(
    session: Session, row: RunRow, page: Page, trial: Trial, *, work: Work, connector: Connector
) -> Run:
    """The same, and nothing of it stays."""
    task = _task(work, row, connector)
    more = trial.take(session, page, task, at=work.now())
    return _told(session, row, page, more, work=work, connector=connector)


def _told(
    session: Session,
    row: RunRow,
    page: Page,
    more: dict[str, int],
    *,
    work: Work,
    connector: Connector,
) -> Run:
    """What a page says of the run, whatever becomes of its items."""
    runs.set_counters(row, runs.counters(row).add(**more))
    if page.expected is not None:
        row.expected = page.expected
    row.complete = page.complete and not (work.trial is not None and work.trial.was_cut)
    replayed = work.mode is Mode.REPLAY
    row.deletions = Deletions.NEVER if replayed else Deletions(connector.deletions)
    row.heartbeat_at = work.now()
    work.note(session, row, page.warnings)
    return runs.as_run(row)
