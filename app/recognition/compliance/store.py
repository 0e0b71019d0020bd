"""Requests and statements in the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.recognition.compliance.model import (
    Forms,
    Request,
    RequestState,
    Statement,
)
from app.recognition.compliance.tables import RequestRow, StatementRow
from app.verification.model import HomeCompliance


def insert_request(session: Session, one: Request) -> None:
    session.execute(
        insert(RequestRow).values(
            id=one.id,
            registry_id=one.registry_id,
            registrant_id=one.registrant_id,
            state=one.state.value,
            day=one.day,
            purposes=[*one.purposes],
            audience=one.audience,
            number=one.number,
            asked_at=one.asked_at,
            asked_by=one.asked_by,
        )
    )


def answer_request(
    session: Session,
    request_id: str,
    state: RequestState,
    *,
    at: datetime,
    who: str,
    answer: str | None = None,
    statement_id: str | None = None,
) -> None:
    """The number there is forgotten: what was signed has its hash alone."""
    session.execute(
        update(RequestRow)
        .where(RequestRow.id == request_id)
        .values(
            state=state.value,
            number=None,
            answered_at=at,
            answered_by=who,
            answer=answer,
            statement_id=statement_id,
        )
    )


def find_request(session: Session, request_id: str, *, lock: bool = False) -> Request | None:
    query = select(RequestRow).where(RequestRow.id == request_id)
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _request(row)


def requests(
    session: Session,
    registry_id: str,
    *,
    state: RequestState | None,
    cursor: str | None,
    limit: int,
) -> Slice[Request]:
    """A registry's requests, the newest first."""
    query = select(RequestRow).where(RequestRow.registry_id == registry_id)
    if state is not None:
        query = query.where(RequestRow.state == state.value)
    if cursor is not None:
        query = query.where(RequestRow.id < decode_cursor(cursor))
    rows = session.scalars(query.order_by(RequestRow.id.desc()).limit(limit + 1)).all()
    more = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return Slice([_request(row) for row in rows[:limit]], more)


def requests_of(session: Session, registrant_ids: Collection[str]) -> Sequence[Request]:
    """The requests of registrants, the newest first."""
    query = select(RequestRow).where(RequestRow.registrant_id.in_(registrant_ids))
    return [_request(row) for row in session.scalars(query.order_by(RequestRow.id.desc()))]


def insert_statement(session: Session, one: Statement, forms: Forms) -> None:
    said = one.said
    session.execute(
        insert(StatementRow).values(
            id=one.id,
            registry_id=one.registry_id,
            registrant_id=one.registrant_id,
            met=said.met,
            first=said.first,
            last=said.last,
            judged_on=said.judged_on,
            policy_id=said.policy_id,
            policy_version=said.policy_version,
            policy_hash=said.policy_hash,
            purposes=[*said.purposes],
            audience=said.audience,
            json=forms.json.decode(),
            jwt=forms.jwt,
            list_no=one.list_no,
            list_index=one.list_index,
            issued_at=one.issued_at,
            issued_by=one.issued_by,
            checked_at=one.checked_at,
        )
    )


def find_statement(session: Session, statement_id: str, *, lock: bool = False) -> Statement | None:
    query = select(StatementRow).where(StatementRow.id == statement_id)
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _statement(row)


def forms(session: Session, statement_id: str) -> Forms | None:
    row = session.execute(
        select(StatementRow.json, StatementRow.jwt).where(StatementRow.id == statement_id)
    ).one_or_none()
    return None if row is None else Forms(row.json.encode(), row.jwt)


def statements(
    session: Session, registry_id: str, *, cursor: str | None, limit: int
) -> Slice[Statement]:
    """A registry's statements, the newest first."""
    query = select(StatementRow).where(StatementRow.registry_id == registry_id)
    if cursor is not None:
        query = query.where(StatementRow.id < decode_cursor(cursor))
    rows = session.scalars(query.order_by(StatementRow.id.desc()).limit(limit + 1)).all()
    more = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return Slice([_statement(row) for row in rows[:limit]], more)


def statements_of(
    session: Session, registrant_ids: Collection[str], *, standing: bool = False
) -> Sequence[Statement]:
    """The statements of registrants, the newest first; only those that stand, if so wanted."""
    query = select(StatementRow).where(StatementRow.registrant_id.in_(registrant_ids))
    if standing:
        query = query.where(StatementRow.withdrawn_at.is_(None))
    return [_statement(row) for row in session.scalars(query.order_by(StatementRow.id.desc()))]


def to_check(session: Session, *, before: datetime, limit: int) -> Sequence[str]:
    """Ids of statements that stand and were not checked since, the longest ago first."""
    return session.scalars(
        select(StatementRow.id)
        .where(StatementRow.withdrawn_at.is_(None), StatementRow.checked_at < before)
        .order_by(StatementRow.checked_at, StatementRow.id)
        .limit(limit)
    ).all()


def standing(session: Session) -> Sequence[tuple[str, str, datetime]]:
    """Every statement that stands: its id, its registrant, when it was last looked at."""
    rows = session.execute(
        select(StatementRow.id, StatementRow.registrant_id, StatementRow.checked_at)
        .where(StatementRow.withdrawn_at.is_(None))
        .order_by(StatementRow.id)
    )
    return [(row.id, row.registrant_id, row.checked_at) for row in rows]


def touch(session: Session, statement_id: str, *, at: datetime) -> None:
    """The ledger bears it out at that time."""
    session.execute(
        update(StatementRow).where(StatementRow.id == statement_id).values(checked_at=at)
    )


def withdraw(
    session: Session,
    statement_id: str,
    *,
    why: str,
    found: dict[str, Any] | None,
    at: datetime,
    who: str,
) -> None:
    session.execute(
        update(StatementRow)
        .where(StatementRow.id == statement_id)
        .values(withdrawn_at=at, withdrawn_by=who, withdrawn_why=why, found=found, checked_at=at)
    )


def withdrawn_places(session: Session, registry_id: str, number: int) -> Sequence[int]:
    """The places of one list whose bit is a one."""
    return session.scalars(
        select(StatementRow.list_index).where(
            StatementRow.registry_id == registry_id,
            StatementRow.list_no == number,
            StatementRow.withdrawn_at.is_not(None),
        )
    ).all()


def _request(row: RequestRow) -> Request:
    return Request(
        id=row.id,
        registry_id=row.registry_id,
        registrant_id=row.registrant_id,
        state=RequestState(row.state),
        day=row.day,
        purposes=tuple(row.purposes),
        audience=row.audience,
        number=row.number,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        answer=row.answer,
        statement_id=row.statement_id,
    )


def _statement(row: StatementRow) -> Statement:
    return Statement(
        id=row.id,
        registry_id=row.registry_id,
        registrant_id=row.registrant_id,
        said=HomeCompliance(
            met=row.met,
            first=row.first,
            last=row.last,
            judged_on=row.judged_on,
            policy_id=row.policy_id,
            policy_version=row.policy_version,
            policy_hash=row.policy_hash,
            purposes=tuple(row.purposes),
            audience=row.audience,
        ),
        list_no=row.list_no,
        list_index=row.list_index,
        issued_at=row.issued_at,
        issued_by=row.issued_by,
        checked_at=row.checked_at,
        withdrawn_at=row.withdrawn_at,
        withdrawn_by=row.withdrawn_by,
        withdrawn_why=row.withdrawn_why,
        found=row.found,
    )
