"""What trust speaks of: issuers, their keys with history, and whose bundles are believed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.proof.keys import Algorithm, PublicKey


class Role(StrEnum):
    """What an issuer is to this node."""

    NODE = "node"
    SOCIETY = "society"
    REGISTRY = "registry"
    FOREIGN = "foreign"


class State(StrEnum):
    """What may be said of a key today."""

    CURRENT = "current"
    RETIRED = "retired"
    COMPROMISED = "compromised"


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A public key, and when it counts.

    A *retired* key signs nothing new and what it signed stays good. A *compromised* key is worth
    nothing, before that moment too, unless something other than the record proves when it signed.
    """

    key: PublicKey
    valid_from: datetime
    retired_at: datetime | None = None
    compromised_since: datetime | None = None
    listed: bool = True
    """Whether the publisher of a foreign issuer still names the key."""

    @property
    def state(self) -> State:
        if self.compromised_since is not None:
            return State.COMPROMISED
        return State.CURRENT if self.retired_at is None else State.RETIRED


@dataclass(frozen=True, slots=True)
class Issuer:
    """A party whose keys sign records, bundles or statements. ``id`` is its DID."""

    id: str
    role: Role
    organisation_id: str | None
    """For which society or registry of this node it signs."""
    name: str
    url: str | None
    keys: tuple[IssuerKey, ...] = ()
    publisher_id: str | None = None
    """Who vouches for a foreign issuer; one for whom nobody does is not trusted any more."""
    status_issuers: tuple[str, ...] = ()
    """Others who may keep this issuer's status lists."""

    @property
    def own(self) -> bool:
        """Whether this node holds its private keys."""
        return self.role is not Role.FOREIGN

    @property
    def trusted(self) -> bool:
        """Whether bundles name it."""
        return self.own or self.publisher_id is not None

    def current(self, algorithm: Algorithm) -> tuple[IssuerKey, ...]:
        """The keys that may sign now, oldest first."""
        return tuple(
            held
            for held in self.keys
            if held.key.algorithm is algorithm and held.state is State.CURRENT
        )

    def signing_key(self, algorithm: Algorithm) -> PublicKey | None:
        """The newest key that may sign now."""
        current = self.current(algorithm)
        return max(current, key=lambda held: held.valid_from).key if current else None


@dataclass(frozen=True, slots=True)
class Publisher:
    """Another node whose bundles are believed, and the last one that was."""

    id: str
    version: int
    digest: str
    issued_at: datetime
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class Publication:
    """A bundle that this node signed."""

    publisher_id: str
    version: int
    trust_version: int
    """What was trusted when it was made (``store.trust_version``)."""
    digest: str
    body: bytes
    made_at: datetime
