"""What an agreement says, and where it stands. Values alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from app.proof.parse import Object
from app.recognition.policies.model import Span


@dataclass(frozen=True, slots=True)
class Named:
    """An issuer or a registry: its DID and what it is called."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Annex:
    """The policy under which a party decides on what it takes: one version, by its hash."""

    policy_id: str
    version: int
    hash: str


@dataclass(frozen=True, slots=True)
class Recognises:
    """What a party takes of the issuers that the other party answers for."""

    tag: str
    """The word of its policies under which it lists them."""
    annex: Annex
    kinds: tuple[str, ...] | None = None
    """Of which kinds of activity; every kind that the annex takes, when nothing is said."""


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two registries."""

    id: str
    """Its DID."""
    name: str
    issuers: tuple[Named, ...]
    """Whose records it answers for."""
    recognises: Recognises | None
    """``None`` where it takes nothing: an agreement may go one way."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """One version of an agreement. Both parties sign ``hash``."""

    id: str
    """A UUID without its prefix."""
    version: int
    previous: str | None
    """The hash of the version before."""
    reference: str
    texts: Mapping[str, str]
    """What people agreed on in words, by language (BCP 47)."""
    span: Span
    notice_days: int
    """How long before its end a party has to say so."""
    parties: tuple[Party, Party]
    hash: str
    """SHA-256 in hexadecimal of the document's canonical JSON (RFC 8785)."""
    document: Object

    def party(self, did: str) -> Party | None:
        """The party with that DID."""
        return next((one for one in self.parties if one.id == did), None)

    def other(self, did: str) -> Party:
        """The party that is not the one with that DID."""
        first, second = self.parties
        return second if first.id == did else first


@dataclass(frozen=True, slots=True)
class Signature:
    """A party's signature on one version, as it is kept. Whether it holds is asked anew each time.

    A key can be compromised after it signed.
    """

    party_id: str
    token: str
    received_at: datetime
    received_by: str


@dataclass(frozen=True, slots=True)
class Ending:
    """A party's signed notice that the agreement ends."""

    party_id: str
    token: str
    ends_on: date
    """The last day."""
    received_at: datetime
    received_by: str


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of one signature now."""

    party_id: str
    trouble: str | None
    """Why it does not hold, in a sentence; ``None`` when it does."""
    signed_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether the party is bound by it."""
        return self.trouble is None


class State(StrEnum):
    """Where one version of an agreement stands on a day."""

    DRAFT = "draft"
    """Nobody has signed."""
    OFFERED = "offered"
    """One side has signed, the other has not."""
    BROKEN = "broken"
    """A signature on it does not hold."""
    SIGNED = "signed"
    """Both have; it is to begin."""
    IN_FORCE = "in_force"
    ENDED = "ended"
    """Its days are over, or a party ended it."""
    AMENDED = "amended"
    """A later version has taken its place."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One version of an agreement as this node keeps it."""

    agreement: Agreement
    drafted_by: str
    """The registry of this node that wrote it or took it in."""
    created_at: datetime
    created_by: str
    signatures: tuple[Signature, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """One version with everything that follows from its signatures on a day."""

    kept: Kept
    state: State
    held: tuple[Held, ...]
    """Both parties', in their order; one that has not signed is not among them."""
    span: Span
    """The days on which it is, was or will be in force; amended and ended counted in."""
    endings: tuple[Ending, ...] = field(default=())

    @property
    def agreement(self) -> Agreement:
        """What it says."""
        return self.kept.agreement

    def signed_by(self, did: str) -> Held | None:
        """What is known of a party's signature, if there is one."""
        return next((one for one in self.held if one.party_id == did), None)
