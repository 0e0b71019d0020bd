"""When a source is run: its rhythm, its time of day, a rest. The caller commits."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from app.harvest.model import RunState, Source, Window
from app.harvest.runs import schedule, store
from app.harvest.runs.begin import SCHEDULE, close, lock_source
from app.identity import audit
from app.platform.problems import FieldProblem, Invalid

_TIME = re.compile(r"^(?:[01]\d|2[0-3]):[0-5]\d$")


def checked(every_hours: int | None, window: Window | None) -> None:
    """Raises ``Invalid`` naming what is wrong with a schedule."""
    wrong: list[FieldProblem] = []
    if every_hours is not None and not 1 <= every_hours <= 24 * 366:
        wrong.append(FieldProblem("every_hours", "too-often", "Use 1 to 8784, or none."))
    if window is not None:
        for name in ("opens", "closes"):
            if not _TIME.match(getattr(window, name)):
                told = "Give a time of day such as 02:00."
                wrong.append(FieldProblem(f"window.{name}", "time-invalid", told))
        if window.opens == window.closes:
            told = "Let it close at another time than it opens; leave it out for the whole day."
            wrong.append(FieldProblem("window.closes", "window-empty", told))
        if not _is_zone(window.timezone):
            told = "Name a time zone such as Asia/Shanghai or UTC."
            wrong.append(FieldProblem("window.timezone", "timezone-unknown", told))
    if wrong:
        told = "; ".join(f"{one.pointer}: {one.detail}" for one in wrong)
        raise Invalid(f"The source cannot be run like that: {told}", fields=wrong)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the name of a folder, or too long
        return False
    return True


def pause(session: Session, source_id: str, *, who: str, at: datetime) -> Source:
    """Let the source's schedule rest. What waits by its schedule is given up; what runs goes on."""
    source = lock_source(session, source_id)
    if source.paused:
        return source
    store.update_source(session, source_id, paused=True)
    row = store.waiting(session, source_id)
    if row is not None and row.state == RunState.QUEUED and row.asked_by == SCHEDULE:
        close(session, row, RunState.CANCELLED, at=at, message="The source was paused.")
    return _noted(session, source, "source.paused", who=who, at=at)


def resume(session: Session, source_id: str, *, who: str, at: datetime) -> Source:
    """Let the source's schedule go on; it is due at once when its time has passed."""
    source = lock_source(session, source_id)
    if not source.paused:
        return source
    due = None
    if source.every_hours is not None:
        due = schedule.fit(at, source.window, share=schedule.chance(source_id))
    store.update_source(session, source_id, paused=False, next_due_at=due)
    return _noted(session, source, "source.resumed", who=who, at=at)


def set_schedule(
    session: Session,
    source_id: str,
    *,
    every_hours: int | None,
    window: Window | None,
    who: str,
    at: datetime,
) -> Source:
    """Change a source's rhythm and time of day. Raises ``NotFound``, ``Invalid``."""
    checked(every_hours, window)
    source = lock_source(session, source_id)
    store.set_window(session, source_id, window)
    store.update_source(session, source_id, every_hours=every_hours)
    changed = store.source(session, source_id)
    last = next(iter(store.runs(session, source_id, limit=1, looks=True)), None)
    if changed is not None and every_hours is not None:
        due = schedule.next_due(changed, last) if last else schedule.fit(at, window)
        store.update_source(session, source_id, next_due_at=due)
    return _noted(session, source, "source.schedule_changed", who=who, at=at)


def _noted(session: Session, before: Source, action: str, *, who: str, at: datetime) -> Source:
    after = store.source(session, before.id) or before
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"source:{before.id}",
        at=at,
        before=_told(before),
        after=_told(after),
        organisation_id=before.society_id,
    )
    return after


def _told(source: Source) -> dict[str, object]:
    window = source.window
    return {
        "every_hours": source.every_hours,
        "window": [window.opens, window.closes, window.timezone] if window else None,
        "paused": source.paused,
    }
