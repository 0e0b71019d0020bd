"""The database's history, for Alembic; ``upgrade`` brings any database to its end."""

import importlib
import pkgutil
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData

import app
from app.platform.db import Base


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
    """Bring the database at ``url`` to the newest revision; safe to call at every start."""
    command.upgrade(config(url), "head")
