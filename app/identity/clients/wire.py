"""What is said of programs over HTTP, and what is asked."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.identity.clients import redirects
from app.identity.clients.rules import NewClient
from app.identity.clients.service import LONGEST_OVERLAP, OVERLAP, Made
from app.identity.model import PERSONAL_SCOPES, SCOPES, AuthMethod, Client, ClientKind

_HOURS = 3600
_MOST_SCOPES = len(SCOPES) + len(PERSONAL_SCOPES)


class KeysIn(BaseModel):
    """A program's public keys: themselves, or where they are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    jwks: dict[str, Any] | None = Field(None, description="A JWK set (RFC 7517); public keys only.")
    jwks_uri: str | None = Field(
        None,
        max_length=1000,
        description="Where the set is published; fetched anew when a key is not in it.",
        examples=["https://lms.example.org/keys.json"],
    )


class ClientIn(KeysIn):
    """A program to make."""

    name: str = Field(max_length=200, examples=["Moodle of CSE"])
    scopes: list[str] = Field(min_length=1, max_length=_MOST_SCOPES, examples=[["catalogue:write"]])
    kind: ClientKind = Field(
        ClientKind.SERVICE,
        description="`service` acts for the organisation by itself; `web` and `native` act for "
        "people who allow it, with or without a server that keeps a secret.",
    )
    method: AuthMethod | None = Field(
        None,
        description="How it proves who it is; by default `none` for a native program and "
        "`client_secret_basic` for others.",
    )
    redirect_uris: list[str] = Field(
        [],
        max_length=redirects.MOST,
        description="Where a person comes back to after deciding; compared character by character.",
        examples=[[]],
    )
    sandbox: bool = Field(default=False, description="What it publishes stays in the sandbox.")

    def meant(self, organisation_id: str) -> NewClient:
        """The program that is meant."""
        usual = AuthMethod.NONE if self.kind is ClientKind.NATIVE else AuthMethod.SECRET_BASIC
        return NewClient(
            organisation_id=organisation_id,
            name=self.name,
            scopes=frozenset(self.scopes),
            kind=self.kind,
            method=self.method or usual,
            jwks=self.jwks,
            jwks_uri=self.jwks_uri,
            redirect_uris=tuple(self.redirect_uris),
            sandbox=self.sandbox,
        )


class SecretIn(BaseModel):
    """How to change a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    overlap_hours: int = Field(
        int(OVERLAP.total_seconds()) // _HOURS,
        ge=0,
        le=int(LONGEST_OVERLAP.total_seconds()) // _HOURS,
        description="How long the present secret is good beside the new one.",
    )


class ClientOut(BaseModel):
    """A program as it stands."""

    id: str
    organisation: str
    name: str
    kind: ClientKind
    method: AuthMethod
    scopes: list[str]
    jwks: dict[str, Any] | None
    jwks_uri: str | None
    redirect_uris: list[str]
    sandbox: bool
    created_at: datetime
    former_secret_ends_at: datetime | None = Field(
        description="Until when the secret before the present one is good, too."
    )
    revoked_at: datetime | None

    @classmethod
    def of(cls, client: Client) -> "ClientOut":
        """What is told of a program."""
        return cls(**told(client))


class ClientMade(ClientOut):
    """A program with its new secret."""

    client_secret: str | None = Field(
        description="Shown this once; none for a program without a secret, or in a repetition."
    )

    @classmethod
    def of(cls, made: Client | Made) -> "ClientMade":
        """What is told of a program once."""
        client, secret = made if isinstance(made, Made) else (made, None)
        return cls(**told(client), client_secret=secret)


class ClientPage(BaseModel):
    """Some of the programs, in the order of their ids."""

    items: list[ClientOut]
    next_cursor: str | None


def told(client: Client) -> dict[str, Any]:
    """What may be told of a program: everything but the hashes of its secrets."""
    return {
        "id": client.id,
        "organisation": client.organisation_id,
        "name": client.name,
        "kind": client.kind,
        "method": client.method,
        "scopes": sorted(client.scopes),
        "jwks": client.jwks,
        "jwks_uri": client.jwks_uri,
        "redirect_uris": list(client.redirect_uris),
        "sandbox": client.sandbox,
        "created_at": client.created_at,
        "former_secret_ends_at": client.former_secret_ends_at,
        "revoked_at": client.revoked_at,
    }
