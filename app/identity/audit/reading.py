"""The audit trail for its readers: searched, newest first, and given out with its chain.

Whoever reads for an organisation is given that organisation's rows by the column that says whose
affair a row is; no filter widens that.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from app.identity.audit import chain
from app.identity.audit.tables import AuditRow, AuditSealRow
from app.platform.db import Database
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import FieldProblem, Invalid

EVERYTHING = None
"""Instead of an organisation's id: the whole node's trail, for who runs it."""
_LARGEST = 2**31 - 1
_AT_ONCE = 1000
COLUMNS = (
    "position", "previous", "hash", "id", "at", "who", "action", "subject", "organisation_id",
    "before", "after",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows are wanted; what is left empty does not matter."""

    action: str = ""
    """A whole action, such as ``record.issue``, or its beginning, such as ``record``."""
    who: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """The moment before which it must have been."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One row and its place in the chain, once it has one."""

    id: int
    at: datetime
    who: str
    action: str
    subject: str
    organisation_id: str | None
    before: Any | None
    after: Any | None
    position: int | None
    hash: str | None


def search(
    session: Session,
    organisation_id: str | None,
    wanted: Filter,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Slice[Noted]:
    """One page, newest first; of ``EVERYTHING`` or of one organisation. Raises ``Invalid``."""
    query = _rows().outerjoin(AuditSealRow, AuditSealRow.audit_id == AuditRow.id)
    query = query.where(*_narrowed(organisation_id, wanted))
    if cursor:
        query = query.where(AuditRow.id < _number(cursor))
    rows = session.execute(query.order_by(AuditRow.id.desc()).limit(limit + 1)).all()
    found = [Noted(*row) for row in rows[:limit]]
    return Slice(found, encode_cursor(str(found[-1].id)) if len(rows) > limit else None)


def sealed(
    database: Database, organisation_id: str | None, wanted: Filter = Filter()
) -> Iterator[Mapping[str, Any]]:
    """What ``chain.told`` says of every sealed row, in the order of the chain, with its place.

    Each piece is read for itself, so that a slow reader holds no transaction open.
    """
    before = aliased(AuditSealRow)
    query = (
        _rows(func.coalesce(before.hash, chain.FIRST).label("previous"))
        .join(AuditSealRow, AuditSealRow.audit_id == AuditRow.id)
        .outerjoin(before, before.position == AuditSealRow.position - 1)
        .where(*_narrowed(organisation_id, wanted))
        .order_by(AuditSealRow.position)
        .limit(_AT_ONCE)
    )
    after = 0
    while True:
        with database.read() as session:
            rows = session.execute(query.where(AuditSealRow.position > after)).all()
        for row in rows:
            yield {
                "position": row.position,
                "previous": row.previous,
                "hash": row.hash,
                "row": chain.told(row),
            }
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].position


def ndjson(rows: Iterator[Mapping[str, Any]]) -> Iterator[bytes]:
    """A line of canonical JSON for each row."""
    for row in rows:
        yield chain.canonical(row) + b"\n"


def table(rows: Iterator[Mapping[str, Any]]) -> Iterator[bytes]:
    """CSV (RFC 4180); ``before`` and ``after`` are canonical JSON."""
    yield _line(COLUMNS)
    for row in rows:
        flat = {**row, **row["row"]}
        for name in ("before", "after"):
            given = flat[name]
            flat[name] = "" if given is None else chain.canonical_value(given).decode()
        yield _line([_harmless(flat[name]) for name in COLUMNS])


FORMS = {
    "ndjson": ("application/x-ndjson", ndjson),
    "csv": ("text/csv; charset=utf-8", table),
}
"""By a file's ending: its media type and who writes it."""


def short(value: Any | None) -> str:
    """A state before or after, for people to read in one line."""
    if not isinstance(value, Mapping):
        return "" if value is None else json.dumps(value, ensure_ascii=False)
    said = (
        f"{key}: {inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False)}"
        for key, inner in value.items()
    )
    return ", ".join(said)


def _rows(*more: ColumnElement[Any]) -> Select[Any]:
    return select(
        AuditRow.id,
        AuditRow.at,
        AuditRow.who,
        AuditRow.action,
        AuditRow.subject,
        AuditRow.organisation_id,
        AuditRow.before,
        AuditRow.after,
        AuditSealRow.position,
        AuditSealRow.hash,
        *more,
    ).select_from(AuditRow)


def _narrowed(organisation_id: str | None, wanted: Filter) -> Iterator[ColumnElement[bool]]:
    if organisation_id is not EVERYTHING:
        yield AuditRow.organisation_id == organisation_id
    if wanted.action:
        whole = AuditRow.action == wanted.action
        yield whole | AuditRow.action.startswith(f"{wanted.action}.", autoescape=True)
    if wanted.who:
        yield AuditRow.who == wanted.who
    if wanted.subject:
        yield AuditRow.subject == wanted.subject
    if wanted.since is not None:
        yield AuditRow.at >= wanted.since
    if wanted.until is not None:
        yield AuditRow.at < wanted.until


def _number(cursor: str) -> int:
    key = decode_cursor(cursor)
    if not (key.isascii() and key.isdecimal()) or len(key) > 10 or int(key) > _LARGEST:
        raise Invalid(
            "The cursor is not one of this list; start again without it.",
            fields=[FieldProblem("cursor", "cursor-invalid", "Leave it out to start again.")],
        )
    return int(key)


def _line(cells: Sequence[object]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue().encode()


def _harmless(cell: object) -> object:
    """A spreadsheet calculates what begins so; no cell of ours does, unless somebody made it so."""
    begins = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{cell}" if begins else cell
