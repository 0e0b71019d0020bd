"""The words of signing in by OpenID Connect as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says of itself, as far as we use it (OpenID Connect Discovery 1.0 §3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    algorithms: frozenset[str]
    """How it may sign; never ``none`` nor with a secret that both sides hold."""
    token_auth: str
    """How a client with a secret shows it."""
    names_itself: bool
    """Whether every answer says whose it is (RFC 9207)."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a provider says of somebody who signed in with it. Verified to be the provider's."""

    issuer: str
    subject: str
    shown: str = ""
    """What its owner knows the account by."""
    name: str = ""
    email: str | None = None
    """Only an address that the provider calls verified."""
    language: str | None = None


class Purpose(StrEnum):
    """What somebody was sent to a provider for."""

    SIGN_IN = "sign-in"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to a provider and back: what has to be the same in the end as in the beginning."""

    provider_id: str
    purpose: Purpose
    nonce: str
    verifier: str
    """The secret behind PKCE's challenge (RFC 7636 §4.1)."""
    then: str
    """The page to go on to."""
    person_id: str | None
    session_id: str | None
    """Whose account, and in which session, an identity is to be linked to."""


@dataclass(frozen=True, slots=True)
class Identity:
    """An account elsewhere that opens a person's account here."""

    id: str
    person_id: str
    issuer: str
    subject: str
    shown: str
    """What its owner knows it by."""
    created_at: datetime
    used_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """An identity that signed in, but whose e-mail address is of an account that there is already.

    It waits until somebody who has shown to own that account links it, in the same browser.
    """

    person_id: str
    issuer: str
    subject: str
    shown: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A sign-in at a provider has ended; of whom, or which (Back-Channel Logout 1.0 §2.4)."""

    issuer: str
    subject: str | None
    session: str | None
    token_id: str
