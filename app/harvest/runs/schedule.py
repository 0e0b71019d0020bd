"""When a source is run next: pure, the same for whoever asks.

After a run that ended, its rhythm; after one that failed, a pause that grows with every failure in
a row; in either case never outside the time of day that its owner named. Each source's own share of
chance, made of its id and the day, keeps a thousand sources from starting at once.
"""

import hashlib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.harvest.model import Failure, Run, RunState, Source, Window

RETRY = timedelta(hours=1)
"""After the first failure that may mend itself; twice as long after each further one."""
LONGEST = timedelta(days=7)
"""No pause after a failure is longer, unless the source's rhythm is."""
JITTER = 0.1
"""By which part of itself a pause may be longer."""


def next_due(source: Source, run: Run) -> datetime | None:
    """When the source is due after ``run``, its last one; ``failures`` counts it already."""
    if source.every_hours is None or source.paused:
        return None
    pause = timedelta(hours=source.every_hours)
    since = run.started_at
    ended = run.finished_at or run.heartbeat_at
    if run.state is RunState.FAILED and run.failure is not Failure.STOPPED:
        since = ended
        pause = _after_failure(pause, source.failures, run.failure)
    share = chance(f"{source.id} {since:%Y-%m-%d}")
    return fit(max(since + pause * (1 + JITTER * share), ended), source.window, share=share)


def _after_failure(pause: timedelta, failures: int, failure: Failure | None) -> timedelta:
    """What a person must mend is asked for in the source's rhythm at most."""
    first = pause if failure is Failure.MISCONFIGURED else min(RETRY, pause)
    grown = first * (1 << min(max(failures, 1) - 1, 16))
    return min(grown, max(pause, LONGEST))


def chance(text: str) -> float:
    """A number from 0 to below 1 that is always the same for ``text``."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48


def is_open(window: Window | None, at: datetime) -> bool:
    """Whether a source may be begun now."""
    if window is None:
        return True
    minute = _minute(at.astimezone(ZoneInfo(window.timezone)))
    opens, closes = _minutes(window.opens), _minutes(window.closes)
    if opens < closes:
        return opens <= minute < closes
    return minute >= opens or minute < closes


def fit(at: datetime, window: Window | None, *, share: float = 0.0) -> datetime:
    """``at``, or the next time after it when the window is open: ``share`` of its half later."""
    if window is None or is_open(window, at):
        return at
    zone = ZoneInfo(window.timezone)
    opens, closes = _minutes(window.opens), _minutes(window.closes)
    local = at.astimezone(zone)
    day = local.date() if _minute(local) < opens else local.date() + timedelta(days=1)
    begin = datetime(day.year, day.month, day.day, opens // 60, opens % 60, tzinfo=zone)
    length = timedelta(minutes=(closes - opens) % (24 * 60))
    # In UTC, so that a clock that is set forward or back that night moves nothing twice.
    return begin.astimezone(at.tzinfo) + length / 2 * share


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
