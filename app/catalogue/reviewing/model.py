"""The words of reviewing as values: a suggestion, a decision, the two sides of a pair."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.catalogue.model import CourseData


class Kind(StrEnum):
    """What a pair may be."""

    SAME = "same"
    """One course, from two sources."""
    TRANSLATION = "translation"
    """One course in two languages: linked, never merged."""


class Verdict(StrEnum):
    """What somebody decided of a pair."""

    SAME = "same"
    TRANSLATION = "translation"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Found:
    """Two source records that are alike, and why."""

    record_a: str
    record_b: str
    kind: Kind
    score: int
    """Of 100."""
    evidence: tuple[str, ...]
    """Codes such as ``title:96``, ``instructors:2``; see ``likeness``."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A pair in the queue, with the courses that its records are of now."""

    id: str
    record_a: str
    record_b: str
    course_a: str
    course_b: str
    kind: Kind
    score: int
    evidence: tuple[str, ...]
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on a pair; it stands while ``lifted_at`` is ``None``."""

    id: str
    record_a: str
    record_b: str
    verdict: Verdict
    rule: str
    """``title`` and the like for what was suggested, ``person`` for what somebody saw alone."""
    score: int | None
    evidence: tuple[str, ...]
    kept_course: str | None
    gone_course: str | None
    moved: tuple[str, ...]
    original: str | None
    by: str
    at: datetime
    note: str
    lifted_by: str | None = None
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A source record as a reviewer must see it."""

    id: str
    source_id: str
    society_id: str
    remote_id: str
    course_id: str
    pushed: bool
    live: bool
    data: CourseData
    first_seen: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Names:
    """Which societies a pair touches, and the titles by which a list shows it."""

    societies: frozenset[str]
    titles: tuple[Mapping[str, str], Mapping[str, str]]
