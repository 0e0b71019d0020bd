"""The words of telling as values: what a run amounted to, who is told, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.harvest.model import RunState
from app.harvest.quality import Quality


class Wanted(StrEnum):
    """After which runs a source's contacts get a letter."""

    ALWAYS = "always"
    TROUBLE = "trouble"
    """When it failed, is held, or rejected something."""
    CHANGE = "change"
    """When it ended otherwise than the run before."""
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class CodeCount:
    """How often one code stands open after a run."""

    severity: str
    code: str
    count: int
    hint: str | None = None
    """What mends it, as one of its issues says it."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a finished run left behind: its source's courses and issues as they then were."""

    run_id: str
    source_id: str
    state: RunState
    finished_at: datetime
    quality: Quality
    codes: tuple[CodeCount, ...]
    counters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contact:
    """A member of the society who is told."""

    person_id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Reports:
    """When a source's contacts are told, and who they are.

    Nobody ``chosen`` means whoever may change the society's catalogue.
    """

    wanted: Wanted = Wanted.TROUBLE
    chosen: tuple[str, ...] = ()
    """Ids of people; those who are no members any more are told nothing."""


class LetterState(StrEnum):
    """Where a letter stands."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    """The mail server did not take it, time after time."""
