"""Statements that the ledger no longer bears out are withdrawn, by themselves.

A re-run, an appeal, a record that was revoked, a new version of the policy: whatever changes the
answer, the statement that says the old one is withdrawn with the old answer, the new one and why.
Another is issued by a person. Each statement that stands is looked at when a decision on its
registrant was made since it was last looked at, and once a day in any case.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.platform.db import Database
from app.platform.problems import DomainError
from app.recognition.compliance import issuing, judging, store
from app.recognition.compliance.lists import Desk
from app.recognition.compliance.model import Statement
from app.recognition.ledger import service as ledger
from app.recognition.register import service as register

EVERY = timedelta(days=1)
WHO = "system:compliance"
_AT_ONCE = 100
_IN_A_QUERY = 500
_LATE = timedelta(minutes=2)


def keep_true(database: Database, desk: Desk, *, at: datetime) -> int:
    """Look at statements that are due; says how many were withdrawn.

    One that cannot be looked at holds up no other, and is looked at again tomorrow: the first such
    error is raised after the last.
    """
    errors: list[DomainError] = []
    withdrawn = 0
    for statement_id in _due(database, at=at):
        try:
            with database.write() as session:
                withdrawn += look(session, desk, statement_id, at=at)
        except DomainError as error:
            errors.append(error)
            with database.write() as session:
                store.touch(session, statement_id, at=at)
    if errors:
        raise errors[0]
    return withdrawn


def look(session: Session, desk: Desk, statement_id: str, *, at: datetime) -> bool:
    """Ask the ledger about one statement; says whether it was withdrawn."""
    one = store.find_statement(session, statement_id, lock=True)
    if one is None or one.withdrawn_at is not None:
        return False
    registrant = register.get(session, one.registry_id, one.registrant_id)
    # The cycle as it was judged: what rolls on ends with the day it was asked about.
    day = min(one.said.last, one.said.judged_on)
    view = ledger.cycle_on(
        session, registrant, day=day, today=ledger.today_of(session, one.registry_id, at)
    )
    found = judging.judged(view)
    if found.met is one.said.met:
        store.touch(session, one.id, at=at)
        return False
    issuing.withdraw(
        session,
        desk,
        one.registry_id,
        one.id,
        why=_why(one, found),
        at=at,
        who=WHO,
        found=found.told,
    )
    return True


def _why(one: Statement, found: judging.Judged) -> str:
    said, now = ("met", "not met") if one.said.met else ("not met", "met")
    if found.policy_hash != one.said.policy_hash:
        return f"Stated as {said}; {now} under version {found.policy_version} of the policy."
    return f"Stated as {said}; {now} after decisions that were made since."


def _due(database: Database, *, at: datetime) -> Iterator[str]:
    with database.read() as session:
        found = list(store.to_check(session, before=at - EVERY, limit=_AT_ONCE))
        found += _concerned(session)
    yield from dict.fromkeys(found)


def _concerned(session: Session) -> Iterator[str]:
    """Statements of registrants on whom something was decided since they were looked at."""
    standing = store.standing(session)
    for start in range(0, len(standing), _IN_A_QUERY):
        part = standing[start : start + _IN_A_QUERY]
        decided = ledger.last_decided(session, {registrant_id for _, registrant_id, _ in part})
        for statement_id, registrant_id, checked_at in part:
            last = decided.get(registrant_id)
            # A decision may be committed a little after the time it was made at.
            if last is not None and last > checked_at - _LATE:
                yield statement_id
