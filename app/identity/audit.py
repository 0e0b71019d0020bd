"""The audit trail: who changed what, when, from what, to what.

A row is written in the transaction of the change itself, so neither exists without the other.
Nothing here changes or deletes a row. ``before`` and ``after`` name states and ids; secrets and
holders' details do not belong in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.identity.tables import AuditRow


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of state."""

    at: datetime
    who: str
    action: str
    subject: str
    before: Any | None
    after: Any | None


def record(
    session: Session,
    *,
    who: str,
    action: str,
    subject: str,
    at: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Note a change inside the caller's transaction.

    ``who`` is ``client:<id>`` or ``system:<command>``; ``subject`` is ``<kind>:<id>``.
    """
    session.add(
        AuditRow(
            at=at,
            who=who,
            action=action,
            subject=subject,
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
        )
        .where(AuditRow.subject == subject)
        .order_by(AuditRow.id)
    )
    return [Entry(*row) for row in rows]
