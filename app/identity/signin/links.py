"""Links that were mailed: whoever has one reads the address it was sent to.

A link is 256 random bits, of which only the hash is kept: there is nothing to compare but rows
found by it, so nothing to time. It works once and for a quarter of an hour. It says by a cookie
whether the browser that opens it is the one that asked for it; where it is not, the page asks
before it signs in, or else who sends others a link to his own account would have them work in it
(login CSRF).
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.orm import Session

from app.identity.people import rules
from app.identity.signin.tables import MailLinkRow
from app.platform.problems import DomainError

LASTS = timedelta(minutes=15)


class LinkEnded(DomainError):
    """The link was used, has run out, or never was one; nobody is told which."""

    code = "link-ended"
    status = 410

    def __init__(self) -> None:
        super().__init__("This link has been used or has ended. Ask for a new one.")


@dataclass(frozen=True, slots=True)
class MailLink:
    """What a link is for."""

    email: str
    person_id: str | None
    """Whose address it makes the e-mail address; ``None`` for a link that signs in."""
    asked_by: str | None
    then: str
    """The page to go on to."""

    def asked_in(self, browser: str | None) -> bool:
        """Whether it was asked for in the browser whose cookie holds ``browser``."""
        return bool(browser) and self.asked_by == hashed(browser or "")


def ask(
    session: Session,
    email: str,
    *,
    then: str,
    at: datetime,
    browser: str | None = None,
    person_id: str | None = None,
) -> str:
    """The secret of a new link to mail to ``email``. Raises ``Invalid`` for what is no address.

    Does the same, and takes as long, whether or not anybody here has the address.
    """
    address, secret = rules.email(email), secrets.token_urlsafe(32)
    session.execute(delete(MailLinkRow).where(MailLinkRow.ends_at <= at))
    session.execute(
        insert(MailLinkRow).values(
            secret_hash=hashed(secret),
            email=address,
            person_id=person_id,
            asked_by=hashed(browser) if browser else None,
            then=then[:1000],
            created_at=at,
            ends_at=at + LASTS,
        )
    )
    return secret


def look(session: Session, secret: str, *, adds: bool = False, at: datetime) -> MailLink:
    """What a link is for, without using it. Raises ``LinkEnded``.

    ``adds`` tells the links that add an address from those that sign in: neither does for the
    other.
    """
    found = session.execute(
        select(
            MailLinkRow.email, MailLinkRow.person_id, MailLinkRow.asked_by, MailLinkRow.then
        ).where(*_opened_by(secret, adds=adds, at=at))
    ).one_or_none()
    if found is None:
        raise LinkEnded
    return MailLink(*found)


def use(session: Session, secret: str, *, adds: bool = False, at: datetime) -> MailLink:
    """Use a link up. Of two who try at once, one succeeds. Raises ``LinkEnded``."""
    found = session.execute(
        delete(MailLinkRow)
        .where(*_opened_by(secret, adds=adds, at=at))
        .returning(MailLinkRow.email, MailLinkRow.person_id, MailLinkRow.asked_by, MailLinkRow.then)
    ).one_or_none()
    if found is None:
        raise LinkEnded
    return MailLink(*found)


def last_asked(session: Session, browser: str, *, at: datetime) -> MailLink | None:
    """The newest link to sign in that this browser asked for, while it lasts."""
    found = session.execute(
        select(MailLinkRow.email, MailLinkRow.person_id, MailLinkRow.asked_by, MailLinkRow.then)
        .where(
            MailLinkRow.asked_by == hashed(browser),
            MailLinkRow.person_id.is_(None),
            MailLinkRow.ends_at > at,
        )
        .order_by(MailLinkRow.created_at.desc(), MailLinkRow.secret_hash)
        .limit(1)
    ).one_or_none()
    return None if found is None else MailLink(*found)


def waiting(session: Session, person_id: str, *, at: datetime) -> Sequence[str]:
    """The addresses that a person wants to add and whose link was not opened yet."""
    found = session.scalars(
        select(MailLinkRow.email)
        .where(MailLinkRow.person_id == person_id, MailLinkRow.ends_at > at)
        .distinct()
        .order_by(MailLinkRow.email)
    )
    return found.all()


def hashed(secret: str) -> str:
    """A secret of 256 random bits needs no slow hash: there is nothing to guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _opened_by(secret: str, *, adds: bool, at: datetime) -> tuple[ColumnElement[bool], ...]:
    of_person = MailLinkRow.person_id.is_not(None) if adds else MailLinkRow.person_id.is_(None)
    return MailLinkRow.secret_hash == hashed(secret), MailLinkRow.ends_at > at, of_person
