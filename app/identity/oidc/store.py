"""External identities, sign-ins under way and sessions by provider, in the database."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from app.identity.oidc.model import Attempt, Identity, Purpose, Waiting
from app.identity.oidc.tables import (
    ExternalIdentityRow,
    OidcAttemptRow,
    OidcLogoutRow,
    OidcSessionRow,
    OidcWaitingRow,
)
from app.identity.people.tables import SessionRow

_IDENTITY = (
    ExternalIdentityRow.id,
    ExternalIdentityRow.person_id,
    ExternalIdentityRow.issuer,
    ExternalIdentityRow.subject,
    ExternalIdentityRow.shown,
    ExternalIdentityRow.created_at,
    ExternalIdentityRow.used_at,
)
_ATTEMPT = (
    OidcAttemptRow.provider_id,
    OidcAttemptRow.purpose,
    OidcAttemptRow.nonce,
    OidcAttemptRow.verifier,
    OidcAttemptRow.then,
    OidcAttemptRow.person_id,
    OidcAttemptRow.session_id,
)
_WAITING = (
    OidcWaitingRow.person_id,
    OidcWaitingRow.issuer,
    OidcWaitingRow.subject,
    OidcWaitingRow.shown,
)


def insert_attempt(
    session: Session,
    attempt: Attempt,
    *,
    state_hash: str,
    asked_by: str,
    at: datetime,
    lasts: timedelta,
) -> None:
    session.execute(delete(OidcAttemptRow).where(OidcAttemptRow.ends_at <= at))
    names = [column.key for column in _ATTEMPT]
    session.execute(
        insert(OidcAttemptRow).values(
            state_hash=state_hash,
            asked_by=asked_by,
            ends_at=at + lasts,
            **dict(zip(names, astuple(attempt), strict=True)),
        )
    )


def take_attempt(
    session: Session, *, state_hash: str, asked_by: str, provider_id: str, at: datetime
) -> Attempt | None:
    """The attempt, which is gone with that: of two who come back with one state, one finds it."""
    row = session.execute(
        delete(OidcAttemptRow)
        .where(
            OidcAttemptRow.state_hash == state_hash,
            OidcAttemptRow.asked_by == asked_by,
            OidcAttemptRow.provider_id == provider_id,
            OidcAttemptRow.ends_at > at,
        )
        .returning(*_ATTEMPT)
    ).one_or_none()
    return None if row is None else Attempt(row[0], Purpose(row[1]), *row[2:])


def insert_identity(session: Session, identity: Identity) -> None:
    names = [column.key for column in _IDENTITY]
    session.execute(
        insert(ExternalIdentityRow).values(dict(zip(names, astuple(identity), strict=True)))
    )


def find_identity(session: Session, *, issuer: str, subject: str) -> Identity | None:
    row = session.execute(
        select(*_IDENTITY).where(
            ExternalIdentityRow.issuer == issuer, ExternalIdentityRow.subject == subject
        )
    ).one_or_none()
    return None if row is None else Identity(*row)


def identities(session: Session, person_id: str) -> Sequence[Identity]:
    """A person's identities, oldest first."""
    rows = session.execute(
        select(*_IDENTITY)
        .where(ExternalIdentityRow.person_id == person_id)
        .order_by(ExternalIdentityRow.id)
    )
    return [Identity(*row) for row in rows]


def note_use(session: Session, identity_id: str, *, at: datetime) -> None:
    session.execute(
        update(ExternalIdentityRow).where(ExternalIdentityRow.id == identity_id).values(used_at=at)
    )


def delete_identity(session: Session, identity_id: str) -> None:
    session.execute(delete(ExternalIdentityRow).where(ExternalIdentityRow.id == identity_id))


def insert_waiting(
    session: Session, waiting: Waiting, *, asked_by: str, at: datetime, lasts: timedelta
) -> None:
    """Of one browser and one person only the newest waits."""
    session.execute(
        delete(OidcWaitingRow).where(
            or_(OidcWaitingRow.ends_at <= at, _waits(asked_by, waiting.person_id))
        )
    )
    names = [column.key for column in _WAITING]
    session.execute(
        insert(OidcWaitingRow).values(
            asked_by=asked_by,
            ends_at=at + lasts,
            **dict(zip(names, astuple(waiting), strict=True)),
        )
    )


def find_waiting(
    session: Session, *, asked_by: str, person_id: str, at: datetime
) -> Waiting | None:
    row = session.execute(
        select(*_WAITING).where(_waits(asked_by, person_id), OidcWaitingRow.ends_at > at)
    ).one_or_none()
    return None if row is None else Waiting(*row)


def take_waiting(
    session: Session, *, asked_by: str, person_id: str, at: datetime
) -> Waiting | None:
    row = session.execute(
        delete(OidcWaitingRow)
        .where(_waits(asked_by, person_id), OidcWaitingRow.ends_at > at)
        .returning(*_WAITING)
    ).one_or_none()
    return None if row is None else Waiting(*row)


def _waits(asked_by: str, person_id: str) -> ColumnElement[bool]:
    return and_(OidcWaitingRow.asked_by == asked_by, OidcWaitingRow.person_id == person_id)


def insert_session(
    session: Session, *, session_id: str, issuer: str, subject: str, sid: str | None
) -> None:
    session.execute(
        insert(OidcSessionRow).values(
            session_id=session_id, issuer=issuer, subject=subject, sid=sid
        )
    )


def sessions_of(
    session: Session, *, issuer: str, subject: str | None, sid: str | None = None
) -> Sequence[tuple[str, str]]:
    """Session and person of what a provider's sign-in began: of one sign-in, or of a subject."""
    query: Any = (
        select(OidcSessionRow.session_id, SessionRow.person_id)
        .join(SessionRow, SessionRow.id == OidcSessionRow.session_id)
        .where(OidcSessionRow.issuer == issuer)
        .order_by(OidcSessionRow.session_id)
    )
    if subject is not None:
        query = query.where(OidcSessionRow.subject == subject)
    if sid is not None:
        query = query.where(OidcSessionRow.sid == sid)
    return [(row[0], row[1]) for row in session.execute(query)]


def issuer_of_session(session: Session, session_id: str) -> str | None:
    """Whose sign-in began a session; ``None`` for one that began otherwise."""
    return session.scalar(
        select(OidcSessionRow.issuer).where(OidcSessionRow.session_id == session_id)
    )


def note_logout(session: Session, token_hash: str, *, at: datetime, lasts: timedelta) -> bool:
    """Whether this logout token is new."""
    session.execute(delete(OidcLogoutRow).where(OidcLogoutRow.ends_at <= at))
    if session.get(OidcLogoutRow, token_hash) is not None:
        return False
    session.execute(insert(OidcLogoutRow).values(token_hash=token_hash, ends_at=at + lasts))
    return True
