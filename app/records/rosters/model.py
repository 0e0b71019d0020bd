"""What rosters speak of: a roster and how far it has come, a row of it, what is wrong in one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.records.model import NewCompletion


class Format(StrEnum):
    """What a file is, told by its first bytes."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


class State(StrEnum):
    """How far a roster has come."""

    CHECKING = "checking"
    WAITING = "waiting_for_approval"
    ISSUING = "issuing"
    DONE = "done"
    DONE_WITH_ERRORS = "done_with_errors"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


AT_WORK = (State.CHECKING, State.ISSUING)
"""The states in which the node has something to do; in all others it waits or is done."""
ENDED = (State.DONE, State.DONE_WITH_ERRORS, State.REJECTED, State.CANCELLED)


class RowState(StrEnum):
    """How far a row without a fault has come."""

    READY = "ready"
    ISSUED = "issued"
    EXISTED = "existed"
    """Its completion had a record before this roster came."""
    FAILED = "failed"
    DROPPED = "dropped"
    """The roster was stopped before its turn came."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one field of one row, and what mends it."""

    row: int
    """As a person sees it in the file: a line, a sheet's row, or the number in a JSON array."""
    letter: str | None
    """The column's letter, in a table."""
    field: str
    """The column's header, or the JSON pointer."""
    value: str | None
    """What the file says there; left out where it would tell who the holder is."""
    code: str
    mend: str


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row of a file as a completion, or what is wrong with it."""

    number: int
    completion: NewCompletion | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row without a fault, as it is kept until its record is issued."""

    number: int
    activity: str
    completion: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a row."""

    number: int
    state: RowState
    record_id: str | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """One uploaded roster."""

    id: str
    society_id: str
    state: State
    format: Format
    size: int
    digest: str
    all_or_nothing: bool
    approval: bool
    submitted_by: str
    submitted_at: datetime
    last_row: int = 0
    """The last row that was checked."""
    rows: int = 0
    bad: int = 0
    """Rows, not errors: one row may have many."""
    issued: int = 0
    existed: int = 0
    failed: int = 0
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    """Why it was rejected or cancelled, by whomever."""
    began_at: datetime | None = None
    """When issuing began."""
    finished_at: datetime | None = None
    created: bool = False
    """Whether this very call made it."""

    @property
    def waiting(self) -> int:
        """Rows without a fault whose records are not out yet."""
        return self.rows - self.bad - self.issued - self.existed - self.failed

    def rate(self, *, at: datetime) -> float | None:
        """Rows settled per second since issuing began."""
        if self.began_at is None:
            return None
        seconds = ((self.finished_at or at) - self.began_at).total_seconds()
        done = self.issued + self.existed + self.failed
        return round(done / seconds, 1) if seconds > 0 else None
