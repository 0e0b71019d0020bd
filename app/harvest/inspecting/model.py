"""The words of an inspection as values: finding, group, preview, tally, quality."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.catalogue.model import Severity
from app.harvest.quality import Quality


class Cut(StrEnum):
    """Why a feed was not read to its end: somebody waits, so every look has its bounds."""

    ITEMS = "items"
    BYTES = "bytes"
    REQUESTS = "requests"
    TIME = "time"


class Verdict(StrEnum):
    """One word for a whole inspection."""

    CLEAN = "clean"
    WARNINGS = "warnings"
    ERRORS = "errors"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in one place. ``code`` is stable."""

    severity: Severity
    code: str
    record: str | None
    """The remote id; ``None`` for the feed as a whole."""
    path: str
    """Where in the course: ``credits[0].unit``."""
    line: int | None
    """Where the item begins in its file or page; a table's row."""
    value: str | None
    message: str
    mend: str | None
    place: str | None = None
    """What the source itself calls the field, such as a column's header, where that is known."""


@dataclass(frozen=True, slots=True)
class Group:
    """All findings of one code. ``findings`` are the first of them; ``count`` is of all."""

    severity: Severity
    code: str
    count: int
    records: int
    """How many items have at least one of them."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class PreviewedCourse:
    """One course as it would be taken, beside what the source gave for it."""

    record: str
    line: int | None
    title: str
    raw: str
    """JSON, shortened when it is very long."""
    course: Mapping[str, Any]
    """The normalised course, as the catalogue keeps it."""
    quality: int = 0
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted. ``seen = taken + rejected + gone``; repeated items are not seen twice."""

    seen: int = 0
    taken: int = 0
    rejected: int = 0
    warned: int = 0
    """Items that would be taken, with at least one warning."""
    gone: int = 0
    """Items that the source itself says are gone."""
    repeated: int = 0
    pages: int = 0
    bytes: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """Why reading stopped although nothing here asked it to."""

    code: str
    message: str
    mend: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything that one look at a feed tells."""

    groups: tuple[Group, ...]
    preview: tuple[PreviewedCourse, ...]
    counters: Tally
    quality: Quality = field(default_factory=Quality)
    deletions: str = "never"
    """What the connector promises of absence, as ``connectors.contract.Deletions``."""
    expected: int | None = None
    complete: bool = False
    """Whether the source itself said that its list had ended."""
    cut: Cut | None = None
    stop: Stop | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those that are shown, of all groups."""
        return tuple(one for group in self.groups for one in group.findings)

    @property
    def verdict(self) -> Verdict:
        """Unreadable when not a single item came; then by the worst finding."""
        if self.stop is not None and not self.counters.seen:
            return Verdict.UNREADABLE
        if self.stop is not None or any(g.severity is Severity.ERROR for g in self.groups):
            return Verdict.ERRORS
        return Verdict.WARNINGS if self.groups else Verdict.CLEAN
