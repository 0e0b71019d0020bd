"""What a verifier may choose, and which answer an error is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from app.proof.errors import ProofError
from app.proof.parse import JSON
from app.proof.vocabulary import KNOWN
from app.verification.model import COMPLETION, GENERIC


@dataclass(frozen=True, slots=True)
class Options:
    """What a verifier may choose."""

    profiles: frozenset[str] = frozenset({COMPLETION, GENERIC})
    oldest_status: timedelta = timedelta(days=7)
    """How long ago a status list may have been fetched."""
    leeway: timedelta = timedelta(seconds=60)
    """How far two clocks may differ."""
    resources: Mapping[str, bytes] = field(default_factory=dict)
    """Files that came with a record, by the id under which the record names them."""
    challenge: str | None = None
    """What the verifier gave the holder to sign, so that a presentation cannot be shown twice."""
    domain: str | None = None
    """For whom the verifier asked the holder to sign: himself."""
    others_may_sign: bool = False
    """Whether issuers that the bundle knows may sign beside the record's own issuer."""
    contexts: Mapping[str, JSON] = field(default_factory=lambda: KNOWN)
    """The JSON-LD contexts that are known; nothing is fetched."""


class Unknown(ProofError):
    """A question that what we hold cannot answer."""
