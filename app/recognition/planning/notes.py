"""Use cases: notes on one's own development, for regimes that count no hours, and for oneself.

Plan, record, reflect, evaluate: what bodies without hours ask for. A note is its engineer's and
nobody else's; it leaves this node in an export of his or her data, and in an audit pack when the
engineer chose that it goes in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.people.store import lock_person
from app.platform.ids import new_id
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.recognition.planning.tables import NoteRow

MOST = 2000
LONGEST = 10_000


class Stage(StrEnum):
    """What a note is for, in the order in which development goes round."""

    PLAN = "plan"
    RECORD = "record"
    REFLECT = "reflect"
    EVALUATE = "evaluate"


@dataclass(frozen=True, slots=True)
class NewNote:
    """A note as somebody writes it; unchecked."""

    stage: str = ""
    text: str = ""
    registry: str = ""
    day: str = ""
    in_pack: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A note."""

    id: str
    registry_id: str | None
    """For which registry it is; for all when there is none."""
    stage: Stage
    day: date
    text: str
    in_pack: bool
    created_at: datetime
    changed_at: datetime


class TooManyNotes(Conflict):
    """There are as many as are kept."""

    code = "too-many-notes"


_COLUMNS = (
    NoteRow.id, NoteRow.registry_id, NoteRow.stage, NoteRow.day, NoteRow.text, NoteRow.in_pack,
    NoteRow.created_at, NoteRow.changed_at,
)  # fmt: skip


def add(
    session: Session, person_id: str, new: NewNote, *, registries: Sequence[str], at: datetime
) -> Note:
    """Keep a note. ``registries`` are those it may be for. Raises ``Invalid``, ``TooManyNotes``."""
    if not lock_person(session, person_id):
        raise NotFound("There is no such account.")
    count = session.scalar(select(func.count()).where(NoteRow.person_id == person_id))
    if (count or 0) >= MOST:
        raise TooManyNotes(f"You have {MOST} notes; remove one that you do not need.")
    made = _checked(new, new_id(), registries, at=at)
    session.execute(
        insert(NoteRow).values(id=made.id, person_id=person_id, created_at=at, **_values(made))
    )
    _noted(session, person_id, "cpd-note.add", made.id, at=at)
    return made


def change(
    session: Session,
    person_id: str,
    note_id: str,
    new: NewNote,
    *,
    registries: Sequence[str],
    at: datetime,
) -> None:
    """Write a note anew. Raises ``Invalid`` and ``NotFound``."""
    get(session, person_id, note_id)
    made = _checked(new, note_id, registries, at=at)
    session.execute(update(NoteRow).where(NoteRow.id == note_id).values(**_values(made)))
    _noted(session, person_id, "cpd-note.change", note_id, at=at)


def remove(session: Session, person_id: str, note_id: str, *, at: datetime) -> None:
    """Take a note away. Raises ``NotFound``."""
    get(session, person_id, note_id)
    session.execute(delete(NoteRow).where(NoteRow.id == note_id))
    _noted(session, person_id, "cpd-note.remove", note_id, at=at)


def get(session: Session, person_id: str, note_id: str) -> Note:
    """A note of one's own. Raises ``NotFound``."""
    row = session.execute(
        select(*_COLUMNS).where(NoteRow.id == note_id, NoteRow.person_id == person_id)
    ).one_or_none()
    if row is None:
        raise NotFound("You have no such note.")
    return _note(row)


def page(session: Session, person_id: str, *, cursor: str | None, limit: int) -> Slice[Note]:
    """A page of a person's notes, the newest first."""
    query = select(*_COLUMNS).where(NoteRow.person_id == person_id)
    if cursor is not None:
        query = query.where(NoteRow.id < decode_cursor(cursor))
    rows = session.execute(query.order_by(NoteRow.id.desc()).limit(limit + 1)).all()
    items = [_note(row) for row in rows[:limit]]
    return Slice(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


def chosen(
    session: Session, person_id: str, registry_id: str, *, first: date | None, last: date | None
) -> Sequence[Note]:
    """The notes that go into an audit pack for a registry and its cycle, the oldest first."""
    query = select(*_COLUMNS).where(
        NoteRow.person_id == person_id,
        NoteRow.in_pack.is_(True),
        (NoteRow.registry_id == registry_id) | NoteRow.registry_id.is_(None),
    )
    if first is not None:
        query = query.where(NoteRow.day >= first)
    if last is not None:
        query = query.where(NoteRow.day <= last)
    return [_note(row) for row in session.execute(query.order_by(NoteRow.day, NoteRow.id))]


def _checked(new: NewNote, note_id: str, registries: Sequence[str], *, at: datetime) -> Note:
    faults: list[FieldProblem] = []
    text = new.text.replace("\r\n", "\n").strip()
    if not text or len(text) > LONGEST or "\0" in text:
        detail = f"Write a text of up to {LONGEST} characters."
        faults.append(FieldProblem("/text", "text-form", detail))
    if new.stage not in set(Stage):
        faults.append(FieldProblem("/stage", "unknown", "Choose what the note is for."))
    if new.registry and new.registry not in registries:
        faults.append(FieldProblem("/registry", "registry-unknown", "Choose one of yours."))
    day = at.date()
    if new.day.strip():
        try:
            day = date.fromisoformat(new.day.strip())
        except ValueError:
            faults.append(FieldProblem("/day", "date-form", "Write the day as 2026-05-31."))
    if faults:
        raise Invalid("The note cannot be kept like this.", fields=faults)
    return Note(note_id, new.registry or None, Stage(new.stage), day, text, new.in_pack, at, at)


def _note(row: Sequence[Any]) -> Note:
    values: dict[str, Any] = dict(zip(Note.__slots__, row, strict=True))
    return Note(**values | {"stage": Stage(values["stage"])})


def _values(note: Note) -> dict[str, object]:
    return {
        "registry_id": note.registry_id,
        "stage": note.stage.value,
        "day": note.day,
        "text": note.text,
        "in_pack": note.in_pack,
        "changed_at": note.changed_at,
    }


def _noted(session: Session, person_id: str, action: str, note_id: str, *, at: datetime) -> None:
    """That there is a note, never what it says."""
    audit.record(
        session,
        who=f"person:{person_id}",
        action=action,
        subject=f"person:{person_id}",
        at=at,
        after={"note": note_id},
    )
