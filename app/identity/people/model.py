"""The words of people as values: person, address, session, registration."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Registration:
    """An engineer's entry in one registry, as the engineer states it."""

    id: str
    registry_id: str
    number: str
    since: date | None
    until: date | None
    """``None`` while it lasts."""
