"""What trust speaks of: issuers and their keys with history."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.proof.keys import Algorithm, PublicKey


class Role(StrEnum):
    """What an issuer is to this node."""

    NODE = "node"
    SOCIETY = "society"
    FOREIGN = "foreign"


class State(StrEnum):
    """What may be said of a key today."""

    CURRENT = "current"
    RETIRED = "retired"
    COMPROMISED = "compromised"


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A public key, and when it counts.

    A *retired* key signs nothing new and what it signed stays good; a *compromised* one is worth
    nothing from that moment on.
    """

    key: PublicKey
    valid_from: datetime
    retired_at: datetime | None = None
    compromised_since: datetime | None = None

    @property
    def state(self) -> State:
        if self.compromised_since is not None:
            return State.COMPROMISED
        return State.CURRENT if self.retired_at is None else State.RETIRED


@dataclass(frozen=True, slots=True)
class Issuer:
    """A party whose keys sign records or bundles. ``id`` is its DID."""

    id: str
    role: Role
    society_id: str | None
    name: str
    url: str | None
    keys: tuple[IssuerKey, ...] = ()

    def signing_key(self, algorithm: Algorithm) -> PublicKey | None:
        """The newest key that may sign now."""
        current = [
            held
            for held in self.keys
            if held.key.algorithm is algorithm and held.state is State.CURRENT
        ]
        return max(current, key=lambda held: held.valid_from).key if current else None
