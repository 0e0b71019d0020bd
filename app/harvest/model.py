"""The words of harvesting as values: source, run, counters, issue."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any


class Mode(StrEnum):
    """What a run reads."""

    HARVEST = "harvest"
    """What changed since the last finished run, where the source can tell; else everything."""
    FULL = "full"
    """Everything, from the beginning."""
    DRY_RUN = "dry_run"
    """The first items as a harvest would take them; nothing but the run's report is kept."""
    VALIDATE = "validate"
    """Everything, in the same way."""
    REPLAY = "replay"
    """The raw items that are kept, mapped and normalised anew; nothing is fetched."""

    @property
    def keeps(self) -> bool:
        """Whether such a run changes the catalogue."""
        return self not in {Mode.DRY_RUN, Mode.VALIDATE}

    @property
    def lists(self) -> bool:
        """Whether such a run counts as a look at what the source has, as its schedule wants."""
        return self in {Mode.HARVEST, Mode.FULL}


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    """It waits for a worker; if it has counters, to be gone on with."""
    RUNNING = "running"
    HELD = "held"
    """It would have withdrawn too much: nothing was withdrawn, a person must say."""
    DONE = "done"
    DONE_WITH_ERRORS = "done_with_errors"
    """Finished, but items were rejected or the list did not add up."""
    FAILED = "failed"
    CANCELLED = "cancelled"


class Failure(StrEnum):
    """Why a run failed, by what to do about it."""

    UNAVAILABLE = "unavailable"
    """The source did not answer; the next run goes on from the same place."""
    MISCONFIGURED = "misconfigured"
    """A person must mend the configuration or the feed."""
    CURSOR_EXPIRED = "cursor_expired"
    """The source forgets faster than it can be read."""
    STOPPED = "stopped"
    """A person stopped it; the next run goes on from the same place."""
    FAULT = "fault"
    """The feed changed its shape or the connector has a fault; the log has the traceback."""


class ItemState(StrEnum):
    """Whether a raw item stands for something in the catalogue."""

    LIVE = "live"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ItemOutcome(StrEnum):
    """What the last run that saw an item did with it; each item of a run has exactly one."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    TOMBSTONE = "tombstone"


@dataclass(frozen=True, slots=True)
class Counters:
    """What a run did. ``seen = new + changed + unchanged + rejected + tombstone``, always."""

    seen: int = 0
    """Different items the source listed."""
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    tombstone: int = 0
    """Items the source itself says are gone."""
    withdrawn: int = 0
    """Source records withdrawn, by a tombstone or by the sweep."""
    warned: int = 0
    """Items taken with at least one warning, when they were new or changed."""
    repeated: int = 0
    """Items the source listed again under an id it had used already."""
    pages: int = 0

    def add(self, **more: int) -> "Counters":
        return Counters(
            **{one.name: getattr(self, one.name) + more.get(one.name, 0) for one in fields(self)}
        )


@dataclass(frozen=True, slots=True)
class Window:
    """The time of day in which a source may be begun: from ``opens`` until ``closes``.

    Both are ``HH:MM`` in ``timezone`` (a name such as ``Asia/Shanghai``); it may go past midnight.
    """

    opens: str
    closes: str
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source as somebody enters it. ``id`` is a short name, made when absent."""

    society_id: str
    connector: str
    config: Mapping[str, Any] = field(repr=False)  # it may hold secrets
    name: str = ""
    id: str | None = None
    every_hours: int | None = 24
    window: "Window | None" = None


@dataclass(frozen=True, slots=True)
class Source:
    """One configured feed of a society. ``every_hours`` is ``None`` when only run by hand."""

    id: str
    society_id: str
    name: str
    connector: str
    config: Mapping[str, Any] = field(repr=False)
    """May hold secrets; ``Registry.shown`` says what people see of it."""
    every_hours: int | None
    cursor: str | None
    """From where the next run asks for changes; ``None`` when it must list everything."""
    created_at: datetime
    window: Window | None = None
    paused: bool = False
    """Whether its schedule rests; it can still be run by hand."""
    failures: int = 0
    """How many of its runs failed, one after the other, up to now."""
    next_due_at: datetime | None = None
    """When it is to be run next; ``None`` when it is paused or only run by hand."""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a source."""

    id: str
    source_id: str
    mode: Mode
    state: RunState
    counters: Counters
    expected: int | None
    """How many items the source said it has."""
    complete: bool
    """Whether the source itself said that its list had ended."""
    failure: Failure | None
    message: str | None
    """Why it failed or is held, and what to do."""
    vanishing: int
    """How many source records a held run would withdraw."""
    started_at: datetime
    """As long as it is queued and nobody has begun it: when it was asked for."""
    heartbeat_at: datetime
    finished_at: datetime | None
    asked_by: str
    """As in the audit log: ``person:...``, ``client:...``, ``system:schedule``."""
    asked_at: datetime
    most: int | None
    """How many items a dry run looks at."""


@dataclass(frozen=True, slots=True)
class ItemIssue:
    """An issue as it stands open. ``remote_id`` is ``None`` for one of the whole run."""

    run_id: str
    remote_id: str | None
    severity: str
    code: str
    path: str
    message: str
    value: str | None
    hint: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found that keeps nothing else: the first issues in full, all of them counted."""

    issues: tuple[ItemIssue, ...]
    codes: Mapping[str, int]
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Backlog:
    """How the harvest of a node stands."""

    due: int
    """Sources whose time has come."""
    queued: int
    running: int
    held: int
    oldest: datetime | None
    """Since when the first of those that wait has been due."""
