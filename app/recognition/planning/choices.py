"""Use cases: the courses that an engineer means to take, and the calendar that shows them.

The calendar's address is its key: whoever knows it sees the deadlines, so it is shown once, kept
as a hash alone, and ends when its owner says so.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.people.store import lock_person
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.recognition.planning.tables import CalendarRow, ChoiceRow, ReminderRow

MOST = 200
LONGEST_TITLE = 500
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Choice:
    """A course somebody means to take; ``day`` is when it begins, if that is known."""

    course_id: str
    title: str
    language: str | None
    day: date | None
    created_at: datetime


class TooManyChoices(Conflict):
    """There are as many as are kept."""

    code = "too-many-choices"


class NoCalendar(NotFound):
    """No calendar has this address, or it has ended: the answer is the same."""

    def __init__(self) -> None:
        super().__init__("There is no calendar here. It may have ended.")


def choose(session: Session, person_id: str, new: Choice, *, at: datetime) -> None:
    """Note a course; once more is with its new day. Raises ``Invalid`` and ``TooManyChoices``."""
    if not lock_person(session, person_id):
        raise NotFound("There is no such account.")
    if not new.title or len(new.title) > LONGEST_TITLE:
        problem = FieldProblem("/course", "unknown", "Choose a course of the list.")
        raise Invalid("There is no such course.", fields=[problem])
    values = {"title": new.title, "language": new.language, "day": new.day}
    changed = session.execute(
        update(ChoiceRow)
        .where(ChoiceRow.person_id == person_id, ChoiceRow.course_id == new.course_id)
        .values(**values)
        .returning(ChoiceRow.course_id)
    ).one_or_none()
    if changed is None:
        count = session.scalar(select(func.count()).where(ChoiceRow.person_id == person_id))
        if (count or 0) >= MOST:
            raise TooManyChoices(f"You have chosen {MOST} courses; take one back first.")
        session.execute(
            insert(ChoiceRow).values(
                person_id=person_id, course_id=new.course_id, created_at=at, **values
            )
        )
    _note(session, person_id, "cpd-choice.add", {"course": new.course_id}, at=at)


def take_back(session: Session, person_id: str, course_id: str, *, at: datetime) -> None:
    """Mean to take a course no more. Raises ``NotFound``."""
    gone = session.execute(
        delete(ChoiceRow)
        .where(ChoiceRow.person_id == person_id, ChoiceRow.course_id == course_id)
        .returning(ChoiceRow.course_id)
    ).one_or_none()
    if gone is None:
        raise NotFound("You have not chosen this course.")
    _note(session, person_id, "cpd-choice.remove", {"course": course_id}, at=at)


def chosen(session: Session, person_id: str) -> Sequence[Choice]:
    """The courses that a person means to take, the next one first."""
    rows = session.execute(
        select(
            ChoiceRow.course_id,
            ChoiceRow.title,
            ChoiceRow.language,
            ChoiceRow.day,
            ChoiceRow.created_at,
        ).where(ChoiceRow.person_id == person_id)
    )
    found = [Choice(*row) for row in rows]
    return sorted(found, key=lambda one: (one.day or date.max, one.title, one.course_id))


def new_calendar(session: Session, person_id: str, *, at: datetime) -> str:
    """The secret of a calendar's new address; the one before ends."""
    if not lock_person(session, person_id):
        raise NotFound("There is no such account.")
    secret = secrets.token_urlsafe(32)
    session.execute(delete(CalendarRow).where(CalendarRow.person_id == person_id))
    session.execute(
        insert(CalendarRow).values(person_id=person_id, secret_hash=_hash(secret), created_at=at)
    )
    _note(session, person_id, "cpd-calendar.begin", {}, at=at)
    return secret


def end_calendar(session: Session, person_id: str, *, at: datetime) -> None:
    """Let the calendar's address lead nowhere; without one nothing happens."""
    lock_person(session, person_id)
    session.execute(delete(CalendarRow).where(CalendarRow.person_id == person_id))
    _note(session, person_id, "cpd-calendar.end", {}, at=at)


def calendar_since(session: Session, person_id: str) -> datetime | None:
    """Since when there is a calendar."""
    return session.scalar(select(CalendarRow.created_at).where(CalendarRow.person_id == person_id))


def whose_calendar(session: Session, secret: str) -> str:
    """The person whose calendar this is. Raises ``NoCalendar``."""
    person_id = None
    if _SECRET.fullmatch(secret):
        person_id = session.scalar(
            select(CalendarRow.person_id).where(CalendarRow.secret_hash == _hash(secret))
        )
    if person_id is None:
        raise NoCalendar
    return person_id


def set_reminders(session: Session, person_id: str, *, wanted: bool, at: datetime) -> None:
    """Be reminded by mail from now on, or no more."""
    if not lock_person(session, person_id):
        raise NotFound("There is no such account.")
    if reminded_since(session, person_id) is not None:
        if wanted:
            return
        session.execute(delete(ReminderRow).where(ReminderRow.person_id == person_id))
    elif wanted:
        session.execute(insert(ReminderRow).values(person_id=person_id, since=at))
    _note(session, person_id, "cpd-reminders.set", {"wanted": wanted}, at=at)


def reminded_since(session: Session, person_id: str) -> datetime | None:
    """Since when a person wants to be reminded; ``None`` for not at all."""
    return session.scalar(select(ReminderRow.since).where(ReminderRow.person_id == person_id))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _note(
    session: Session, person_id: str, action: str, after: dict[str, object], *, at: datetime
) -> None:
    audit.record(
        session,
        who=f"person:{person_id}",
        action=action,
        subject=f"person:{person_id}",
        at=at,
        after=after,
    )
