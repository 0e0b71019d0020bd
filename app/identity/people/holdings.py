"""What this node holds of a person, table by table: for the export, and for the end of an account.

Each package that keeps something of a person says so by a ``Holding``. It names every column of its
table, those that are shown and those that are not, so that a column which is added later is decided
upon and not forgotten; a test walks all tables and fails on one that nobody spoke for.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, select
from sqlalchemy.orm import Session

from app.platform.db import Base


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose data is meant."""

    person_id: str
    emails: tuple[str, ...]
    """The addresses that are the person's today."""

    @property
    def who(self) -> str:
        """The person as the audit trail names who acts."""
        return f"person:{self.person_id}"


Entry = dict[str, Any]


def by_person(table: Table, owner: Owner) -> ColumnElement[bool]:
    """The rows that name the person."""
    return table.c.person_id == owner.person_id


def by_address(table: Table, owner: Owner) -> ColumnElement[bool]:
    """The rows that name one of the person's addresses."""
    return table.c.email.in_(owner.emails)


def _as_it_is(_session: Session, _owner: Owner, entries: Sequence[Entry]) -> Sequence[Entry]:
    return entries


@dataclass(frozen=True, slots=True)
class Holding:
    """One table that holds something of people."""

    name: str
    """What it is called in an export."""
    row: type[Base]
    shown: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    """What an export leaves out: secrets, their hashes, and what would open a door."""
    whose: Callable[[Table, Owner], ColumnElement[bool]] = by_person
    tell: Callable[[Session, Owner, Sequence[Entry]], Sequence[Entry]] = _as_it_is
    """Adds what the rows point to, or takes out what is somebody else's."""
    stays: bool = False
    """Kept when the account ends, because it must be: it then names an id of nobody."""

    @property
    def table(self) -> Table:
        """The table itself."""
        found = self.row.__table__
        if not isinstance(found, Table):
            raise TypeError(f"{self.row} is no table")
        return found


def export(
    session: Session, owner: Owner, holdings: Sequence[Holding]
) -> Mapping[str, Sequence[Entry]]:
    """Everything that the tables hold of the person, as JSON can say it."""
    return {each.name: _entries(session, owner, each) for each in holdings}


def erase(session: Session, owner: Owner, holdings: Sequence[Holding]) -> None:
    """Delete what the tables hold of the person, but for what stays.

    What points to other rows goes first, so the order in which packages speak does not matter.
    """
    order = {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
    going = [each for each in holdings if not each.stays]
    for each in sorted(going, key=lambda one: order[one.table.name], reverse=True):
        session.execute(delete(each.table).where(each.whose(each.table, owner)))


def _entries(session: Session, owner: Owner, holding: Holding) -> Sequence[Entry]:
    table = holding.table
    columns = [table.c[name] for name in holding.shown]
    rows = session.execute(
        select(*columns).where(holding.whose(table, owner)).order_by(*table.primary_key.columns)
    )
    entries = [dict(zip(holding.shown, map(_told, row), strict=True)) for row in rows]
    return holding.tell(session, owner, entries)


def _told(value: object) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.urlsafe_b64encode(value).decode()
    return value
