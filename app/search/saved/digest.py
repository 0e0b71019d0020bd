"""The mail that tells a person what is new in all of his or her searches, and how it leaves.

Each mail takes these steps, every one a transaction of its own:

1. Take: whose mail has been due longest is taken for the time that an attempt may last.
2. Look: each search that is due is looked through. The search engine being down postpones all of
   it; nothing is passed over, since what was told is remembered as a time up to which it was.
3. Note: that the mail is about to leave, which searches it tells, and up to when.
4. Send: it is handed to the mail server.
5. Settle: what was told will not be told again.

So a course is told once. Whoever dies between 4 and 5 leaves a mail of which nobody knows whether
it left; it is sent once more, and a second one of that kind is taken to have left: at most one
repeat, however often that happens. A mail server that says no is tried again after growing pauses
for as long as the mail is wanted. (One that takes a mail and then fails to say so counts as one
that said no: there a repeat is the mail server's doing, and may come each time.)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from app.identity.people import store as people
from app.identity.people.model import Person
from app.platform.db import Database
from app.platform.mail import Mailer, MailFailed, Message
from app.search.index import SearchIndex, SearchUnavailable
from app.search.saved import rules, store
from app.search.saved.model import SavedSearch, Turn
from app.search.saved.news import News, look, settled

logger = structlog.get_logger(__name__)

AT_ONCE = 20
IN_HAND = timedelta(minutes=15)
"""Longer than looking through all searches of a person and handing over the mail can take."""
MOST_DOUBTS = 2
"""How many mails may leave of which nobody knows whether they did."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What one mail is to say."""

    person: Person
    address: str
    token: str
    """Ends these mails."""
    news: tuple[News, ...]


@dataclass(frozen=True, slots=True)
class Post:
    """How mail leaves this node; ``write`` puts a letter into words."""

    mailer: Mailer
    write: Callable[[Letter], Message]


@dataclass(frozen=True, slots=True)
class _Found:
    """Whose turn it is, and what is to be looked through."""

    person: Person
    address: str | None
    due: tuple[SavedSearch, ...]
    until: datetime


def send_due(database: Database, index: SearchIndex, post: Post, *, at: datetime) -> int:
    """Send the mails that are due; says how many people had their turn."""
    with database.read() as session:  # mostly nobody's is
        if not store.is_mail_due(session, at=at):
            return 0
    health = index.health()
    if not health.ok or health.needs_rebuild:
        raise SearchUnavailable(f"Mails of saved searches wait for the index: {health.detail}")
    done = 0
    while done < AT_ONCE:
        with database.write() as session:  # 1.
            turn = store.take_turn(session, at=at, pause=IN_HAND)
        if turn is None:
            break
        done += 1
        if turn.doubts >= MOST_DOUBTS and turn.telling_until is not None:
            _presume(database, turn, until=turn.telling_until, at=at)
        else:
            with database.read() as session:
                found = _found(session, turn.person_id, at=at)
            if found is not None:
                _tell(database, index, post, turn, found, at=at)
    return done


def _presume(database: Database, turn: Turn, *, until: datetime, at: datetime) -> None:
    """Take a mail to have left of which nobody knows it."""
    logger.warning("a mail of saved searches is taken to have left", doubts=turn.doubts)
    with database.write() as session:
        _advance(session, turn.person_id, turn.telling, until=until, at=at)


def _found(session: Session, person_id: str, *, at: datetime) -> _Found | None:
    """What is to be looked through; ``None`` for who is gone."""
    person = people.find_person(session, person_id)
    if person is None:
        return None
    address = next((one.email for one in people.emails(session, person.id) if one.primary), None)
    return _Found(person, address, _due(session, person.id, at=at), settled(session, at=at))


def _due(session: Session, person_id: str, *, at: datetime) -> tuple[SavedSearch, ...]:
    def is_due(one: SavedSearch) -> bool:
        day = rules.next_due(one.digest, one.told_at)
        return day is not None and day <= at

    return tuple(filter(is_due, store.of_person(session, person_id)))


def _tell(
    database: Database,
    index: SearchIndex,
    post: Post,
    turn: Turn,
    found: _Found,
    *,
    at: datetime,
) -> None:
    person_id, until = turn.person_id, found.until
    try:  # 2.
        news = _look(index, found)
    except SearchUnavailable as error:
        logger.warning("saved searches cannot be looked through", reason=error.detail)
        _again(database, turn, at=at)
        return
    read = [one.search.id for one in news if one.total or one.counted]
    told = tuple(one for one in news if one.total)
    unread = [one.id for one in found.due if one.id not in read]
    message = None
    with database.write() as session:  # 3.
        wanted = {one.id for one in _due(session, person_id, at=at)}
        told = tuple(one for one in told if one.search.id in wanted)
        if told and found.address is not None:
            letter = Letter(found.person, found.address, turn.token, told)
            message = post.write(letter)
            store.set_mail(
                session, person_id, doubts=turn.doubts + 1, telling=read, telling_until=until
            )
        else:
            _advance(session, person_id, read, until=until, at=at, looked=unread)
    if message is None:
        return
    try:
        post.mailer.send(message)  # 4.
    except MailFailed as error:
        logger.warning("a mail of saved searches could not be sent", reason=error.detail)
        _again(database, turn, at=at)
        return
    with database.write() as session:  # 5.
        _advance(session, person_id, read, until=until, at=at, looked=unread)


def _look(index: SearchIndex, found: _Found) -> list[News]:
    """What is new in each search that is due and understood."""
    news = []
    for one in found.due:
        if not one.wrong:
            locale = found.person.language or one.language
            news.append(look(index, one, until=found.until, locale=locale))
    return news


def _advance(
    session: Session,
    person_id: str,
    searches: Sequence[str],
    *,
    until: datetime,
    at: datetime,
    looked: Sequence[str] = (),
) -> None:
    """Let these searches be told up to ``until``; those of ``looked`` wait as they are."""
    if not people.lock_person(session, person_id):
        return
    held = store.of_person(session, person_id)
    for one in held:
        if one.id in searches:
            # An index that was behind may have been ahead before: what was told stays told.
            reached = max(until, one.told_until)
            store.change(session, person_id, one.id, told_at=at, told_until=reached)
        elif one.id in looked:
            store.change(session, person_id, one.id, told_at=at)
    store.set_mail(
        session,
        person_id,
        due_at=store.due_of(store.of_person(session, person_id)),
        attempts=0,
        doubts=0,
        telling=[],
        telling_until=None,
    )


def _again(database: Database, turn: Turn, *, at: datetime) -> None:
    """Try it again after a pause; this time nothing left."""
    with database.write() as session:
        if not people.lock_person(session, turn.person_id):
            return
        wanted = store.due_of(store.of_person(session, turn.person_id)) is not None
        store.set_mail(
            session,
            turn.person_id,
            due_at=at + rules.pause(turn.attempts) if wanted else None,
            doubts=turn.doubts,
            telling=list(turn.telling),
            telling_until=turn.telling_until,
        )
