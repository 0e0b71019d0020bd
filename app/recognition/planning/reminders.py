"""Reminders by mail that a cycle ends, to who wants them: 90, 30 and 7 days before.

One mail tells of every registry in which something is missing. That it was written is noted first,
so that nobody gets it twice; a mail that cannot be sent is taken back and tried the next day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.identity import service as identity
from app.identity.people import service as people
from app.identity.people import store
from app.platform.db import Database
from app.platform.mail import Mailer, MailFailed, Message
from app.platform.problems import NotFound
from app.recognition.adoption.service import PolicyDoubtful
from app.recognition.deciding.words import find_language, say_shortfall
from app.recognition.ledger.service import NoPolicy
from app.recognition.planning.outlook import Outlook, outlook
from app.recognition.planning.tables import RemindedRow, ReminderRow
from app.recognition.register import service as register

logger = structlog.get_logger(__name__)

BEFORE = (7, 30, 90)
"""How many days before the end, the last one first."""
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Due:
    """A cycle of which somebody is to be told."""

    look: Outlook
    registry: str
    last: date
    days: int
    """Which of the reminders it is."""


@dataclass(frozen=True, slots=True)
class Post:
    """How mail leaves this node."""

    mailer: Mailer
    public_url: str
    node_name: str


def remind_all(database: Database, post: Post, *, at: datetime) -> int:
    """Write to everybody who is to be told something today; says to how many."""
    sent = 0
    for person_id in _wanting(database):
        with database.write() as session:
            due = due_of(session, person_id, at=at)
            message = _letter(session, person_id, due, post) if due else None
            if message is not None:
                _note(session, person_id, due, at=at)
        if message is not None:
            sent += _send(database, post, person_id, message, due)
    return sent


def due_of(session: Session, person_id: str, *, at: datetime) -> Sequence[Due]:
    """The cycles of which a person is to be told now, and was not told yet."""
    found = []
    for registrant in register.of_person(session, person_id):
        try:
            look = outlook(session, registrant, at=at)
        except (NoPolicy, PolicyDoubtful):
            continue
        due = _due(session, person_id, look)
        if due is not None:
            found.append(due)
    return found


def _due(session: Session, person_id: str, look: Outlook) -> Due | None:
    view, last = look.view, look.view.span.last
    missing = view.compliance is not None and not view.compliance.compliant
    if look.rolls or last is None or view.days_left is None or not missing:
        return None
    days = next((each for each in BEFORE if view.days_left <= each), None)
    if days is None:
        return None
    told = session.scalar(
        select(RemindedRow.days).where(
            RemindedRow.person_id == person_id,
            RemindedRow.registry_id == look.registrant.registry_id,
            RemindedRow.cycle_ends == last,
            RemindedRow.days <= days,
        )
    )
    if told is not None:
        return None
    try:
        name = identity.get_organisation(session, look.registrant.registry_id).name
    except NotFound:
        name = look.registrant.registry_id
    return Due(look, name, last, days)


def _wanting(database: Database) -> Iterator[str]:
    """Everybody who wants to be reminded, some at a time."""
    after = ""
    while True:
        with database.read() as session:
            query = select(ReminderRow.person_id).where(ReminderRow.person_id > after)
            some = session.scalars(query.order_by(ReminderRow.person_id).limit(_AT_ONCE)).all()
        if not some:
            return
        yield from some
        after = some[-1]


def _note(session: Session, person_id: str, due: Sequence[Due], *, at: datetime) -> None:
    # A person may have two numbers in one registry, whose cycles may end on the same day.
    keys = {(one.look.registrant.registry_id, one.last, one.days) for one in due}
    for registry_id, last, days in sorted(keys):
        session.execute(
            insert(RemindedRow).values(
                person_id=person_id,
                registry_id=registry_id,
                cycle_ends=last,
                days=days,
                written_at=at,
            )
        )


def _send(
    database: Database, post: Post, person_id: str, message: Message, due: Sequence[Due]
) -> int:
    try:
        post.mailer.send(message)
    except MailFailed as error:
        logger.warning("reminder not sent", reason=str(error.__cause__))
        with database.write() as session:
            for one in due:
                session.execute(
                    delete(RemindedRow).where(
                        RemindedRow.person_id == person_id,
                        RemindedRow.registry_id == one.look.registrant.registry_id,
                        RemindedRow.cycle_ends == one.last,
                        RemindedRow.days == one.days,
                    )
                )
        return 0
    return 1


def _letter(session: Session, person_id: str, due: Sequence[Due], post: Post) -> Message | None:
    """The mail; ``None`` for who has no address."""
    address = next(iter(store.emails(session, person_id)), None)
    if address is None:
        return None
    language = find_language(people.get_person(session, person_id).language)
    lines = ["Something is still missing in a CPD cycle that ends soon.", ""]
    for one in sorted(due, key=lambda each: (each.last, each.registry)):
        view, days = one.look.view, one.look.view.days_left
        lines.append(f"{_line(one.registry)}: {one.last.isoformat()} ({days} days)")
        shortfalls = view.compliance.shortfalls if view.compliance else ()
        unit = view.policy.unit
        lines += [f"  - {say_shortfall(each, language, unit=unit)}" for each in shortfalls]
        lines += [f"  {post.public_url}/account/cpd/cycles/{one.look.registrant.id}", ""]
    lines += [
        "You asked to be reminded. To end that:",
        f"{post.public_url}/account/cpd#told",
    ]
    subject = _line(f"CPD: {due[0].registry} and what is missing ({post.node_name})")
    return Message(address.email, subject, "\n".join(lines) + "\n")


def _line(text: str) -> str:
    return " ".join(text.split())
