"""Use cases of harvesting, one function a verb.

Those that take a session leave the transaction to the caller; ``run_source`` and ``check_source``
open their own.
"""

import re
import sys
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.harvest import store, sweep
from app.harvest.begin import AlreadyRunning, close
from app.harvest.items import Task, take_page
from app.harvest.model import (
    Counters,
    Failure,
    ItemIssue,
    Mode,
    NewSource,
    Preview,
    Run,
    RunState,
    Source,
)
from app.harvest.registry import Registry, hosts_in
from app.harvest.run import MakeFetch, RunLost, end_state, run_source
from app.harvest.tables import RunRow
from app.platform.db import Database
from app.platform.ids import new_id
from app.platform.lease import SILENCE
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound, Unavailable
from connectors.contract import CursorExpired, Page, SourceMisconfigured, SourceUnavailable

__all__ = [
    "AlreadyRunning",
    "MakeFetch",
    "RunLost",
    "add_source",
    "cancel",
    "check_source",
    "due_sources",
    "get_run",
    "get_runs",
    "get_source",
    "list_issues",
    "list_runs",
    "list_sources",
    "refuse",
    "release",
    "run_source",
]

RETRY = timedelta(hours=1)
"""When a scheduled source that failed is tried again, if it is not due earlier."""

_SHORT_NAME = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,34}[a-z0-9])?$")


class SourceUnusable(Invalid):
    """The source answered in a way that a person must look at."""

    code = "source-unusable"


def add_source(session: Session, new: NewSource, *, registry: Registry, at: datetime) -> Source:
    """Enter a source. Raises ``NotFound`` (society, connector), ``Invalid`` or ``Conflict``."""
    catalogue.get_society(session, new.society_id)
    registry.build(new.connector, new.config)
    source_id = new.id or new_id()
    if not _SHORT_NAME.match(source_id):
        raise Invalid(
            "The source's id is not a short name.",
            fields=[FieldProblem("id", "id-invalid", "Use 1 to 36 of a-z, 0-9 and hyphens.")],
        )
    if new.every_hours is not None and new.every_hours < 1:
        raise Invalid(
            "The source cannot be run that often.",
            fields=[FieldProblem("every_hours", "too-often", "Use 1 or more, or none.")],
        )
    if store.source(session, source_id):
        raise Conflict(f"There is a source {source_id} already.")
    source = Source(
        id=source_id,
        society_id=new.society_id,
        name=new.name or f"{new.society_id} ({new.connector})",
        connector=new.connector,
        config=dict(new.config),
        every_hours=new.every_hours,
        cursor=None,
        created_at=at,
    )
    store.insert_source(session, source)
    return source


def get_source(session: Session, source_id: str) -> Source:
    """Raises ``NotFound``."""
    found = store.source(session, source_id)
    if found is None:
        raise NotFound(f"There is no source {source_id}.")
    return found


def list_sources(session: Session) -> list[Source]:
    """All sources, by id."""
    return store.sources(session)


def list_runs(session: Session, source_id: str, *, limit: int = 20) -> list[Run]:
    """The source's runs, the newest first."""
    get_source(session, source_id)
    return store.runs(session, source_id, limit=limit)


def get_run(session: Session, run_id: str) -> Run:
    """Raises ``NotFound``."""
    return store.as_run(_run(session, run_id))


def get_runs(session: Session, ids: Collection[str]) -> Mapping[str, tuple[Run, str]]:
    """Runs by id, each with the society of its source; missing ones are absent."""
    return store.runs_by_id(session, ids)


def list_issues(session: Session, source_id: str, *, limit: int = 100) -> list[ItemIssue]:
    """What stands wrong with a source's items now and with its last run, errors first."""
    get_source(session, source_id)
    return store.issues(session, source_id, limit=limit)


def release(session: Session, run_id: str, *, at: datetime) -> Run:
    """A person agrees: withdraw what the held run did not see. Raises ``Conflict`` if not held."""
    row = _held(session, run_id)
    sweep.sweep(session, row, at=at)
    close(session, row, end_state(session, row), at=at, message=None)
    return store.as_run(row)


