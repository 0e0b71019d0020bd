"""What home compliance speaks of: requests, statements and the lists of those withdrawn."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from app.verification.model import HomeCompliance


class RequestState(StrEnum):
    """How far a request has come."""

    OPEN = "open"
    ISSUED = "issued"
    REFUSED = "refused"


class Standing(StrEnum):
    """Whether a statement is to be believed."""

    STANDS = "stands"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What a registrant, or the registry for an audit, asks for; unchecked."""

    day: str = ""
    """A day of the cycle that is meant; today when it is left out."""
    purposes: tuple[str, ...] = ()
    audience: str = ""
    """The DID of the registry that it is for."""
    number: str = ""
    """The registrant's number there."""


@dataclass(frozen=True, slots=True)
class Request:
    """A wish for a statement."""

    id: str
    registry_id: str
    registrant_id: str
    state: RequestState
    day: date
    purposes: tuple[str, ...]
    audience: str | None
    number: str | None
    asked_at: datetime
    asked_by: str
    answered_at: datetime | None = None
    answered_by: str | None = None
    answer: str | None = None
    statement_id: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that was signed, and what became of it."""

    id: str
    registry_id: str
    registrant_id: str
    said: HomeCompliance
    list_no: int
    list_index: int
    issued_at: datetime
    issued_by: str
    checked_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_why: str | None = None
    found: dict[str, Any] | None = None
    """What the ledger said instead."""

    @property
    def standing(self) -> Standing:
        return Standing.STANDS if self.withdrawn_at is None else Standing.WITHDRAWN


@dataclass(frozen=True, slots=True)
class Forms:
    """The two signed forms of a statement."""

    json: bytes
    jwt: str


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list of a registry: which places are given away; and as it is published."""

    registry_id: str
    number: int
    url: str
    allocated: int
    taken: bytes
    json: bytes
    jwt: str
    digest: str
    published_at: datetime
    valid_until: datetime
