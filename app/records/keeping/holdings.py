"""What keeping holds of a person: which records, and in an export also the records themselves."""

import json
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.identity.people.holdings import Entry, Holding, Owner
from app.records import store as issued
from app.records.keeping.tables import KeptRecordRow

_AT_ONCE = 200


def _with_records(session: Session, _owner: Owner, entries: Sequence[Entry]) -> Sequence[Entry]:
    told: list[Entry] = []
    for begin in range(0, len(entries), _AT_ONCE):
        some = entries[begin : begin + _AT_ONCE]
        known = issued.find_records(session, [entry["record_id"] for entry in some])
        for entry in some:
            record = known.get(entry["record_id"])
            forms = {"json": json.loads(record.json), "jwt": record.jwt} if record else {}
            told.append(entry | forms)
    return told


HOLDINGS = (
    Holding("records", KeptRecordRow, ("record_id", "kept_at"), ("person_id",), tell=_with_records),
)
