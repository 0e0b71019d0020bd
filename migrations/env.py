"""How Alembic reaches the database; called by Alembic, never imported."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON

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


url = context.config.attributes.get("url") or Settings().database
engine = make_engine(url)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        render_as_batch=True,
        compare_type=True,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
