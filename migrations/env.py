"""How Alembic reaches the database; called by Alembic, never imported."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, Connection

from app.platform.db import UTCDateTime, make_engine
from app.platform.settings import Settings
from migrations import metadata


def render(kind: str, item: Any, autogenerating: AutogenContext) -> str | Literal[False]:
    """Write our own column types by their names."""
    name = {UTCDateTime: "UTCDateTime", JSON: "JSONColumn"}.get(type(item))
    if kind != "type" or name is None:
        return False
    autogenerating.imports.add(f"from app.platform.db import {name}")
    return "UTCDateTime()" if name == "UTCDateTime" else name


def let_tables_be_made_anew(connection: Connection) -> None:
    """SQLite changes a table by making another and dropping the old one.

    With foreign keys on, that empties the tables that point to it, or fails. So they are off while
    migrations run, which can only be said outside of a transaction, and are checked in the end
    (https://sqlite.org/lang_altertable.html#otheralter).
    """
    raw = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and raw is not None:
        raw.execute("PRAGMA foreign_keys=OFF")


def refuse_loose_ends(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        loose = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if loose:
            raise RuntimeError(f"rows point to what is not there: {loose[:5]}")


url = context.config.attributes.get("url") or Settings().database
engine = make_engine(url)
with engine.connect() as connection:
    let_tables_be_made_anew(connection)
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        render_as_batch=True,
        compare_type=True,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()
        refuse_loose_ends(connection)
engine.dispose()
