"""What a list is: columns, and rows that come one by one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from app.recognition.policies.model import Span

Cell = str | int | date | None


class Form(StrEnum):
    """Which list."""

    DECISIONS = "decisions"
    """What was decided, one line a record."""
    RETURN_1 = "return-1"
    """Who took part in an activity, as PEC's CPD Return-1."""
    RETURN_2 = "return-2"
    """Who taught it, as PEC's CPD Return-2."""
    NCEES = "ncees"
    """One registrant's record of activities, as NCEES reports it to boards."""


class Ending(StrEnum):
    """In which kind of file."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is of."""

    form: Form
    completed: Span = field(default_factory=Span)
    registrant_id: str | None = None
    """Whose; needed for ``ncees``."""
    activity_of: str | None = None
    """A submission: only those of the same activity are listed."""


@dataclass(frozen=True, slots=True)
class List:
    """A list that is ready to be written."""

    title: str
    facts: Mapping[str, str]
    """What stands above it: of which registry, days, activity or registrant."""
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    unverified: str | None = None
    """What is not certain about the form, where that is so."""
