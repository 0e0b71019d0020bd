"""A look at a source before it is run: its first page taken as a run would, and thrown away."""

import sys
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.harvest import store
from app.harvest.items import Task, take_page
from app.harvest.model import Counters, Mode, Preview, RunState
from app.harvest.registry import Registry, hosts_in
from app.harvest.runs import store as runs
from app.harvest.runs.conditional import reading
from app.harvest.runs.work import MakeFetch
from app.harvest.tables import RunRow
from app.platform.db import Database
from app.platform.ids import new_id
from app.platform.problems import Invalid, NotFound, Unavailable
from connectors.contract import CursorExpired, Page, SourceMisconfigured, SourceUnavailable


class SourceUnusable(Invalid):
    """The source answered in a way that a person must look at."""

    code = "source-unusable"


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
        source = runs.source(session, source_id)
    if source is None:
        raise NotFound(f"There is no source {source_id}.")
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
            read_with = reading(source, registry)
            task = Task(source, probe.run_id, 1, connector, read_with, anew=True)
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
    runs.add_run(session, _probe_run(task, at=at))
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
        id=task.run_id, source_id=task.source.id, mode=Mode.FULL, state=RunState.DONE,
        config_digest="", from_beginning=True, pass_no=task.pass_no, host="", pid=0, process="",
        started_at=at, heartbeat_at=at,
    )  # fmt: skip
