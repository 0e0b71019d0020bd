"""Which change of standing may follow which, and for which reasons. Pure.

Revoked is final, whoever asks; a suspended record may hold again or be revoked; a superseded one is
a revoked one with a successor. What stands so already is left as it is, which is no error.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from app.platform.problems import Conflict, DomainError, FieldProblem, Invalid
from app.records.standing.model import Action, Held, Order, Reason, Search, Standing

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,63}")

_LONGEST = 200

UNCHANGED = None
"""The record stands so already."""

TRANSITIONS: Mapping[tuple[Standing, Action], Standing | None] = {
    (Standing.VALID, Action.REVOKE): Standing.REVOKED,
    (Standing.VALID, Action.SUSPEND): Standing.SUSPENDED,
    (Standing.VALID, Action.REINSTATE): UNCHANGED,
    (Standing.VALID, Action.SUPERSEDE): Standing.SUPERSEDED,
    (Standing.SUSPENDED, Action.REVOKE): Standing.REVOKED,
    (Standing.SUSPENDED, Action.SUSPEND): UNCHANGED,
    (Standing.SUSPENDED, Action.REINSTATE): Standing.VALID,
    (Standing.SUSPENDED, Action.SUPERSEDE): Standing.SUPERSEDED,
    (Standing.REVOKED, Action.REVOKE): UNCHANGED,
    (Standing.SUPERSEDED, Action.REVOKE): UNCHANGED,
    (Standing.SUPERSEDED, Action.SUPERSEDE): UNCHANGED,
}
"""What follows; a pair that is not here is refused."""

REASONS: Mapping[Action, frozenset[Reason]] = {
    Action.REVOKE: frozenset(
        {
            Reason.ERROR,
            Reason.FRAUD,
            Reason.HOLDER_REQUEST,
            Reason.DUPLICATE,
            Reason.REQUIREMENTS_UNMET,
            Reason.KEY_COMPROMISED,
        }
    ),
    Action.SUSPEND: frozenset({Reason.UNDER_REVIEW, Reason.HOLDER_REQUEST, Reason.KEY_COMPROMISED}),
    Action.REINSTATE: frozenset({Reason.CLEARED, Reason.ERROR, Reason.HOLDER_REQUEST}),
    Action.SUPERSEDE: frozenset({Reason.SUPERSEDED}),
}
"""Which reasons go with which action."""


class Refused(Conflict):
    """The record stands where this change cannot be made."""

    code = "standing-refused"


class OrderInvalid(Invalid):
    """The change cannot be made as it is asked for."""

    code = "standing-order-invalid"


def standing_of(
    *, revoked_at: datetime | None, suspended_at: datetime | None, superseded_by: str | None
) -> Standing:
    """Where a record stands. A suspension is not forgotten by a revocation, but says no more."""
    if superseded_by is not None:
        return Standing.SUPERSEDED
    if revoked_at is not None:
        return Standing.REVOKED
    return Standing.VALID if suspended_at is None else Standing.SUSPENDED


def decide(held: Held, order: Order) -> Standing | None:
    """Where the record stands after ``order``, or ``UNCHANGED``. Raises ``Refused``."""
    key = (held.standing, order.action)
    if key not in TRANSITIONS:
        raise Refused(_why(held, order))
    if order.action is Action.SUPERSEDE and held.successor not in {None, order.successor}:
        raise Refused(f"{held.id} was superseded by another record, {held.successor}.")
    return TRANSITIONS[key]


def check_order(order: Order) -> None:
    """Raises ``OrderInvalid`` naming each bad field."""
    problems = []
    if order.reason not in REASONS[order.action]:
        known = ", ".join(sorted(REASONS[order.action]))
        problems.append(
            FieldProblem("/reason", "reason-unfit", f"To {order.action}, give one of: {known}.")
        )
    if order.reference is not None and not _REFERENCE.fullmatch(order.reference):
        problems.append(
            FieldProblem(
                "/reference",
                "reference-form",
                "Give a case number of up to 64 letters, digits and ./_- and nothing about people.",
            )
        )
    if (order.action is Action.SUPERSEDE) != (order.successor is not None):
        problems.append(
            FieldProblem("/action", "action-unfit", "To correct a record, issue its successor.")
        )
    if problems:
        raise OrderInvalid("The standing cannot be changed as asked.", fields=problems)


def check_search(search: Search) -> None:
    """A search that names nothing would find everything. Raises ``OrderInvalid``."""
    if search == Search():
        problem = FieldProblem(
            "/search",
            "search-empty",
            "Name a course, a course run, a holder, a roster, or when they were issued.",
        )
        raise OrderInvalid("The search would find every record.", fields=[problem])
    unfit = [
        FieldProblem(f"/search/{name}", "search-text", "Give up to 200 printable characters.")
        for name, value in (
            ("course_id", search.course_id),
            ("course_run", search.course_run),
            ("holder", search.holder_id),
            ("roster", search.roster_id),
        )
        if value is not None and not (value.isprintable() and 0 < len(value) <= _LONGEST)
    ]
    if unfit:
        raise OrderInvalid("The search cannot be understood.", fields=unfit)
    if search.issued_from and search.issued_until and search.issued_from > search.issued_until:
        problem = FieldProblem(
            "/search/issued_until", "search-period", "Name a day that is not before issued_from."
        )
        raise OrderInvalid("The search can find nothing.", fields=[problem])


def changes_something(action: Action) -> frozenset[Standing]:
    """Where a record may stand for ``action`` to change it."""
    return frozenset(
        standing
        for (standing, asked), after in TRANSITIONS.items()
        if asked is action and after is not UNCHANGED
    )


def code_of(error: DomainError) -> str:
    """The most telling code of an error: its field's, when it is about one."""
    return error.fields[0].code if error.fields else error.code


def _why(held: Held, order: Order) -> str:
    if order.action is Action.REINSTATE:
        return f"{held.id} is {held.standing}, which is final; issue a new record instead."
    if order.action is Action.SUPERSEDE:
        return f"{held.id} is revoked; issue the corrected record by itself."
    return f"{held.id} is {held.standing}: it cannot be suspended any more."
