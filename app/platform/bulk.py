"""Many new rows at once, by the quickest way that the database has.

PostgreSQL takes them by ``COPY``, SQLite by one statement prepared once. Neither the session's
objects nor the statements it builds are involved: for rows that nobody will look at again in this
transaction, both cost more than the database takes to write them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

import psycopg
from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.platform.db import Base, UTCDateTime


@dataclass(frozen=True, slots=True)
class _Way:
    """How rows of some columns of a table are written."""

    statement: str
    get: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    moments: tuple[int, ...]
    """Where times stand, which SQLite knows as text alone."""
    moment: Callable[[datetime | None], Any] | None


def insert(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write new rows, all of which name the same columns; the database fills in the others.

    A JSON column is given its JSON as text. What waits in the session is not written before.
    """
    if not rows:
        return
    connection = session.connection()
    way = _way(table.__table__, tuple(rows[0]), connection.dialect)
    values = [way.get(row) for row in rows]
    if way.moment:
        values = _with_moments(values, way.moments, way.moment)
    if connection.dialect.name == "postgresql":
        _copy(connection, way.statement, values)
    else:
        connection.exec_driver_sql(way.statement, values)


def _copy(connection: Connection, statement: str, values: Sequence[tuple[Any, ...]]) -> None:
    driver: Any = connection.connection.driver_connection  # psycopg's own
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in values:
                copy.write_row(row)
    except psycopg.Error as error:
        raise DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from error


def _with_moments(
    values: Sequence[tuple[Any, ...]], places: tuple[int, ...], change: Callable[[Any], Any]
) -> list[tuple[Any, ...]]:
    """The rows with their times as the database knows them; mostly it is one and the same."""
    known: dict[datetime | None, Any] = {}
    made = []
    for value in values:
        row = list(value)
        for place in places:
            moment = row[place]
            if moment not in known:
                known[moment] = change(moment)
            row[place] = known[moment]
        made.append(tuple(row))
    return made


@lru_cache(maxsize=64)
def _way(table: Table, names: tuple[str, ...], dialect: Dialect) -> _Way:
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(map(quote, names))
    if dialect.name == "postgresql":
        statement = f"COPY {quote(table.name)} ({columns}) FROM STDIN"
    else:
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {quote(table.name)} ({columns}) VALUES ({marks})"
    moments = tuple(n for n, one in enumerate(names) if isinstance(table.c[one].type, UTCDateTime))
    change = None
    if moments:
        kind = table.c[names[moments[0]]].type
        change = kind.dialect_impl(dialect).bind_processor(dialect)
    get = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
    return _Way(statement, get, moments, change)
