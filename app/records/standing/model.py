"""What standing speaks of: where a record stands, how that changes, and why."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Standing(StrEnum):
    """Where a record that is out stands."""

    VALID = "valid"
    SUSPENDED = "suspended"
    """Does not hold for now; may hold again."""
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    """Revoked, and a corrected record has taken its place."""


class Action(StrEnum):
    """What changes it."""

    REVOKE = "revoke"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    SUPERSEDE = "supersede"
    """Issuing a corrected record does this; nobody asks for it by itself."""


class Reason(StrEnum):
    """Why. A closed list and no text of anybody's, so that no name or story can be told by it."""

    ERROR = "error"
    FRAUD = "fraud"
    HOLDER_REQUEST = "holder_request"
    DUPLICATE = "duplicate"
    REQUIREMENTS_UNMET = "requirements_unmet"
    KEY_COMPROMISED = "key_compromised"
    UNDER_REVIEW = "under_review"
    CLEARED = "cleared"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Order:
    """One change that somebody asks for."""

    action: Action
    reason: Reason
    reference: str | None = None
    """The society's own case number; kept with the history, never published."""
    successor: str | None = None
    """The record that takes this one's place; goes with ``SUPERSEDE`` alone."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a change must know of a record."""

    id: str
    society_id: str
    list_no: int
    list_index: int
    standing: Standing
    successor: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a record's history."""

    at: datetime
    who: str
    action: Action
    before: Standing
    after: Standing
    reason: Reason
    reference: str | None
    successor: str | None


class Result(StrEnum):
    """What became of an order."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    """It stood so before."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one order of many."""

    record_id: str
    result: Result
    standing: Standing | None
    """Where the record stands now; nothing, when there is no such record."""
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Which records of a society; what is given must hold together."""

    course_id: str | None = None
    course_run: str | None = None
    holder_id: str | None = None
    roster_id: str | None = None
    issued_from: date | None = None
    """The first day, in UTC."""
    issued_until: date | None = None
    """The last day, in UTC."""


@dataclass(frozen=True, slots=True)
class History:
    """All that was ever said of a record."""

    record_id: str
    issued_at: datetime
    standing: Standing
    predecessor: str | None
    """The record that this one corrected."""
    successor: str | None
    """The record that corrected this one."""
    changes: tuple[Change, ...]
