"""Sessions: one signed-in browser each, kept here, known to the browser by a secret alone.

The cookie holds 256 random bits and nothing else; of them only the hash is kept, so who reads the
database can open no session. A session ends by itself after a time without use, or at the latest
some weeks after the sign-in, and at once when its person says so. Signing in always makes a new
one (OWASP's session management cheat sheet).
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session as Transaction

from app.identity import audit
from app.identity.model import Visitor
from app.identity.people import store
from app.identity.people.model import Method, Session
from app.identity.people.tables import PersonRow, SessionRow
from app.platform.db import Database
from app.platform.ids import new_id
from app.platform.problems import NotFound

LONGEST = timedelta(days=30)
IDLE = timedelta(days=7)
NOTED_EVERY = timedelta(minutes=5)
"""A session's last use is written down at most so often: reading a page should write nothing."""


def cookie_name(public_url: str) -> str:
    """The session cookie's name at this address.

    Over https the prefix makes browsers refuse one that another host, or plain http, tried to set
    (RFC 6265bis §4.1.3.2).
    """
    return "__Host-opencpd" if public_url.startswith("https:") else "opencpd"


def begin(
    session: Transaction,
    person_id: str,
    *,
    method: Method,
    browser: str,
    address: str,
    at: datetime,
    instead_of: str | None = None,
) -> str:
    """Sign a person in; gives the secret for the cookie.

    ``instead_of`` is the secret that the browser came with: that session ends, whoever's it was.
    Raises ``NotFound`` for an account that ended at this moment; it is held before its sessions, as
    whoever ends it does.
    """
    if not store.lock_person(session, person_id):
        raise NotFound("There is no such account.")
    if instead_of:
        session.execute(delete(SessionRow).where(SessionRow.secret_hash == _hash(instead_of)))
    session.execute(delete(SessionRow).where(SessionRow.ends_at <= at))
    made, secret = new_id(), secrets.token_urlsafe(32)
    session.execute(
        insert(SessionRow).values(
            id=made,
            secret_hash=_hash(secret),
            person_id=person_id,
            method=str(method),
            browser=browser[:300],
            address=address[:45],
            created_at=at,
            seen_at=at,
            ends_at=at + LONGEST,
        )
    )
    audit.record(
        session,
        who=f"person:{person_id}",
        action="session.begin",
        subject=f"person:{person_id}",
        at=at,
        after={"session": made, "method": str(method)},
    )
    return secret


def id_of(session: Transaction, secret: str) -> str | None:
    """The id of the session that ``secret`` opens."""
    return session.scalar(select(SessionRow.id).where(SessionRow.secret_hash == _hash(secret)))


def visit(database: Database, *, now: Callable[[], datetime]) -> Callable[[str], Visitor | None]:
    """What ``Guard`` needs: from the cookie's secret to who is signed in."""

    def find(secret: str) -> Visitor | None:
        at = now()
        with database.read() as session:
            found = session.execute(
                select(
                    SessionRow.id,
                    SessionRow.person_id,
                    SessionRow.created_at,
                    SessionRow.seen_at,
                    PersonRow.name,
                )
                .join(PersonRow, PersonRow.id == SessionRow.person_id)
                .where(
                    SessionRow.secret_hash == _hash(secret),
                    SessionRow.ends_at > at,
                    SessionRow.seen_at > at - IDLE,
                )
            ).one_or_none()
            if found is None:
                return None
            memberships = store.memberships(session, found.person_id)
        if at - found.seen_at >= NOTED_EVERY:
            with database.write() as session:
                session.execute(
                    update(SessionRow).where(SessionRow.id == found.id).values(seen_at=at)
                )
        return Visitor(found.person_id, found.name, found.id, found.created_at, memberships)

    return find


def of_person(session: Transaction, person_id: str, *, at: datetime) -> Sequence[Session]:
    """Where a person is signed in, the latest use first."""
    rows = session.execute(
        select(
            SessionRow.id,
            SessionRow.person_id,
            SessionRow.method,
            SessionRow.browser,
            SessionRow.address,
            SessionRow.created_at,
            SessionRow.seen_at,
            SessionRow.ends_at,
        )
        .where(
            SessionRow.person_id == person_id,
            SessionRow.ends_at > at,
            SessionRow.seen_at > at - IDLE,
        )
        .order_by(SessionRow.seen_at.desc(), SessionRow.id)
    )
    return [Session(row[0], row[1], Method(row[2]), *row[3:]) for row in rows]


def end(session: Transaction, person_id: str, session_id: str, *, at: datetime) -> None:
    """Sign one browser of the person out. One that is not there, or another's, is left alone."""
    found = session.execute(
        delete(SessionRow)
        .where(SessionRow.id == session_id, SessionRow.person_id == person_id)
        .returning(SessionRow.id)
    ).all()
    _note(session, person_id, [row.id for row in found], at=at)


def end_all(session: Transaction, person_id: str, *, at: datetime, but: str | None = None) -> None:
    """Sign the person out everywhere, or everywhere but in the session ``but``."""
    query = delete(SessionRow).where(SessionRow.person_id == person_id)
    if but is not None:
        query = query.where(SessionRow.id != but)
    found = session.execute(query.returning(SessionRow.id)).all()
    _note(session, person_id, [row.id for row in found], at=at)


def _note(session: Transaction, person_id: str, ended: Sequence[str], *, at: datetime) -> None:
    for session_id in ended:
        audit.record(
            session,
            who=f"person:{person_id}",
            action="session.end",
            subject=f"person:{person_id}",
            at=at,
            before={"session": session_id},
        )


def _hash(secret: str) -> str:
    """A secret of 256 random bits needs no slow hash: there is nothing to guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
