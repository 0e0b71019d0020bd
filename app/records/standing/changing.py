"""How a change of standing is made: locked, decided, stored, and said by the lists.

1. The records are locked, in the order of their ids.
2. Each change is decided by ``rules``, stored with a line of history and an audit entry, and
   announced.
3. The lists' bits are changed, lists in the order of their numbers.
4. Each list that was touched is signed anew, once, however many of its records changed.

``change_now`` does all of it in the caller's transaction; ``batch`` does 1 to 3 in transactions of
a bounded size, and 4 last.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.platform import outbox
from app.platform.problems import DomainError, NotFound
from app.records import (
    RECORD_REINSTATED,
    RECORD_REVOKED,
    RECORD_SUPERSEDED,
    RECORD_SUSPENDED,
    status,
)
from app.records.standing import rules, store
from app.records.standing.model import Action, Held, Order, Outcome, Result, Standing
from app.records.status import Purpose
from app.trust.signer import Signer

_BITS: Mapping[Action, Mapping[Purpose, bool]] = {
    Action.REVOKE: {Purpose.REVOCATION: True},
    Action.SUSPEND: {Purpose.SUSPENSION: True},
    Action.REINSTATE: {Purpose.SUSPENSION: False},
    Action.SUPERSEDE: {Purpose.REVOCATION: True, Purpose.REFRESH: True},
}
_TOPICS: Mapping[Action, str] = {
    Action.REVOKE: RECORD_REVOKED,
    Action.SUSPEND: RECORD_SUSPENDED,
    Action.REINSTATE: RECORD_REINSTATED,
    Action.SUPERSEDE: RECORD_SUPERSEDED,
}
ListKey = tuple[str, int]
"""Society and number of a status list."""


@dataclass(slots=True)
class Decided:
    """What is to become of some records, all of them locked."""

    changes: list[tuple[Held, Order, Standing]] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    errors: dict[str, DomainError] = field(default_factory=dict)
    lists: set[ListKey] = field(default_factory=set)
    """Those of records that did not change, too: an earlier call may have left them unsigned."""


def change_now(
    session: Session,
    signer: Signer,
    orders: Mapping[str, Order],
    *,
    society_id: str | None,
    at: datetime,
    who: str,
) -> None:
    """All or nothing, signed lists included, in the caller's transaction."""
    decided = decide(session, orders, society_id=society_id)
    for error in decided.errors.values():
        raise error
    store_changes(session, decided, at=at, who=who)
    for owner, number in sorted(decided.lists):
        status.publish(session, signer, society_id=owner, number=number, at=at)


def decide(session: Session, orders: Mapping[str, Order], *, society_id: str | None) -> Decided:
    """1. Locked in the order of their ids; 2. each decided by the rules."""
    decided = Decided()
    held = store.lock(session, possible(orders))
    for record_id, order in orders.items():
        one = held.get(record_id)
        if one is None or society_id not in {None, one.society_id}:
            decided.errors[record_id] = error = unknown()
            decided.outcomes[record_id] = refusal(record_id, error, None)
            continue
        decided.lists.add((one.society_id, one.list_no))
        try:
            after = rules.decide(one, order)
        except rules.Refused as error:
            decided.errors[record_id] = error
            decided.outcomes[record_id] = refusal(record_id, error, one.standing)
            continue
        result = Result.UNCHANGED if after is None else Result.CHANGED
        decided.outcomes[record_id] = Outcome(record_id, result, after or one.standing)
        if after is not None:
            decided.changes.append((one, order, after))
    return decided


def store_changes(session: Session, decided: Decided, *, at: datetime, who: str) -> None:
    """2. With history and audit; 3. then the bits, lists in the order of their numbers."""
    store.apply(session, decided.changes, at=at, who=who)
    bits: dict[ListKey, dict[Purpose, dict[int, bool]]] = defaultdict(lambda: defaultdict(dict))
    audit.record_many(session, [_entry(*change, at=at, who=who) for change in decided.changes])
    for held, order, _ in decided.changes:
        outbox.announce(session, _TOPICS[order.action], [held.id], at=at)
    for held, order, _ in decided.changes:
        for purpose, value in _BITS[order.action].items():
            bits[held.society_id, held.list_no][purpose][held.list_index] = value
    status.lock(session, decided.lists)
    for owner, number in sorted(bits):
        status.set_bits(
            session, society_id=owner, number=number, changes=bits[owner, number], at=at
        )


def _entry(held: Held, order: Order, after: Standing, *, at: datetime, who: str) -> audit.Entry:
    told = {"status": after.value, "reason": order.reason.value}
    return audit.Entry(
        at=at,
        who=who,
        action=f"record.{order.action}",
        subject=f"record:{held.id}",
        before={"status": held.standing.value},
        after=told if order.successor is None else told | {"successor": order.successor},
        organisation_id=held.society_id,
    )


def refusal(record_id: str, error: DomainError, standing: Standing | None) -> Outcome:
    detail = error.fields[0].detail if error.fields else error.detail
    return Outcome(record_id, Result.REFUSED, standing, rules.code_of(error), detail)


def unknown() -> NotFound:
    return NotFound("There is no such record.")


def possible(given: Iterable[str]) -> list[str]:
    """Those that can be the id of a record at all."""
    found = []
    for one in given:
        try:
            if str(uuid.UUID(one)) == one:
                found.append(one)
        except ValueError:
            continue
    return found
