"""What the authorization server speaks of: permissions, authorizations, answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

CODE_LIFETIME = timedelta(seconds=60)
AUTHORIZATION_LIFETIME = timedelta(days=90)
"""How long a program may go on without its person, at most."""
REFRESH_LIFETIME = timedelta(days=30)
"""How long a program may be silent in between."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint says."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Permission:
    """What a person let a program do. ``organisation_id`` is empty for the person's own affairs."""

    id: str
    person_id: str
    client_id: str
    organisation_id: str
    scopes: frozenset[str]
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Authorization:
    """One time a program was let in, and all that came of it.

    It has the methods by which Authlib wants to ask a code or a refresh token.
    """

    id: str
    permission_id: str
    client_id: str
    person_id: str
    organisation_id: str
    scopes: frozenset[str]
    redirect_uri: str
    code_challenge: str
    redeemed_at: datetime | None
    ends_at: datetime
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return " ".join(sorted(self.scopes))

    def check_client(self, client: Any) -> bool:
        return bool(client.get_client_id() == self.client_id)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token as it is kept."""

    hash: str
    authorization: Authorization
    ends_at: datetime
    used_at: datetime | None

    def check_client(self, client: Any) -> bool:
        return self.authorization.check_client(client)

    def get_scope(self) -> str:
        return self.authorization.get_scope()
