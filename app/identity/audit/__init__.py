"""The audit trail: who changed what, when, from what, to what.

A row is written in the transaction of the change itself, so neither exists without the other.
Nothing changes or deletes a row, and the database refuses to (migration 0011); ``chain`` seals the
rows so that whoever gets around that is found out. ``before`` and ``after`` name states and ids;
secrets, and the names and addresses of people, do not belong in them: a row outlives its account.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.identity.audit.tables import AuditRow

_ORGANISATION = "organisation:"


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of state."""

    at: datetime
    who: str
    action: str
    subject: str
    before: Any | None
    after: Any | None
    organisation_id: str | None = None
    """Whose affair it is: who may read the history of that organisation sees it."""


def record(
    session: Session,
    *,
    who: str,
    action: str,
    subject: str,
    at: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    organisation_id: str | None = None,
) -> None:
    """Note a change inside the caller's transaction.

    ``who`` is ``client:<id>``, ``person:<id>``, ``provider:<id>`` (of sign-ins) or
    ``system:<command>``; ``subject`` is ``<kind>:<id>``. ``organisation_id`` is whose affair it
    is, which follows by itself where the subject is an organisation; leave it out for what concerns
    a person, or the node, alone.
    """
    session.add(
        AuditRow(
            at=at,
            who=who,
            action=action,
            subject=subject,
            organisation_id=_concerned(organisation_id, subject),
            before=None if before is None else dict(before),
            after=None if after is None else dict(after),
        )
    )


def record_many(session: Session, entries: Sequence[Entry]) -> None:
    """Note many changes inside the caller's transaction, in their order."""
    if entries:
        session.execute(
            insert(AuditRow),
            [
                {
                    "at": entry.at,
                    "who": entry.who,
                    "action": entry.action,
                    "subject": entry.subject,
                    "organisation_id": _concerned(entry.organisation_id, entry.subject),
                    "before": entry.before,
                    "after": entry.after,
                }
                for entry in entries
            ],
        )


def trail(session: Session, subject: str) -> Sequence[Entry]:
    """Everything that happened to ``subject``, oldest first."""
    rows = session.execute(
        select(
            AuditRow.at,
            AuditRow.who,
            AuditRow.action,
            AuditRow.subject,
            AuditRow.before,
            AuditRow.after,
            AuditRow.organisation_id,
        )
        .where(AuditRow.subject == subject)
        .order_by(AuditRow.id)
    )
    return [Entry(*row) for row in rows]


def _concerned(organisation_id: str | None, subject: str) -> str | None:
    if organisation_id is None and subject.startswith(_ORGANISATION):
        return subject.removeprefix(_ORGANISATION)
    return organisation_id
