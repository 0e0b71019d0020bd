"""The words of owning sources as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.harvest.model import ItemIssue, Run, Source, Window
from app.harvest.telling.model import Summary

MOST_SOURCES = 200
"""Of one society."""
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Changes:
    """What a source is to be. A secret that is shown hidden stays as it is."""

    name: str
    config: Mapping[str, Any] = field(repr=False)
    every_hours: int | None
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How a source does, in one row of a list."""

    source: Source
    last: Run | None
    live: int
    """Items that stand for something in the catalogue."""
    errors: int
    """Open errors of its items."""
    latest: Summary | None
    before: Summary | None
    """The summary before the latest, for the trend."""
    going: bool
    """Whether it is being removed."""

    @property
    def trend(self) -> int | None:
        """By how many points the mean quality changed with the last run."""
        now = self.latest.quality.mean if self.latest else None
        then = self.before.quality.mean if self.before else None
        return None if now is None or then is None else now - then


@dataclass(frozen=True, slots=True)
class RawItem:
    """One item as its source gave it, and what became of it."""

    key: str
    """SHA-256 of its id: what an address can hold."""
    remote_id: str
    raw: str | None
    state: str
    course_id: str | None
    changed_at: datetime
    issues: tuple[ItemIssue, ...] = ()


@dataclass(frozen=True, slots=True)
class Vanishing:
    """A course that would go if a held run were released."""

    key: str
    remote_id: str
    course_id: str | None
    title: str
