"""The register and the ledger as the office reads them: to their ends, a piece at a time.

Each piece is a transaction of its own, so a slow reader of an export holds nothing open.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from sqlalchemy.orm import Session

from app.platform.db import Database
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Submission
from app.recognition.ledger.service import Filter
from app.recognition.policies.model import Span
from app.recognition.register import service as register
from app.recognition.register.model import Registrant

ALWAYS = Span()
_AT_ONCE = 500


def hold(session: Session, registry_id: str) -> None:
    """Nobody else changes the register until the transaction ends. Raises ``NotARegistry``."""
    register.hold(session, registry_id)


def registered(session: Session, registry_id: str, *, on: date) -> Iterator[Registrant]:
    """Whose registration lasts on that day."""
    cursor = None
    while True:
        found = register.page(session, registry_id, cursor=cursor, limit=_AT_ONCE)
        for one in found.items:
            if Span(one.registered_on, one.ended_on).holds(on):
                yield one
        cursor = found.next_cursor
        if cursor is None:
            return


def submissions(
    database: Database,
    registry_id: str,
    *,
    completed: Span = ALWAYS,
    registrant_id: str | None = None,
) -> Iterator[Sequence[Submission]]:
    """What was given to a registry, completed in those days, in pieces."""
    wanted = Filter(
        registrant_id=registrant_id,
        completed_from=completed.first,
        completed_until=completed.last,
    )
    cursor = None
    while True:
        with database.read() as session:
            found = ledger.page(session, registry_id, wanted=wanted, cursor=cursor, limit=_AT_ONCE)
        yield found.items
        cursor = found.next_cursor
        if cursor is None:
            return


def with_registrants(
    database: Database, registry_id: str, pieces: Iterable[Sequence[Submission]]
) -> Iterator[tuple[Submission, Registrant]]:
    """Each submission with whose it is."""
    known: dict[str, Registrant] = {}
    for piece in pieces:
        new = {one.registrant_id for one in piece} - known.keys()
        with database.read() as session:
            known |= {one: register.get(session, registry_id, one) for one in new}
        for one in piece:
            yield one, known[one.registrant_id]