def refuse(session: Session, run_id: str, *, at: datetime) -> Run:
    """A person does not agree: everything stays. Raises ``Conflict`` if the run is not held."""
    row = _held(session, run_id)
    told = f"Refused: {row.vanishing} courses stay that the list did not name."
    close(session, row, RunState.CANCELLED, at=at, message=told)
    return store.as_run(row)


def cancel(session: Session, run_id: str, *, at: datetime) -> Run:
    """Stop a running run at its next page. Raises ``Conflict`` if it is not running."""
    row = _run(session, run_id)
    if row.state != RunState.RUNNING:
        raise Conflict(f"The run {run_id} is {row.state}, not running.")
    close(session, row, RunState.CANCELLED, at=at, message="Cancelled.")
    return store.as_run(row)


def due_sources(session: Session, *, at: datetime) -> list[Source]:
    """The sources that a worker should run now."""
    return [one for one in store.sources(session) if _is_due(session, one, at=at)]


def check_source(
    database: Database,
    source_id: str,
    *,
    registry: Registry,
    make_fetch: MakeFetch,
    now: Callable[[], datetime],
) -> Preview:
    """Read the first page as a run would, and store nothing.

    Raises ``Unavailable`` or ``SourceUnusable`` when the source cannot be read, ``Invalid`` or
    ``NotFound`` when its configuration or connector cannot be used.
    """
    with database.read() as session:
        source = get_source(session, source_id)
    connector, config = registry.build(source.connector, source.config)
    try:
        with make_fetch(hosts_in(config)) as fetch:
            page = next(iter(connector.pages(fetch, None)), Page((), None))
    except SourceUnavailable as error:
        raise Unavailable(f"The source does not answer: {error}") from error
    except (SourceMisconfigured, CursorExpired) as error:
        raise SourceUnusable(f"The source cannot be read: {error}") from error
    made: list[Preview] = []
    try:
        with database.write() as session:
            probe = _Probe(new_id())
            task = Task(source, probe.run_id, 1, connector)
            made.append(_preview(session, page, task=task, at=now()))
            raise probe
    except _Probe:
        return made[0]


class _Probe(Exception):
    """Ends a check's transaction without keeping anything of it."""

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id


def _preview(session: Session, page: Page, *, task: Task, at: datetime) -> Preview:
    """Take the page as a run would; the caller throws the transaction away."""
    store.add_run(session, _probe_run(task, at=at))
    counters = Counters().add(**take_page(session, page.items, task=task, at=at))
    session.flush()
    courses = catalogue.get_courses(session, store.course_ids(session, task.run_id))
    titles = tuple(next(iter(one.data.title.values()), "") for one in courses)
    listed = {item.source_id for item in page.items}
    issues = tuple(
        one
        for one in store.issues(session, task.source.id, limit=sys.maxsize)
        if one.remote_id in listed or one.run_id == task.run_id
    )
    return Preview(counters, page.expected, issues, titles)


def _probe_run(task: Task, *, at: datetime) -> RunRow:
    return RunRow(
        id=task.run_id, source_id=task.source.id, mode=Mode.FULL, state=RunState.RUNNING,
        config_digest="", from_beginning=True, pass_no=task.pass_no, host="", pid=0, process="",
        started_at=at, heartbeat_at=at,
    )  # fmt: skip


def _run(session: Session, run_id: str) -> RunRow:
    row = store.run_row(session, run_id)
    if row is None:
        raise NotFound(f"There is no run {run_id}.")
    return row


def _held(session: Session, run_id: str) -> RunRow:
    row = _run(session, run_id)
    if row.state != RunState.HELD:
        raise Conflict(f"The run {run_id} is {row.state}; only a held one waits for an answer.")
    return row


def _is_due(session: Session, source: Source, *, at: datetime) -> bool:
    if source.every_hours is None:
        return False
    last = next(iter(store.runs(session, source.id, limit=1)), None)
    if last is None:
        return True
    if last.state is RunState.RUNNING:
        return at - last.heartbeat_at > SILENCE
    pause = timedelta(hours=source.every_hours)
    if last.state is RunState.FAILED and last.failure is not Failure.MISCONFIGURED:
        return at - last.heartbeat_at >= min(RETRY, pause)
    return at - last.started_at >= pause
