"""Withdraw what a complete list no longer names, or hold the run and ask. Takes a session.

The decisions are in ``rules``; here they are carried out. Nothing is deleted: a withdrawn source
record and its raw item stay, and come back with the item.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.harvest import rules, store
from app.harvest.model import ItemState
from app.harvest.rules import Listing
from app.harvest.tables import RunRow
from connectors.contract import Deletions


def listing(session: Session, run: RunRow) -> Listing:
    """What is known of the run's list."""
    known_before, vanishing = store.count_live(session, run)
    return described(run, known_before=known_before, vanishing=vanishing)


def described(run: RunRow, *, known_before: int, vanishing: int) -> Listing:
    """The same, for who has counted already."""
    return Listing(
        deletions=Deletions(run.deletions or Deletions.NEVER),
        from_beginning=run.from_beginning,
        complete=run.complete,
        expected=run.expected,
        seen=run.seen,
        repeated=run.repeated,
        rejected=run.rejected,
        known_before=known_before,
        vanishing=vanishing,
    )


def hold_or_sweep(session: Session, run: RunRow, *, at: datetime) -> tuple[str, ...]:
    """Sweep if this list allows it; gives the reasons to ask first, when there are any."""
    known = listing(session, run)
    if not rules.may_sweep(known):
        return ()
    reasons = rules.brake(known)
    if reasons:
        run.vanishing = known.vanishing
        return reasons
    sweep(session, run, at=at)
    return ()


def sweep(session: Session, run: RunRow, *, at: datetime) -> None:
    """Withdraw every source record that the run did not see."""
    gone = store.unseen(session, run)
    for row in gone:
        run.withdrawn += catalogue.withdraw(
            session, source_id=run.source_id, remote_id=row.remote_id, at=at
        )
        row.state = ItemState.WITHDRAWN
    for start in range(0, len(gone), 500):
        hashes = {row.remote_hash for row in gone[start : start + 500]}
        store.close_issues(session, run.source_id, hashes)
