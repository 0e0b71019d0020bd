"""The words of publishing as values: whose courses, what was pushed, what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from app.catalogue.model import Issue

Document: TypeAlias = Mapping[str, Any]
"""A course as it was pushed, in the form of ``wire.CourseIn``, what is empty left out."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where courses are pushed to: a society's part of the catalogue, or its sandbox."""

    society_id: str
    sandbox: bool = False


class State(StrEnum):
    """Whether a pushed course is offered."""

    LIVE = "live"
    WITHDRAWN = "withdrawn"
    """Taken back by its society; stays known, so that no feed brings it back."""


class Outcome(StrEnum):
    """What became of one push."""

    NEW = "new"
    """It was not there, or had been withdrawn."""
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    """Something is wrong with it; nothing was changed by it."""
    FAILED = "failed"
    """The node could not do it; sent again it may succeed."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold of the course before it is changed, as the caller's headers say it."""

    if_match: str | None = None
    if_none_match: str | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """One pushed course as it stands."""

    id: str
    remote_id: str
    course_id: str
    """The course of the catalogue; in a sandbox an id that stands for one."""
    state: State
    version: int
    """Raised whenever it changes or goes; never goes back."""
    digest: str
    document: Document
    title: str
    issues: tuple[Issue, ...]
    created_at: datetime
    changed_at: datetime

    @property
    def live(self) -> bool:
        return self.state is State.LIVE

    @property
    def etag(self) -> str:
        """Its validator (RFC 9110 §8.8.3)."""
        return f'"{self.version}.{self.digest[:16]}"'


@dataclass(frozen=True, slots=True)
class Done:
    """What a push did. ``pushed`` is what stands now; nothing when the course is not there."""

    outcome: Outcome
    pushed: Pushed | None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed by."""

    state: State | None = None
    code: str | None = None
    """Of an issue."""
    text: str | None = None
