"""What identity speaks of: organisations, people, API clients, actors, and what each may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

SCOPES: Mapping[str, str] = {
    "catalogue:read": "Read what the organisation published, drafts and faults included.",
    "catalogue:write": "Change the organisation's catalogue and its sources.",
    "records:issue": "Issue completion records in the organisation's name.",
    "records:approve": "Approve or reject the organisation's rosters that somebody else submitted.",
    "records:revoke": "Revoke, suspend and reinstate completion records of the organisation.",
    "records:read": "Read completion records of the organisation; they are personal data.",
    "verify:bulk": "Verify thousands of records in one request.",
    "recognition:read": "Read what a registry was given and what it decided.",
    "recognition:decide": "Decide in a registry's name what a record counts for.",
    "recognition:policy": "Change and adopt a registry's policies.",
    "grants:manage": "Let other organisations act for this one, and end that.",
    "admin:organisation": "Manage the organisation's members and settings.",
    "admin:clients": "Make, change and revoke the organisation's API clients.",
    "admin:webhooks": "Manage where the organisation is told of events.",
    "admin:audit": "Read who changed what in the organisation.",
    "admin:node": "Manage the organisations of this node; for its operator alone.",
}
"""What may be done for an organisation. Every scope of this node and what it allows."""

PERSONAL_SCOPES: Mapping[str, str] = {
    "profile:read": "Read your name, language and e-mail address.",
    "registrations:read": "Read in which registries you are registered, and your numbers there.",
    "transcript:read": "Read the completion records that you keep here.",
    "cpd:read": "Read how you stand with your registries, and what they decided and why.",
    "cpd:submit": "Hand the records that you keep here to your registries.",
}
"""What a program may do for a person; only the person can allow it."""

OPERATORS_ALONE = "admin:node"

GRANTABLE = ("records:issue", "records:approve", "records:revoke", "records:read")
"""What a society may let another organisation do in its stead."""


class Kind(StrEnum):
    """What an organisation is to this node."""

    SOCIETY = "society"
    REGISTRY = "registry"
    OPERATOR = "operator"


class Role(StrEnum):
    """What a member is to an organisation; one member may have several."""

    OWNER = "owner"
    EDITOR = "editor"
    ISSUER = "issuer"
    APPROVER = "approver"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    READER = "reader"


_READ = frozenset({"catalogue:read"})
ROLES: Mapping[Role, frozenset[str]] = {
    Role.OWNER: frozenset(SCOPES),
    Role.EDITOR: _READ | {"catalogue:write"},
    Role.ISSUER: _READ | {"records:issue", "records:revoke", "records:read"},
    Role.APPROVER: _READ | {"records:approve", "records:read"},
    Role.REVIEWER: _READ | {"recognition:read", "recognition:decide", "verify:bulk"},
    Role.AUDITOR: _READ | {"records:read", "recognition:read", "admin:audit"},
    Role.READER: _READ,
}
"""What each role may do; ``rules.allowed`` takes from it what an organisation's kind forbids."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A body that acts through this node; a society's id is also its id in the catalogue."""

    id: str
    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is acting and for whom: a client, a person, or a client that acts for a person.

    ``organisation_id`` is the one organisation whose things may be touched; empty where a client
    acts for a person in his or her own affairs alone.
    """

    client_id: str
    organisation_id: str
    scopes: frozenset[str]
    person_id: str = ""
    sandbox: bool = False
    """Whatever this actor publishes stays in the organisation's sandbox."""

    @property
    def who(self) -> str:
        """The actor as the audit trail names it. A person is one however he or she came."""
        return f"person:{self.person_id}" if self.person_id else f"client:{self.client_id}"


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's standing in one organisation."""

    organisation: Organisation
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who is signed in, by one session."""

    person_id: str
    name: str
    session_id: str
    signed_in_at: datetime
    memberships: tuple[Membership, ...] = ()


class ClientKind(StrEnum):
    """For whom a program acts, which decides how it comes to its tokens."""

    SERVICE = "service"
    """For its own organisation, by itself."""
    WEB = "web"
    """For people who allow it; it runs on a server, which can keep a secret."""
    NATIVE = "native"
    """For people who allow it; it runs on their devices and can keep no secret."""


class AuthMethod(StrEnum):
    """How a program proves who it is (RFC 7591 §2); each program does it in one way."""

    SECRET_BASIC = "client_secret_basic"  # noqa: S105 - the name of a method
    SECRET_POST = "client_secret_post"  # noqa: S105 - the name of a method
    PRIVATE_KEY_JWT = "private_key_jwt"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Client:
    """A program that may ask for tokens; its secret is known to its owner alone."""

    id: str
    organisation_id: str
    name: str
    secret_hash: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None
    kind: ClientKind = ClientKind.SERVICE
    method: AuthMethod = AuthMethod.SECRET_BASIC
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str | None = None
    redirect_uris: tuple[str, ...] = ()
    sandbox: bool = False
    former_secret_hash: str | None = None
    """Of the secret before this one, which is good a little longer."""
    former_secret_ends_at: datetime | None = None

    def secret_hashes(self, *, at: datetime) -> tuple[str, ...]:
        """The hashes of the secrets that are good at that time."""
        former, ends_at = self.former_secret_hash, self.former_secret_ends_at
        lasts = former is not None and ends_at is not None and at < ends_at
        return (self.secret_hash, str(former)) if lasts else (self.secret_hash,)


@dataclass(frozen=True, slots=True)
class Grant:
    """A society's leave for another organisation to do one thing in its stead, for a time."""

    id: str
    society_id: str
    grantee_id: str
    action: str
    valid_from: datetime
    valid_until: datetime | None
    ended_at: datetime | None = None
