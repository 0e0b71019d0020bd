"""Use cases: an engineer says in which registries he or she is registered, and under what number.

It is the engineer's own statement; a registry that wants to rely on it compares it with its
register and answers. The answer is to that number: whoever changes the number has none again. One
person may be in several registries, and in one of them under several numbers.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from app.identity import audit, store
from app.identity.model import Kind, Organisation
from app.identity.people.model import Answer, NewRegistration, Registration, Stated
from app.identity.people.store import lock_person
from app.identity.people.tables import PersonRow, RegistrationRow
from app.platform.ids import new_id
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound

LONGEST_NUMBER = 100
MOST = 50
_FIRST_YEAR = 1900
_REGISTRATION = (
    RegistrationRow.id,
    RegistrationRow.registry_id,
    RegistrationRow.number,
    RegistrationRow.since,
    RegistrationRow.until,
    RegistrationRow.answer,
    RegistrationRow.answered_at,
    RegistrationRow.answer_note,
)


class TooManyRegistrations(Conflict):
    """A person has as many as anybody needs."""

    code = "too-many-registrations"


def of_person(session: Session, person_id: str) -> Sequence[Registration]:
    """A person's registrations, by registry and number."""
    rows = session.execute(
        select(*_REGISTRATION)
        .where(RegistrationRow.person_id == person_id)
        .order_by(RegistrationRow.registry_id, RegistrationRow.number)
    )
    return list(map(_registration, rows))


def registries(session: Session) -> Sequence[Organisation]:
    """Where one can be registered: the registries of this node, by name."""
    found = store.organisations(session, kind=Kind.REGISTRY)
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def add(session: Session, person_id: str, new: NewRegistration, *, at: datetime) -> Registration:
    """Write a registration down. Raises ``Invalid`` naming each bad field."""
    if not lock_person(session, person_id):
        raise NotFound("There is no such account.")
    held = select(func.count()).where(RegistrationRow.person_id == person_id)
    if (session.scalar(held) or 0) >= MOST:
        raise TooManyRegistrations(f"There are {MOST} registrations; remove one first.")
    made = _checked(session, person_id, new, at=at, registration_id=new_id())
    session.execute(insert(RegistrationRow).values(person_id=person_id, **_columns(made)))
    _note(session, person_id, "registration.add", made, at=at)
    return made


def change(
    session: Session, person_id: str, registration_id: str, new: NewRegistration, *, at: datetime
) -> Registration:
    """Correct a registration of one's own. Raises ``NotFound`` and ``Invalid``."""
    lock_person(session, person_id)
    before = get(session, person_id, registration_id)
    made = _checked(session, person_id, new, at=at, registration_id=registration_id)
    if (made.registry_id, made.number) == (before.registry_id, before.number):
        made = replace(
            made,
            answer=before.answer,
            answered_at=before.answered_at,
            answer_note=before.answer_note,
        )
    session.execute(
        update(RegistrationRow)
        .where(RegistrationRow.id == registration_id, RegistrationRow.person_id == person_id)
        .values(**_columns(made))
    )
    _note(session, person_id, "registration.change", made, at=at)
    return made


def remove(session: Session, person_id: str, registration_id: str, *, at: datetime) -> None:
    """Take a registration of one's own away. Raises ``NotFound``."""
    found = get(session, person_id, registration_id)
    session.execute(
        delete(RegistrationRow).where(
            RegistrationRow.id == registration_id, RegistrationRow.person_id == person_id
        )
    )
    _note(session, person_id, "registration.remove", found, at=at)


