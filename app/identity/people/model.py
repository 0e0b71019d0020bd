"""The words of people as values: person, address, session, registration."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from app.identity.model import Role


class Method(StrEnum):
    """How a person signed in."""

    EMAIL_LINK = "email-link"
    OIDC = "oidc"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account on this node; an engineer, or who works for an organisation."""

    id: str
    name: str
    """As the person writes it; empty until it was given."""
    language: str | None
    """BCP 47; the language to write to the person in."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address that a person has shown to be able to read."""

    email: str
    verified_at: datetime
    primary: bool


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which a person is signed in."""

    id: str
    person_id: str
    method: Method
    browser: str
    """What the browser says of itself; for its owner to recognise it by."""
    address: str
    """From where it signed in."""
    created_at: datetime
    seen_at: datetime
    ends_at: datetime


class Answer(StrEnum):
    """What a registry says to somebody who states to be registered there."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Registration:
    """An engineer's entry in one registry, as the engineer states it."""

    id: str
    registry_id: str
    number: str
    since: date | None
    until: date | None
    """``None`` while it lasts."""
    answer: Answer | None = None
    """The registry's; ``None`` before it has given one, and again after the number changed."""
    answered_at: datetime | None = None
    answer_note: str | None = None
    """Why it was refused, for the engineer to read."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A registration as its registry sees it: what is stated, and by whom."""

    registration: Registration
    person_id: str
    person_name: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person as the other members of one organisation see him or her."""

    person_id: str
    name: str
    email: str
    """The person's primary address; empty for who has none."""
    roles: frozenset[Role]
    since: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """An organisation's offer to whoever reads a mailbox to become its member."""

    id: str
    organisation_id: str
    email: str
    roles: frozenset[Role]
    note: str
    invited_by: str
    """As the audit trail names who acts."""
    created_at: datetime
    ends_at: datetime
    accepted_at: datetime | None = None
    withdrawn_at: datetime | None = None
    secret: str = field(default="", repr=False)
    """Known only where it was just made."""

    def holds(self, *, at: datetime) -> bool:
        """Whether it can still be accepted."""
        return self.accepted_at is None and self.withdrawn_at is None and at < self.ends_at


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """What somebody asks for; unchecked."""

    email: str
    roles: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewRegistration:
    """What an engineer writes into the form; unchecked. Dates as ISO 8601, or empty."""

    registry_id: str
    number: str
    since: str = ""
    until: str = ""
