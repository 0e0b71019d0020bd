"""Use cases of harvesting, one function a verb.

Those that take a session leave the transaction to the caller; ``run_source`` and ``dry_run`` open
their own.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.harvest import store
from app.harvest.model import Backlog, ItemIssue, NewSource, Run, Source
from app.harvest.registry import Registry
from app.harvest.runs import store as runs
from app.harvest.runs.answering import cancel, get_report, get_row, leave, refuse, release
from app.harvest.runs.begin import SCHEDULE, AlreadyRunning
from app.harvest.runs.loop import dry_run, run_source
from app.harvest.runs.queue import enqueue
from app.harvest.runs.schedule import fit
from app.harvest.runs.work import MakeFetch, RunLost
from app.harvest.scheduling import checked, pause, resume, set_schedule
from app.platform.ids import new_id
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound

__all__ = [
    "SCHEDULE",
    "AlreadyRunning",
    "MakeFetch",
    "RunLost",
    "add_source",
    "backlog",
    "cancel",
    "dry_run",
    "due_sources",
    "enqueue",
    "get_report",
    "get_run",
    "get_runs",
    "get_source",
    "leave",
    "list_issues",
    "list_runs",
    "list_sources",
    "pause",
    "refuse",
    "release",
    "resume",
    "run_source",
    "set_schedule",
]

_SHORT_NAME = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,34}[a-z0-9])?$")


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
    checked(new.every_hours, new.window)
    if runs.source(session, source_id):
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
        window=new.window,
        next_due_at=None if new.every_hours is None else fit(at, new.window),
    )
    runs.insert_source(session, source)
    return source


def get_source(session: Session, source_id: str) -> Source:
    """Raises ``NotFound``."""
    found = runs.source(session, source_id)
    if found is None:
        raise NotFound(f"There is no source {source_id}.")
    return found


def list_sources(session: Session) -> list[Source]:
    """All sources, by id."""
    return runs.sources(session)


def get_raw(session: Session, source_id: str, remote_id: str) -> str | None:
    """What a source gave for one item, as it came; ``None`` for what was not harvested."""
    return store.raw(session, source_id, remote_id)


def list_runs(session: Session, source_id: str, *, limit: int = 20) -> list[Run]:
    """The source's runs, the newest first."""
    get_source(session, source_id)
    return runs.runs(session, source_id, limit=limit)


def get_run(session: Session, run_id: str) -> Run:
    """Raises ``NotFound``."""
    return runs.as_run(get_row(session, run_id))


def get_runs(session: Session, ids: Collection[str]) -> Mapping[str, tuple[Run, str]]:
    """Runs by id, each with the society of its source; missing ones are absent."""
    return runs.runs_by_id(session, ids)


def list_issues(session: Session, source_id: str, *, limit: int = 100) -> list[ItemIssue]:
    """What stands wrong with a source's items now and with its last run, errors first."""
    get_source(session, source_id)
    return store.issues(session, source_id, limit=limit)


def due_sources(session: Session, *, at: datetime) -> list[Source]:
    """The sources whose time has come and that wait in no queue, the oldest first."""
    return runs.due(session, at=at)


def backlog(session: Session, *, at: datetime) -> Backlog:
    """How much of the harvest waits, and since when."""
    return runs.backlog(session, at=at)
