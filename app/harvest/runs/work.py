"""What a run carries from page to page, and the proof that it is still its own."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import TypeAlias

from sqlalchemy.orm import Session

from app.harvest import store
from app.harvest.model import ItemIssue, Mode, Run, RunState, Source
from app.harvest.registry import Registry
from app.harvest.runs import store as runs
from app.harvest.runs.conditional import ConditionalFetch
from app.harvest.runs.heart import Heart
from app.harvest.runs.trial import Trial
from app.harvest.tables import RunRow
from app.platform.db import Database
from app.platform.problems import Conflict
from connectors.contract import Fetch

MakeFetch: TypeAlias = Callable[[frozenset[str]], AbstractContextManager[Fetch]]
"""Makes a guarded way out to the hosts that a source's configuration names."""


class RunLost(Conflict):
    """The run was cancelled, or taken over by another process, while it was working."""

    code = "run-lost"


class Left(Exception):
    """The process is to end: the run is left where it stands."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What every run of a process is made with."""

    database: Database
    registry: Registry
    make_fetch: MakeFetch
    now: Callable[[], datetime]
    ending: Event = field(default_factory=Event)
    """Set when the process is to end: its runs are left for others to go on with."""


@dataclass(slots=True)
class Work:
    """One run in hand."""

    tools: Tools
    source: Source
    run_id: str
    lease: str
    mode: Mode
    heart: Heart
    on_page: Callable[[Run], None] | None = None
    trial: Trial | None = None
    """What a run has found that keeps nothing else."""
    asking: ConditionalFetch | None = None
    """Set while the run reads all there is, from its beginning to its end."""

    @property
    def database(self) -> Database:
        return self.tools.database

    def now(self) -> datetime:
        return self.tools.now()

    def obey(self) -> None:
        """Raises ``RunLost`` or ``Left`` when the run is not to go on here."""
        if self.heart.lost:
            raise lost(self.run_id)
        if self.heart.must_stop:
            raise Left

    def own(self, session: Session, *, lock: bool = False) -> RunRow:
        """The run, if it is still ours. Raises ``RunLost``."""
        row = runs.run_row(session, self.run_id, lock=lock)
        if row is None or row.state != RunState.RUNNING or row.lease != self.lease:
            raise lost(self.run_id)
        return row

    def still_own(self, session: Session) -> None:
        """The last thing of a transaction: nothing of it stays if the run was taken meanwhile.

        A process that stood still for long may wake up in the middle of a page that somebody else
        has stored since.
        """
        if not runs.beat(session, self.run_id, self.lease, at=self.now()):
            raise lost(self.run_id)

    def note(self, session: Session, row: RunRow, notes: Iterable[tuple[str, str]]) -> None:
        """Keep what is to be said of the run itself, each thing once."""
        issues = [
            ItemIssue(row.id, None, "warning", code, "", message, None, None)
            for code, message in _storable(notes)
        ]
        if self.trial is not None:
            self.trial.note_once(issues)
        else:
            keep_notes(session, row, issues)


def lost(run_id: str) -> RunLost:
    return RunLost(f"The run {run_id} was cancelled or taken over.")


def keep_notes(session: Session, row: RunRow, issues: Iterable[ItemIssue]) -> None:
    """Store issues of the run itself that are not there yet."""
    new = list(issues)
    if new:
        said = {(one.code, one.message) for one in store.run_issues(session, row.id)}
        told = [one for one in new if (one.code, one.message) not in said]
        store.insert_issues(session, row.source_id, told)


def _storable(notes: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return dict.fromkeys((code[:64], text.replace("\x00", "")[:2000]) for code, text in notes)
