"""Many records at once, by their ids or by a search; each for itself.

Records are stored in transactions of a bounded size, then each list that was touched is signed
anew, once. A crash in between leaves lists that know they must be signed: the same order given
again, or the worker, signs them, and records that were done before are left as they are.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.platform.db import Database
from app.platform.problems import Conflict, DomainError
from app.records import status
from app.records.standing import rules, store
from app.records.standing.changing import (
    ListKey,
    decide,
    possible,
    refusal,
    store_changes,
    unknown,
)
from app.records.standing.model import Order, Outcome, Search
from app.trust.signer import Signer

CHUNK = 500
"""How many records one transaction holds."""


class TooMany(DomainError):
    """The search finds more records than may be changed in one call."""

    code = "standing-too-many"
    status = 422


class CountChanged(Conflict):
    """The search finds another number of records than whoever asked had counted."""

    code = "standing-count-changed"


def change_many(
    database: Database,
    signer: Signer,
    orders: Sequence[tuple[str, Order]],
    *,
    society_id: str | None = None,
    at: datetime,
    who: str,
    progress: Callable[[int], None] = lambda _done: None,
) -> tuple[Outcome, ...]:
    """Change the standing of many records, each for itself; says of each what became of it.

    With ``society_id``, records of other societies are as unknown as those that are not there.
    A signer's error is raised after all records are stored; the same call again, or the worker,
    then signs what waits.
    """
    outcomes, todo = _sorted_out(orders)
    touched: set[ListKey] = set()
    for start in range(0, len(todo), CHUNK):
        chunk = todo[start : start + CHUNK]
        with database.write() as session:
            decided = decide(session, {i: o for _, i, o in chunk}, society_id=society_id)
            store_changes(session, decided, at=at, who=who)
        touched |= decided.lists
        outcomes |= {place: decided.outcomes[record_id] for place, record_id, _ in chunk}
        progress(start + len(chunk))
    _publish_each(database, signer, touched, at=at)
    return tuple(outcomes[place] for place in range(len(orders)))


def preview(session: Session, orders: Sequence[tuple[str, Order]]) -> tuple[Outcome, ...]:
    """What would become of each order if it were given now; changes nothing."""
    outcomes, todo = _sorted_out(orders)
    decided = decide(session, {i: order for _, i, order in todo}, society_id=None)
    outcomes |= {place: decided.outcomes[record_id] for place, record_id, _ in todo}
    return tuple(outcomes[place] for place in range(len(orders)))


def count(session: Session, search: Search, order: Order, *, society_id: str) -> int:
    """How many records a search names whose standing ``order`` would change."""
    rules.check_order(order)
    rules.check_search(search)
    standing = rules.changes_something(order.action)
    return store.count(session, search, society_id=society_id, standing=standing)


def change_found(
    database: Database,
    signer: Signer,
    search: Search,
    order: Order,
    *,
    society_id: str,
    expected: int,
    at: datetime,
    who: str,
    most: int | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> tuple[Outcome, ...]:
    """Change the standing of all records that a search names, if they are as many as expected.

    Raises ``CountChanged`` when they are not, and then nothing is changed.
    """
    rules.check_order(order)
    rules.check_search(search)
    with database.read() as session:
        found = store.find(
            session, search, society_id=society_id, standing=rules.changes_something(order.action)
        )
    if len(found) != expected:
        raise CountChanged(
            f"The search finds {len(found)} records that this would change, and {expected} were "
            f"expected. Look at them again, then say that you expect {len(found)}."
        )
    if most is not None and expected > most:
        raise TooMany(f"One call changes {most} records at most; narrow the search.")
    orders = [(record_id, order) for record_id in found]
    return change_many(
        database, signer, orders, society_id=society_id, at=at, who=who, progress=progress
    )


def _publish_each(
    database: Database, signer: Signer, lists: Iterable[ListKey], *, at: datetime
) -> None:
    """4. One signature a form for each list; one that cannot be signed holds up no other."""
    errors: list[DomainError] = []
    for owner, number in sorted(lists):
        try:
            with database.write() as session:
                status.publish(session, signer, society_id=owner, number=number, at=at)
        except DomainError as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _sorted_out(
    orders: Sequence[tuple[str, Order]],
) -> tuple[dict[int, Outcome], list[tuple[int, str, Order]]]:
    """Those that are refused as they stand, and those that must be looked up, by their place."""
    refused: dict[int, Outcome] = {}
    todo: list[tuple[int, str, Order]] = []
    seen: set[str] = set()
    for place, (record_id, order) in enumerate(orders):
        error = _wrong(record_id, order, seen)
        if error is None:
            todo.append((place, record_id, order))
        else:
            refused[place] = refusal(record_id, error, None)
        seen.add(record_id)
    return refused, todo


def _wrong(record_id: str, order: Order, seen: set[str]) -> DomainError | None:
    """What is wrong with one order of many, before anything is looked up."""
    if record_id in seen:
        return rules.Refused(f"{record_id} is named twice; its first order counts.")
    try:
        rules.check_order(order)
    except rules.OrderInvalid as error:
        return error
    return None if possible([record_id]) else unknown()
