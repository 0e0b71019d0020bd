"""The letter about a run, and how it leaves: again and again, with growing pauses, then given up.

A letter is taken for the time that an attempt may last; if its process dies meanwhile, another
takes it then. Names and messages in it come from feeds and people: each stands in its own line.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from app.harvest.model import Run, RunState, Source
from app.harvest.runs import store as runs
from app.harvest.telling import store
from app.harvest.telling.model import CodeCount, LetterState, Summary
from app.harvest.telling.store import Letter
from app.identity.people import store as people
from app.platform.db import Database
from app.platform.mail import Mailer, MailFailed, Message

logger = structlog.get_logger(__name__)

AT_ONCE = 20
IN_HAND = timedelta(minutes=5)
"""Longer than handing one letter to a mail server can take."""
FIRST_PAUSE = timedelta(minutes=5)
MOST_ATTEMPTS = 9
"""With doubled pauses, about a day."""
_SHOWN = 10

_SAID = {
    RunState.DONE: "is done",
    RunState.DONE_WITH_ERRORS: "is done, with errors",
    RunState.FAILED: "has failed",
    RunState.HELD: "is held and waits for your answer",
}


@dataclass(frozen=True, slots=True)
class Post:
    """What mailing needs of its node."""

    mailer: Mailer
    public_url: str
    node_name: str


def send_due(database: Database, post: Post, *, at: datetime) -> int:
    """Send what waits; says how many letters were tried."""
    tried = 0
    while tried < AT_ONCE:
        with database.read() as session:  # mostly nothing waits
            if not store.is_letter_due(session, at=at):
                break
        with database.write() as session:
            letter = store.take_letter(session, at=at, pause=IN_HAND)
            message = _message(session, letter, post) if letter else None
            if letter is not None and message is None:
                told = "The run or its reader is not there any more."
                store.set_letter(session, letter.id, LetterState.FAILED, reason=told)
        if letter is None:
            break
        tried += 1
        if message is not None:
            _send(database, post.mailer, letter, message, at=at)
    return tried


def _send(
    database: Database, mailer: Mailer, letter: Letter, message: Message, *, at: datetime
) -> None:
    try:
        mailer.send(message)
    except MailFailed as error:
        logger.warning("a run report could not be sent", run=letter.run_id, reason=error.detail)
        gone = letter.attempts >= MOST_ATTEMPTS
        with database.write() as session:
            store.set_letter(
                session,
                letter.id,
                LetterState.FAILED if gone else LetterState.WAITING,
                due_at=at + FIRST_PAUSE * 2 ** (letter.attempts - 1),
                reason=error.detail,
            )
        return
    with database.write() as session:
        store.set_letter(session, letter.id, LetterState.SENT, at=at)


def _message(session: Session, letter: Letter, post: Post) -> Message | None:
    """The letter; ``None`` when there is nobody to read it, or nothing to tell."""
    found = runs.runs_by_id(session, [letter.run_id]).get(letter.run_id)
    summary = store.summary(session, letter.run_id)
    source = runs.source(session, found[0].source_id) if found else None
    address = next(
        (one.email for one in people.emails(session, letter.person_id) if one.primary), None
    )
    if found is None or summary is None or source is None or address is None:
        return None
    member = people.find_member(session, source.society_id, letter.person_id)
    return _written(address, source, found[0], summary, post) if member else None


def _written(address: str, source: Source, run: Run, summary: Summary, post: Post) -> Message:
    page = f"{post.public_url}/organisations/{source.society_id}/sources/{source.id}"
    name, said = _line(source.name), _SAID.get(summary.state, summary.state.value)
    counted = ", ".join(f"{value} {key}" for key, value in summary.counters.items() if value)
    lines = [
        f"A run of your feed {said}:",
        "",
        f"    {name}",
        "",
        f"Counted: {counted or 'nothing was listed'}",
    ]
    if run.message and summary.state is not RunState.DONE:
        lines += ["", f"> {_line(run.message)}"]
    if summary.state is RunState.HELD:
        lines += ["", "Nothing was withdrawn. See what would go, and release or refuse it:"]
        lines += ["", f"{page}/runs/{run.id}"]
    if summary.codes:
        lines += ["", "What is to be mended:", ""]
        lines += [text for one in summary.codes[:_SHOWN] for text in _code(one)]
        if len(summary.codes) > _SHOWN:
            lines.append(f"  and {len(summary.codes) - _SHOWN} more")
    lines += [
        "",
        "All of it, item by item:",
        "",
        page,
        "",
        f"You get this mail from {_line(post.node_name)} because you look after the feed. On that",
        "page you can say when you want such mails, and who gets them.",
    ]
    return Message(address, _line(f"{name} {said}")[:200], "\n".join(lines) + "\n")


def _code(one: CodeCount) -> list[str]:
    times = "once" if one.count == 1 else f"{one.count} times"
    told = [f"  {one.severity} {one.code}: {times}"]
    return [*told, f"      {_line(one.hint)}"] if one.hint else told


def _line(text: str) -> str:
    return " ".join(text.split())[:1000]
