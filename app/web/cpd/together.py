"""One record, one column for each registry: what the same activity counted for where."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Submission
from app.web.cpd.showing import Card

MOST_ROWS = 200


@dataclass
class Row:
    """An activity, and its submission at each registry by the registrant's id."""

    title: str
    completed: date
    self_declared: bool
    at: dict[str, Submission] = field(default_factory=dict)


def side_by_side(session: Session, cards: Sequence[Card]) -> Sequence[Row]:
    """What was submitted to any of the registries, the newest first.

    A record is the same by its id and issuer; an entry by hand by its title and day, since each
    registry has it under an id of its own.
    """
    rows: dict[tuple[str, ...], Row] = {}
    for card in cards:
        registrant_id = card.look.registrant.id
        for one in ledger.of_registrant(session, registrant_id):
            key: tuple[str, ...] = (one.issuer_id or "", one.record_id)
            if one.self_declared:
                key = ("declared", one.title, one.completed.isoformat())
            row = rows.setdefault(key, Row(one.title, one.completed, one.self_declared))
            row.at[registrant_id] = one
    newest = sorted(rows.values(), key=lambda row: (row.completed, row.title), reverse=True)
    return newest[:MOST_ROWS]
