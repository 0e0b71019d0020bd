"""What a saved search is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.platform.problems import FieldProblem
from app.search.parameters import Parameters


class Digest(StrEnum):
    """How often its owner is told by mail."""

    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class NewSearch:
    """What somebody wants to keep; unchecked."""

    name: str
    parameters: Mapping[str, str | Sequence[str]]
    digest: str = Digest.NONE
    language: str = "en"


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search that somebody keeps."""

    id: str
    name: str
    parameters: Parameters
    language: str
    digest: Digest
    created_at: datetime
    told_at: datetime
    told_until: datetime
    wrong: tuple[FieldProblem, ...] = ()
    """What of its parameters is not understood any more."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody whose mail is due, taken in hand."""

    person_id: str
    token: str
    attempts: int
    """With this one."""
    doubts: int
    telling: tuple[str, ...]
    telling_until: datetime | None
