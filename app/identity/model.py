"""What identity speaks of: organisations, API clients, actors and the scopes there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SCOPES: Mapping[str, str] = {
    "catalogue:write": "Change the organisation's catalogue and its sources.",
    "records:issue": "Issue completion records in the organisation's name.",
    "records:approve": "Approve or reject the organisation's rosters that somebody else submitted.",
    "records:revoke": "Revoke, suspend and reinstate completion records of the organisation.",
    "records:read": "Read completion records of the organisation; they are personal data.",
    "verify:bulk": "Verify thousands of records in one request.",
    "grants:manage": "Let other organisations act for this one, and end that.",
}
"""Every scope of this node and what it allows."""

GRANTABLE = ("records:issue", "records:approve", "records:revoke", "records:read")
"""What a society may let another organisation do in its stead."""


class Kind(StrEnum):
    """What an organisation is to this node."""

    SOCIETY = "society"
    REGISTRY = "registry"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A body that acts through this node; a society's id is also its id in the catalogue."""

    id: str
    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is calling: one client of one organisation, with the scopes of its token."""

    client_id: str
    organisation_id: str
    scopes: frozenset[str]


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
