"""Overrides as values: what an editor wrote over the words of the sources, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Written:
    """One override. Values are as ``catalogue.document`` writes them; ``None`` is empty."""

    course_id: str
    field: str
    language: str
    """Of a text; empty for every other field."""
    value: Any
    replaced: Any
    """What the sources said at the time."""
    reason: str
    by: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """An override beside what the sources say now."""

    written: Written
    source_value: Any

    @property
    def outdated(self) -> bool:
        """Whether the sources say something else than when it was written."""
        return bool(self.source_value != self.written.replaced)
