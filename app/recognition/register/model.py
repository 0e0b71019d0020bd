"""Registrants, holders and listings as values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.recognition.policies.model import Span


@dataclass(frozen=True, slots=True)
class Registrant:
    """An engineer in one registry's register."""

    id: str
    registry_id: str
    number: str
    name: str
    language: str | None
    """BCP 47; the language to write to the registrant in."""
    registered_on: date | None
    ended_on: date | None
    """The last day; ``None`` while it lasts."""
    person_id: str | None
    """The person of this node whom the registry has confirmed to be the registrant."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewRegistrant:
    """What somebody enters; unchecked. Dates as ISO 8601, or empty."""

    number: str
    name: str
    language: str = ""
    registered_on: str = ""
    ended_on: str = ""


@dataclass(frozen=True, slots=True)
class HolderBinding:
    """That a holder of records is a registrant, as the registry found."""

    id: str
    registry_id: str
    registrant_id: str
    holder_id: str
    bound_at: datetime
    bound_by: str
    undone_at: datetime | None = None
    undone_by: str | None = None
    reason: str | None = None
    """Why it was undone."""


@dataclass(frozen=True, slots=True)
class IssuerListing:
    """What a registry says of an issuer, and for which days."""

    id: str
    registry_id: str
    issuer_id: str
    tag: str
    span: Span
    source: str
    """``own``, or the id of the agreement it follows from."""
    note: str
    created_at: datetime
    created_by: str
    ended_at: datetime | None = None
    ended_by: str | None = None
    struck: bool = False
    """Whether it was a mistake and never held."""
    reason: str | None = None
    """Why it was ended or struck."""


@dataclass(frozen=True, slots=True)
class NewIssuerListing:
    """What somebody enters; unchecked. Dates as ISO 8601, or empty."""

    issuer_id: str
    tag: str
    valid_from: str = ""
    valid_to: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalListing:
    """A body's approval of an activity, as the registry knows it."""

    id: str
    registry_id: str
    body: str
    number: str
    title: str
    issuer_id: str | None
    """The only issuer whose records may claim it; ``None`` where any may."""
    span: Span
    created_at: datetime
    created_by: str
    ended_at: datetime | None = None
    ended_by: str | None = None
    struck: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class NewApprovalListing:
    """What somebody enters; unchecked. Dates as ISO 8601, or empty."""

    body: str
    number: str
    title: str = ""
    issuer_id: str = ""
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person's statement to be in this registry that the registry has not answered."""

    registration_id: str
    person_id: str
    person_name: str
    number: str
    since: date | None
    until: date | None
    registrant: Registrant | None
    """Who has that number in the register, to be compared; nobody, perhaps."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell of an imported file, and what mends it."""

    row: int
    column: str
    """Empty where the whole row is meant."""
    code: str
    value: str
    mend: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file, row by row: every row is in exactly one of the counts."""

    rows: int
    added: int
    changed: int
    unchanged: int
    faulty: int
    faults: Sequence[Fault]
    """The first of them, in the order of the file."""
    more_faults: int
    """How many more there are than are told."""
