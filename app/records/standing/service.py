"""Use cases of standing for one record, and for corrections; ``batch`` is for many."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.platform.db import Database
from app.records import store as records_store
from app.records.model import IssuedRecord, Slot
from app.records.standing import rules, store
from app.records.standing.changing import change_now, possible, unknown
from app.records.standing.model import Action, History, Order, Reason
from app.trust.signer import Signer


def change(
    database: Database,
    signer: Signer,
    record_id: str,
    *,
    order: Order,
    at: datetime,
    who: str = "system",
) -> IssuedRecord:
    """Change one record's standing; its lists say so when this returns. Twice is as good as once.

    Raises ``NotFound``, ``OrderInvalid`` or ``Refused``, and what the signer raises.
    """
    rules.check_order(order)
    with database.write() as session:
        change_now(session, signer, {record_id: order}, society_id=None, at=at, who=who)
        found = records_store.find_record(session, record_id)
    if found is None:
        raise unknown()
    return found[0]


def revoke(
    database: Database,
    signer: Signer,
    record_id: str,
    *,
    reason: Reason,
    at: datetime,
    who: str = "system",
) -> IssuedRecord:
    """Revoke a record, for good. Raises what ``change`` raises."""
    order = Order(Action.REVOKE, reason)
    return change(database, signer, record_id, order=order, at=at, who=who)


def supersede(
    session: Session,
    signer: Signer,
    *,
    successors: Mapping[str, str],
    society_id: str,
    at: datetime,
    who: str,
) -> None:
    """Put corrected records in the place of those they correct: old id to new id.

    In the transaction in which the new ones are finished, so that the one is never out without the
    other being revoked. Raises ``NotFound`` or ``Refused``, and then nothing of it happened.
    """
    orders = {
        old: Order(Action.SUPERSEDE, Reason.SUPERSEDED, successor=new)
        for old, new in successors.items()
    }
    change_now(session, signer, orders, society_id=society_id, at=at, who=who)


def check_superseded(session: Session, record_id: str, *, society_id: str) -> None:
    """Whether a correction may be issued for a record; asked before its intent is stored.

    Raises ``NotFound`` when the society has no such record, and ``Refused`` for one that does not
    hold any more.
    """
    held = store.lock(session, possible([record_id])).get(record_id)
    if held is None or held.society_id != society_id:
        raise unknown()
    if held.standing not in rules.changes_something(Action.SUPERSEDE):
        raise rules.Refused(f"{record_id} is {held.standing} and cannot be corrected any more.")


def place(session: Session, record_id: str) -> Slot:
    """Where a record is in the status lists of its number. Raises ``NotFound``."""
    found = records_store.find_record(session, record_id) if possible([record_id]) else None
    if found is None:
        raise unknown()
    return found[1]


def history(session: Session, record_id: str) -> History:
    """All that was ever said of a record. Raises ``NotFound``."""
    found = store.history(session, record_id) if possible([record_id]) else None
    if found is None:
        raise unknown()
    return found
