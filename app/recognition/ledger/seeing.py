"""What a registry sees in a record: its verification, and what the registry itself adds to it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.proof.parse import JSON
from app.recognition.deciding.facts import (
    Seen,
    Supplement,
    claimed_approvals,
    facts_of,
    unproven,
)
from app.recognition.deciding.model import Facts
from app.recognition.ledger import store
from app.recognition.ledger.rulings import confirmed
from app.recognition.policies.model import Span
from app.recognition.register import service as register
from app.recognition.register.service import Registrant
from app.verification.model import Record, Report
from app.verification.saying import as_json

_NOTHING = Supplement()


@dataclass
class Seer:
    """Turns reports into facts for one registry; what it says of an issuer is asked once a day."""

    session: Session
    registry_id: str
    _listed: dict[tuple[str, date], tuple[tuple[str, ...], Span | None]] = field(
        default_factory=dict
    )

    def facts(
        self,
        registrant: Registrant,
        report: Report,
        *,
        submitted_on: date,
        supplement: Supplement | None = None,
        holder_confirmed: bool = False,
        before: int | None = None,
    ) -> Facts:
        """The facts of a record that a registrant submitted.

        ``before`` is the number of the submission, once it has one: only what came earlier is asked
        whether the same was taught before. A report that proves nothing gives next to nothing.
        """
        record = report.record
        if record is None or record.awarded_at is None:
            return unproven(report, on=submitted_on)
        tags, standing = self._issuer(record.issuer_id, record.awarded_at.date())
        seen = Seen(
            holder=register.binding(self.session, registrant, report),
            issuer_tags=tags,
            issuer_standing=standing,
            approvals=register.approvals(
                self.session,
                self.registry_id,
                claimed_approvals(record),
                issuer_id=record.issuer_id,
            ),
            taught_before=self._taught(registrant, record, before),
            supplement=supplement or _NOTHING,
        )
        found = facts_of(report, seen=seen)
        if found is None:
            return unproven(report, on=submitted_on)
        return confirmed(found) if holder_confirmed else found

    def _issuer(self, issuer_id: str, day: date) -> tuple[tuple[str, ...], Span | None]:
        key = (issuer_id, day)
        if key not in self._listed:
            self._listed[key] = (
                register.issuer_tags(self.session, self.registry_id, issuer_id, on=day),
                register.issuer_standing(self.session, self.registry_id, issuer_id, on=day),
            )
        return self._listed[key]

    def _taught(self, registrant: Registrant, record: Record, before: int | None) -> bool:
        if record.role != "instructor" or record.achievement_id is None:
            return False
        return store.taught_before(
            self.session, registrant.id, record.achievement_id, before=before
        )


def key_of(report: Report) -> str:
    """What makes two submissions the same: issuer and record, or the bytes of what is unproven."""
    record = report.record
    said = ("bytes", report.digest) if record is None else (record.issuer_id, record.id)
    return digest_of(said)


def digest_of(parts: Sequence[str]) -> str:
    """One hash of several texts, which cannot run into each other."""
    made = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        made.update(len(data).to_bytes(8, "big") + data)
    return made.hexdigest()


def columns_of(report: Report) -> dict[str, Any]:
    """What a submission keeps of its verification."""
    record = report.record
    told: JSON = as_json(report)
    return {
        "issuer_id": record.issuer_id if record else None,
        "holder_id": record.holder_id if record else None,
        "achievement_id": record.achievement_id if record else None,
        "title": record.title if record else "",
        "report": told,
        "verified_at": report.at,
    }
