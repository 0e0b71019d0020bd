"""A version of a policy as a value."""

from dataclasses import dataclass
from datetime import date, datetime

from app.recognition.policies.model import Span, Status


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version of one policy of a registry, and how far it has come."""

    id: str
    registry_id: str
    policy_id: str
    version: int
    status: Status
    """``draft``, ``adopted`` or ``withdrawn``; what its text says of itself decides nothing."""
    text: str
    """Verbatim, as its author wrote it."""
    hash: str
    """What names its rules (``policies.model.Policy.hash``)."""
    valid: Span
    statement: str | None
    """The registry's signature: a compact JWS."""
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str
    adopted_at: datetime | None = None
    adopted_by: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_from: date | None = None
    """The first day on which it decides no more; what was completed before is decided by it."""
    withdrawn_reason: str | None = None

    def in_force(self, on: date) -> bool:
        """Whether it was adopted for that day and not withdrawn from it."""
        withdrawn = self.withdrawn_from is not None and self.withdrawn_from <= on
        return self.status is not Status.DRAFT and self.valid.holds(on) and not withdrawn