def get(session: Session, person_id: str, registration_id: str) -> Registration:
    """A registration of one's own. Raises ``NotFound``."""
    row = session.execute(
        select(*_REGISTRATION).where(
            RegistrationRow.id == registration_id, RegistrationRow.person_id == person_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound("You have no such registration.")
    return _registration(row)


def unanswered(
    session: Session, registry_id: str, *, cursor: str | None, limit: int
) -> Slice[Stated]:
    """What people state of themselves that this registry has not answered, the oldest first."""
    after = "" if cursor is None else decode_cursor(cursor)
    query = _STATED.where(
        RegistrationRow.registry_id == registry_id,
        RegistrationRow.answer.is_(None),
        RegistrationRow.id > after,
    )
    rows = session.execute(query.order_by(RegistrationRow.id).limit(limit + 1)).all()
    found = list(map(_stated, rows[:limit]))
    more = len(rows) > limit
    return Slice(found, encode_cursor(found[-1].registration.id) if more else None)


def stated(session: Session, registry_id: str, registration_id: str) -> Stated:
    """One statement to be in this registry. Raises ``NotFound``."""
    query = _STATED.where(
        RegistrationRow.registry_id == registry_id, RegistrationRow.id == registration_id
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such registration.")
    return _stated(row)


def answer(
    session: Session, to: Stated, given: Answer, *, note: str | None = None, at: datetime
) -> None:
    """Give the registry's answer to what is stated, unless it was changed meanwhile.

    The caller notes it in the trail: it is the registry's act. Raises ``Conflict``.
    """
    one = to.registration
    changed = session.scalar(
        update(RegistrationRow)
        .where(
            RegistrationRow.id == one.id,
            RegistrationRow.registry_id == one.registry_id,
            RegistrationRow.number == one.number,
            RegistrationRow.person_id == to.person_id,
        )
        .values(answer=str(given), answered_at=at, answer_note=note)
        .returning(RegistrationRow.id)
    )
    if changed is None:
        raise Conflict("The person changed the registration meanwhile; read it again.")


def reopen(session: Session, person_id: str, registry_id: str, numbers: Sequence[str]) -> None:
    """Take back that these numbers were confirmed: the person waits for an answer again."""
    session.execute(
        update(RegistrationRow)
        .where(
            RegistrationRow.person_id == person_id,
            RegistrationRow.registry_id == registry_id,
            RegistrationRow.number.in_(numbers),
            RegistrationRow.answer == Answer.CONFIRMED,
        )
        .values(answer=None, answered_at=None, answer_note=None)
    )


_STATED = select(*_REGISTRATION, RegistrationRow.person_id, PersonRow.name).join(
    PersonRow, PersonRow.id == RegistrationRow.person_id
)


def _stated(row: Row[*tuple[Any, ...]]) -> Stated:
    *columns, person_id, name = row
    return Stated(_registration(columns), person_id, name)


def _registration(row: Sequence[Any]) -> Registration:
    registration_id, registry_id, number, since, until, given, answered_at, note = row
    answered = Answer(given) if given else None
    return Registration(
        registration_id, registry_id, number, since, until, answered, answered_at, note
    )


def _checked(
    session: Session, person_id: str, new: NewRegistration, *, at: datetime, registration_id: str
) -> Registration:
    problems: list[FieldProblem] = []
    registry = store.find_organisation(session, new.registry_id)
    if registry is None or registry.kind is not Kind.REGISTRY:
        problems.append(FieldProblem("/registry", "registry-unknown", "Choose a registry."))
    number = " ".join(new.number.split())
    if not number or len(number) > LONGEST_NUMBER or not number.isprintable():
        detail = f"Give the number in up to {LONGEST_NUMBER} characters."
        problems.append(FieldProblem("/number", "number-form", detail))
    elif _taken(session, person_id, new.registry_id, number, but=registration_id):
        detail = "You have this number in this registry already."
        problems.append(FieldProblem("/number", "number-taken", detail))
    since, until = (_day(new.since, "since", problems), _day(new.until, "until", problems))
    if since and since > at.date():
        detail = "Give the day on which it began, not one to come."
        problems.append(FieldProblem("/since", "time-order", detail))
    if since and until and until < since:
        problems.append(FieldProblem("/until", "time-order", "Let it end after it began."))
    if problems:
        raise Invalid("The registration cannot be kept like this.", fields=problems)
    return Registration(registration_id, new.registry_id, number, since, until)


def _day(text: str, field: str, problems: list[FieldProblem]) -> date | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = date.min
    if day.year < _FIRST_YEAR:
        problems.append(FieldProblem(f"/{field}", "date-form", "Write the day as 2020-05-31."))
        return None
    return day


def _taken(session: Session, person_id: str, registry_id: str, number: str, *, but: str) -> bool:
    query = select(
        exists().where(
            RegistrationRow.person_id == person_id,
            RegistrationRow.registry_id == registry_id,
            RegistrationRow.number == number,
            RegistrationRow.id != but,
        )
    )
    return bool(session.scalar(query))


def _columns(one: Registration) -> dict[str, object]:
    return {
        "id": one.id,
        "registry_id": one.registry_id,
        "number": one.number,
        "since": one.since,
        "until": one.until,
        "answer": one.answer,
        "answered_at": one.answered_at,
        "answer_note": one.answer_note,
    }


def _note(
    session: Session, person_id: str, action: str, one: Registration, *, at: datetime
) -> None:
    """Without the number, which is the engineer's and may be wanted back."""
    audit.record(
        session,
        who=f"person:{person_id}",
        action=action,
        subject=f"person:{person_id}",
        at=at,
        after={"registration": one.id, "registry": one.registry_id},
    )
