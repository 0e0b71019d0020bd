"""Taking back what was joined by evidence that proves nothing after all.

Who lists two items means two courses (``catalogue.matching``). When the second item of one title or
address comes only after the first was joined with another source's course by just that, the two are
parted again: which item came first decides nothing. What other evidence bears out stays, and so
does what a person decided.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.model import Status
from app.catalogue.reviewing import joining, store
from app.catalogue.reviewing.model import Verdict
from app.catalogue.tables import MatchKeyRow, SourceRecordRow


def part(
    session: Session, course_id: str, *, void: Collection[str], source_id: str, at: datetime
) -> set[str]:
    """Part the records of a course that nothing but the void keys joined; gives the new courses."""
    rows = session.execute(
        select(SourceRecordRow.id, SourceRecordRow.source_id, MatchKeyRow.key)
        .outerjoin(MatchKeyRow, MatchKeyRow.source_record_id == SourceRecordRow.id)
        .where(SourceRecordRow.course_id == course_id, SourceRecordRow.status == Status.ACTIVE)
        .order_by(SourceRecordRow.created_at, SourceRecordRow.id)
    ).all()
    keys: dict[str, set[str]] = {}
    for record_id, _, key in rows:
        keys.setdefault(record_id, set()).add(key)
    mine = {record_id for record_id, of_source, _ in rows if of_source == source_id}
    if not mine or mine == keys.keys():
        return set()
    first = next(iter(keys))
    loose = mine if first not in mine else keys.keys() - mine
    rest = keys.keys() - loose
    out = [one for one in loose if not _borne_out(keys[one], [keys[o] for o in rest], void)]
    decided = {
        record_id
        for one in store.standing(session, out)
        if one.verdict is Verdict.SAME
        for record_id in (one.record_a, one.record_b, *one.moved)
    }
    return {
        joining.part(session, [one], back_to=None, at=at)
        for one in sorted(out)
        if one not in decided
    }


def _borne_out(own: set[str], others: Collection[set[str]], void: Collection[str]) -> bool:
    """Whether one of the others shares a key that still proves something."""
    return any((own & other) - set(void) - {None} for other in others)
