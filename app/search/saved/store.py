"""Saved searches and their mails in the database."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.search.saved.model import Digest, SavedSearch, Turn
from app.search.saved.rules import next_due, not_understood
from app.search.saved.tables import SavedSearchRow, SearchMailRow

_SAVED = (
    SavedSearchRow.id,
    SavedSearchRow.name,
    SavedSearchRow.parameters,
    SavedSearchRow.language,
    SavedSearchRow.digest,
    SavedSearchRow.created_at,
    SavedSearchRow.told_at,
    SavedSearchRow.told_until,
)


def of_person(session: Session, person_id: str) -> list[SavedSearch]:
    """In the order in which they were kept."""
    query = select(*_SAVED).where(SavedSearchRow.person_id == person_id)
    return list(map(_saved, session.execute(query.order_by(SavedSearchRow.id))))


def find(session: Session, person_id: str, search_id: str) -> SavedSearch | None:
    row = session.execute(
        select(*_SAVED).where(SavedSearchRow.person_id == person_id, SavedSearchRow.id == search_id)
    ).one_or_none()
    return None if row is None else _saved(row)


def add(session: Session, person_id: str, one: SavedSearch) -> None:
    session.execute(
        insert(SavedSearchRow).values(
            id=one.id,
            person_id=person_id,
            name=one.name,
            parameters={name: list(values) for name, values in one.parameters.items()},
            language=one.language,
            digest=one.digest.value,
            created_at=one.created_at,
            told_at=one.told_at,
            told_until=one.told_until,
        )
    )


def change(session: Session, person_id: str, search_id: str, **values: Any) -> None:
    session.execute(
        update(SavedSearchRow)
        .where(SavedSearchRow.person_id == person_id, SavedSearchRow.id == search_id)
        .values(**values)
    )


def remove(session: Session, person_id: str, search_id: str) -> None:
    session.execute(
        delete(SavedSearchRow).where(
            SavedSearchRow.person_id == person_id, SavedSearchRow.id == search_id
        )
    )


def end_mails(session: Session, person_id: str) -> int:
    """Let no search of the person be told by mail any more; says how many were."""
    ended = session.execute(
        update(SavedSearchRow)
        .where(SavedSearchRow.person_id == person_id, SavedSearchRow.digest != Digest.NONE)
        .values(digest=Digest.NONE.value)
        .returning(SavedSearchRow.id)
    ).all()
    return len(ended)


def whose_token(session: Session, token: str) -> str | None:
    return session.scalar(select(SearchMailRow.person_id).where(SearchMailRow.token == token))


def mail_of(session: Session, person_id: str) -> tuple[bool, datetime | None] | None:
    """Whether a mail is being tried, and when the next one is; ``None`` before the first."""
    row = session.execute(
        select(SearchMailRow.attempts, SearchMailRow.due_at).where(
            SearchMailRow.person_id == person_id
        )
    ).one_or_none()
    return None if row is None else (row.attempts > 0, row.due_at)


def add_mail(session: Session, person_id: str, token: str, *, due_at: datetime) -> None:
    session.execute(
        insert(SearchMailRow).values(
            person_id=person_id, token=token, due_at=due_at, attempts=0, doubts=0, telling=[]
        )
    )


def set_mail(session: Session, person_id: str, **values: Any) -> None:
    session.execute(
        update(SearchMailRow).where(SearchMailRow.person_id == person_id).values(**values)
    )


def is_mail_due(session: Session, *, at: datetime) -> bool:
    query = select(SearchMailRow.person_id).where(SearchMailRow.due_at <= at).limit(1)
    return session.scalar(query) is not None


def take_turn(session: Session, *, at: datetime, pause: timedelta) -> Turn | None:
    """Whose mail has been due longest; nobody else has it in hand until ``pause`` is over."""
    row = session.scalar(
        select(SearchMailRow)
        .where(SearchMailRow.due_at <= at)
        .order_by(SearchMailRow.due_at, SearchMailRow.person_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    row.due_at = at + pause
    row.attempts += 1
    return Turn(
        row.person_id, row.token, row.attempts, row.doubts, tuple(row.telling), row.telling_until
    )


def due_of(searches: Sequence[SavedSearch]) -> datetime | None:
    """When the first of these is to be looked through; ``None`` when none ever is."""
    days = (next_due(one.digest, one.told_at) for one in searches)
    return min((day for day in days if day is not None), default=None)


def _saved(row: Sequence[Any]) -> SavedSearch:
    search_id, name, parameters, language, digest, created_at, told_at, told_until = row
    return SavedSearch(
        id=search_id,
        name=name,
        parameters=parameters,
        language=language,
        digest=Digest(digest),
        created_at=created_at,
        told_at=told_at,
        told_until=told_until,
        wrong=not_understood(parameters),
    )
