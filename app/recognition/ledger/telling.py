"""Who is told of decisions: programs by an event, engineers by one mail a run."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.identity import service as identity
from app.identity.people import store as people
from app.platform.db import Database
from app.platform.mail import Mailer, MailFailed, Message
from app.platform.problems import NotFound
from app.recognition.ledger import reading, running
from app.recognition.ledger.model import DecisionMade, Run
from app.recognition.ledger.tables import MailChoiceRow
from app.recognition.register import service as register

logger = structlog.get_logger(__name__)

AT_ONCE = 100


def wants_mail(session: Session, person_id: str) -> bool:
    """Whether a person is told by mail when a decision changes; so it is until he says no."""
    said = session.scalar(select(MailChoiceRow.wanted).where(MailChoiceRow.person_id == person_id))
    return said is not False


def choose_mail(session: Session, person_id: str, *, wanted: bool) -> None:
    """Say whether to be told by mail. A choice about oneself, which the trail does not note."""
    made = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        made(MailChoiceRow)
        .values(person_id=person_id, wanted=wanted)
        .on_conflict_do_update(index_elements=["person_id"], set_={"wanted": wanted})
    )


def get_briefs(session: Session, ids: Collection[str]) -> Mapping[str, DecisionMade]:
    """Decisions by id; missing ones are absent."""
    return reading.decisions(session, ids)


@dataclass(frozen=True, slots=True)
class Post:
    """What mailing engineers needs."""

    mailer: Mailer
    public_url: str
    node_name: str


def tell_next(database: Database, run: Run, post: Post, *, at: datetime) -> bool:
    """Mail the next engineers for whom a run changed something; false when all are told.

    Whoever was mailed just before a crash may get the mail once more; nobody gets none.
    """
    with database.read() as session:
        _, told = running.cursors(session, run.id)
        coming = running.concerned(session, run.id, after=told, limit=AT_ONCE)
        letters = [(one, _letter(session, run, one, post)) for one in coming]
    for registrant_id, letter in letters:
        if letter is not None:
            _send(post.mailer, letter, run)
        with database.write() as session:
            running.change(session, run.id, told=registrant_id, heard_at=at)
    return bool(coming)


def _send(mailer: Mailer, letter: Message, run: Run) -> None:
    """A mail server that takes no letter holds up nobody else's; the decision shows anyway."""
    try:
        mailer.send(letter)
    except MailFailed as error:
        logger.warning("an engineer could not be told", run=run.id, reason=error.detail)


def _letter(session: Session, run: Run, registrant_id: str, post: Post) -> Message | None:
    """The mail to a registrant who has an account here and wants it."""
    try:
        registrant = register.get(session, run.registry_id, registrant_id)
    except NotFound:
        return None
    person_id = registrant.person_id
    if person_id is None or not wants_mail(session, person_id):
        return None
    addresses = [one.email for one in people.emails(session, person_id) if one.primary]
    if not addresses:
        return None
    registry = identity.get_organisation(session, run.registry_id).name
    lines = [
        f"{_line(registry)} has decided anew what some of your records count for.",
        "",
        f"Why: {_line(run.why)}",
        "",
        "What was decided, and why, with the way to appeal:",
        "",
        f"{post.public_url}/account/cpd",
        "",
        f"You get this mail from {_line(post.node_name)} because your account is linked to your",
        "registration. You can say there that you do not want such mails.",
    ]
    subject = _line(f"Decisions of {registry} on your records have changed")
    return Message(addresses[0], subject, "\n".join(lines) + "\n")


def _line(text: str) -> str:
    return " ".join(text.split())
