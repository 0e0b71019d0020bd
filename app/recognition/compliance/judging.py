"""Did a registrant meet a cycle? Read from the ledger, and never guessed.

1. The cycle is the one that holds the day, judged by the ledger under the version that judges it.
2. A yes may be said as soon as it is so: what counts later adds to it.
3. A no may be said only when the cycle is over, but where cycles always end with the day asked
   about, and only when nothing in it waits for a review: a record that nobody has looked at might
   make it a yes.
4. Where the policy has no cycle to meet there is nothing to say.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.platform.problems import Conflict
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import CycleView
from app.recognition.policies.model import Anchor
from app.recognition.register.service import Registrant


class NothingToSay(Conflict):
    """The policy has no cycle that could be met."""

    code = "compliance-without-cycle"


class TooEarly(Conflict):
    """The cycle is not over, and not met yet."""

    code = "compliance-too-early"


class ReviewsOpen(Conflict):
    """Records in the cycle wait for a review."""

    code = "compliance-open-reviews"


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer, and what it rests on."""

    met: bool
    first: date
    last: date
    policy_id: str
    policy_version: int
    policy_hash: str
    total: str
    """What counted, as an exact fraction."""

    @property
    def told(self) -> dict[str, Any]:
        """For the history of a statement that it contradicts."""
        return {
            "met": self.met,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "policy_id": self.policy_id,
            "policy_version": self.policy_version,
            "policy_hash": self.policy_hash,
            "total": self.total,
        }


def judge(session: Session, registrant: Registrant, *, day: date, today: date) -> Judged:
    """The answer that may be signed.

    Raises ``ledger.NoPolicy``, ``NothingToSay``, ``TooEarly`` and ``ReviewsOpen``.
    """
    view = ledger.cycle_on(session, registrant, day=day, today=today)
    found = judged(view)
    if not found.met:
        rolls = view.policy.cycle is not None and view.policy.cycle.anchor is Anchor.ROLLING
        if not view.ended and not rolls:
            raise TooEarly(f"The cycle lasts until {found.last} and is not met yet.")
        if view.open:
            raise ReviewsOpen(
                f"{view.open} records of the cycle wait for a review; decide on them first."
            )
    return found


def judged(view: CycleView) -> Judged:
    """What the ledger says of a cycle, whether or not it may be signed. Raises ``NothingToSay``."""
    if view.compliance is None or view.span.first is None or view.span.last is None:
        raise NothingToSay("The registry's policy asks for nothing in a cycle.")
    policy = view.policy
    return Judged(
        met=view.compliance.compliant,
        first=view.span.first,
        last=view.span.last,
        policy_id=policy.policy_id,
        policy_version=policy.policy_version,
        policy_hash=policy.hash,
        total=str(view.totals.total + view.carry_in),
    )
