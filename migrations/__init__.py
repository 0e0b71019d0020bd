"""The database's history, for Alembic; ``upgrade`` brings any database to its end."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

import app
from app.platform.db import Base, make_engine


def config(url: str) -> Config:
    """Alembic's configuration for the database at ``url``."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["url"] = url
    return made


def metadata() -> MetaData:
    """Every table of every domain."""
    for plumbing in ("outbox", "idempotency", "shared_limits"):
        importlib.import_module(f"app.platform.{plumbing}")
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)
    return Base.metadata


def upgrade(url: str) -> None:
    """Bring the database at ``url`` to the newest revision; safe to call at every start.

    Nearly always it is there already, which is asked first: Alembic's own way to find that out
    runs every migration's file.
    """
    if _current(url) != _newest():
        command.upgrade(config(url), "head")


def _current(url: str) -> set[str]:
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return set(MigrationContext.configure(connection).get_current_heads())
    finally:
        engine.dispose()


@cache
def _newest() -> set[str]:
    """What the files that came with this program end with; they stay as they are while it runs."""
    return set(ScriptDirectory(str(Path(__file__).parent)).get_heads())
