"""Sum up each run that has ended, and say who is to get a letter about it.

Takes what the outbox announced. Both are written in the transaction that takes the announcement
away, so neither is lost and neither comes twice.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.harvest import RUN_FINISHED
from app.harvest import store as issues
from app.harvest.model import Run, RunState, Source
from app.harvest.quality import Quality, Summing
from app.harvest.runs import store as runs
from app.harvest.telling import store
from app.harvest.telling.model import CodeCount, Contact, Reports, Summary, Wanted
from app.identity.model import Role
from app.identity.people import store as people
from app.platform import outbox
from app.platform.db import Database
from app.platform.outbox import Entry

AT_ONCE = 20
CODES = 50
"""Kept of each run; the most frequent."""

_TROUBLE = frozenset({RunState.DONE_WITH_ERRORS, RunState.FAILED, RunState.HELD})
_TOLD = _TROUBLE | {RunState.DONE}
_EDITORS = frozenset({Role.OWNER, Role.EDITOR})


def sum_all(database: Database, *, at: datetime) -> int:
    """Take what was announced; says how many runs that were."""
    with database.read() as session:
        waiting = outbox.due(session, RUN_FINISHED, at=at, limit=AT_ONCE)
    for entry in waiting:
        with database.write() as session:
            _take(session, entry, at=at)
    return len(waiting)


def _take(session: Session, entry: Entry, *, at: datetime) -> None:
    found = runs.runs_by_id(session, [entry.key]).get(entry.key)
    run = found[0] if found else None
    source = runs.source(session, run.source_id) if run else None
    if run is not None and source is not None and run.mode.keeps:
        before = next(iter(_before(session, run)), None)
        made = summarise(session, run)
        store.put_summary(session, made)
        if run.mode.lists and _is_wanted(store.reports(session, source.id), run, before):
            told = store.told(session, run.id)
            contacts = [one.person_id for one in contacts_of(session, source)]
            store.add_letters(session, run.id, [one for one in contacts if one not in told], at=at)
    outbox.done(session, [entry.id])


def summarise(session: Session, run: Run) -> Summary:
    """What a run leaves behind, as its source stands now."""
    return Summary(
        run_id=run.id,
        source_id=run.source_id,
        state=run.state,
        finished_at=run.finished_at or run.heartbeat_at,
        quality=quality_of(session, run.source_id),
        codes=codes_of(session, run.source_id, run.id),
        counters=asdict(run.counters),
    )


def quality_of(session: Session, source_id: str) -> Quality:
    """The quality of the courses that a source tells of now."""
    summed = Summing()
    for points, missing in catalogue.iter_quality(session, source_id):
        summed.add(points, missing)
    return summed.total()


def codes_of(session: Session, source_id: str, run_id: str | None) -> tuple[CodeCount, ...]:
    """What stands open with a source's items and with this run, by code."""
    found = issues.count_issues(session, source_id, run_id=run_id, limit=CODES)
    return tuple(CodeCount(*one) for one in found)


def contacts_of(session: Session, source: Source) -> Sequence[Contact]:
    """Who is told of a source's runs: the chosen members, else all who may change its courses.

    Whoever is no member any more is told nothing.
    """
    chosen = set(store.reports(session, source.id).chosen)
    found = [one for one in people.members(session, source.society_id) if one.email]
    wanted = [one for one in found if one.person_id in chosen] if chosen else []
    if not wanted:
        wanted = [one for one in found if one.roles & _EDITORS]
    return [Contact(one.person_id, one.name, one.email) for one in wanted]


def _before(session: Session, run: Run) -> Sequence[Summary]:
    ended = run.finished_at or run.heartbeat_at
    found = store.summaries(session, run.source_id, limit=2, before=ended)
    return [one for one in found if one.run_id != run.id]


def _is_wanted(reports: Reports, run: Run, before: Summary | None) -> bool:
    if run.state not in _TOLD or reports.wanted is Wanted.NEVER:
        return False
    if reports.wanted is Wanted.ALWAYS:
        return True
    if reports.wanted is Wanted.TROUBLE:
        return run.state in _TROUBLE
    return (before.state if before else RunState.DONE) is not run.state
