"""Use cases: enter an activity by hand, and hand it to a registry.

An entry is what its engineer says and nobody else: wherever it is shown it is called self-declared.
The registry decides whether it believes it; what is handed over, the files too, it keeps by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.people.store import lock_person
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, NotFound
from app.recognition.planning.entry import Entry, NewEntry, check
from app.recognition.planning.tables import EntryGivenRow, EntryRow, EvidenceRow

MOST = 2000


@dataclass(frozen=True, slots=True)
class Given:
    """That an entry was handed to a registry."""

    entry_id: str
    registry_id: str
    submission_id: str
    given_at: datetime


class TooManyEntries(Conflict):
    """There are as many entries as anybody needs."""

    code = "too-many-entries"


class EntryGiven(Conflict):
    """What a registry has decided on is not changed under its hands."""

    code = "entry-given"


_COLUMNS = (
    EntryRow.id, EntryRow.person_id, EntryRow.title, EntryRow.provider, EntryRow.completed,
    EntryRow.kind, EntryRow.mode, EntryRow.role, EntryRow.contact_minutes,
    EntryRow.workload_minutes, EntryRow.assessed, EntryRow.tags, EntryRow.competences,
    EntryRow.language, EntryRow.link, EntryRow.details, EntryRow.created_at, EntryRow.changed_at,
)  # fmt: skip


def add(session: Session, person_id: str, new: NewEntry, *, today: date, at: datetime) -> Entry:
    """Enter an activity. Raises ``Invalid`` and ``TooManyEntries``."""
    if not lock_person(session, person_id):
        raise NotFound("There is no such account.")
    count = session.scalar(select(func.count()).where(EntryRow.person_id == person_id))
    if (count or 0) >= MOST:
        raise TooManyEntries(f"You have {MOST} entries; remove one that you do not need.")
    made = check(new, today=today, at=at, person_id=person_id)
    session.execute(insert(EntryRow).values(**_values(made)))
    _note(session, made, "cpd-entry.add", at=at)
    return made


def change(
    session: Session, person_id: str, entry_id: str, new: NewEntry, *, today: date, at: datetime
) -> Entry:
    """Change an entry that no registry has. Raises ``Invalid``, ``NotFound`` and ``EntryGiven``."""
    before = _free(session, person_id, entry_id)
    checked = check(new, today=today, at=at, person_id=person_id)
    made = replace(checked, id=before.id, created_at=before.created_at)
    session.execute(update(EntryRow).where(EntryRow.id == entry_id).values(**_values(made)))
    _note(session, made, "cpd-entry.change", at=at)
    return made


def remove(session: Session, person_id: str, entry_id: str, *, at: datetime) -> None:
    """Take an entry away, with its files; a registry keeps what it was given. ``NotFound``."""
    lock_person(session, person_id)
    found = get(session, person_id, entry_id)
    for table in (EntryGivenRow, EvidenceRow):
        session.execute(delete(table).where(table.entry_id == entry_id))
    session.execute(delete(EntryRow).where(EntryRow.id == entry_id))
    _note(session, found, "cpd-entry.remove", at=at)


def get(session: Session, person_id: str, entry_id: str) -> Entry:
    """An entry of one's own. Raises ``NotFound``."""
    row = session.execute(
        select(*_COLUMNS).where(EntryRow.id == entry_id, EntryRow.person_id == person_id)
    ).one_or_none()
    if row is None:
        raise NotFound("You have no such entry.")
    return _entry(row)


def page(session: Session, person_id: str, *, cursor: str | None, limit: int) -> Slice[Entry]:
    """A page of a person's entries, the newest first."""
    query = select(*_COLUMNS).where(EntryRow.person_id == person_id)
    if cursor is not None:
        query = query.where(EntryRow.id < decode_cursor(cursor))
    rows = session.execute(query.order_by(EntryRow.id.desc()).limit(limit + 1)).all()
    items = [_entry(row) for row in rows[:limit]]
    return Slice(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


def given(session: Session, person_id: str) -> Sequence[Given]:
    """Which entries of a person's went to which registries."""
    rows = session.execute(
        select(
            EntryGivenRow.entry_id,
            EntryGivenRow.registry_id,
            EntryGivenRow.submission_id,
            EntryGivenRow.given_at,
        )
        .where(EntryGivenRow.person_id == person_id)
        .order_by(EntryGivenRow.given_at, EntryGivenRow.registry_id)
    )
    return [Given(*row) for row in rows]


def _free(session: Session, person_id: str, entry_id: str) -> Entry:
    lock_person(session, person_id)
    found = get(session, person_id, entry_id)
    if any(one.entry_id == entry_id for one in given(session, person_id)):
        raise EntryGiven(
            "A registry has this entry already; make a new one, or ask for a human look there."
        )
    return found


def _entry(row: Sequence[Any]) -> Entry:
    values: dict[str, Any] = dict(zip(Entry.__slots__, row, strict=True))
    values["tags"], values["competences"] = tuple(values["tags"]), tuple(values["competences"])
    return Entry(**values)


def _values(entry: Entry) -> dict[str, object]:
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    return values | {"tags": list(entry.tags), "competences": list(entry.competences)}


def _note(session: Session, entry: Entry, action: str, *, at: datetime) -> None:
    """Without what it says, which is the engineer's own."""
    audit.record(
        session,
        who=f"person:{entry.person_id}",
        action=action,
        subject=f"person:{entry.person_id}",
        at=at,
        after={"entry": entry.id},
    )
