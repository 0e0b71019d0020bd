"""The migrations make exactly the tables that the code uses."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app.platform.db import Database
from migrations import config, metadata, upgrade


def test_the_migrations_make_the_tables_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata()) == []


def test_upgrading_twice_changes_nothing(database_url: str, database: Database) -> None:
    upgrade(database_url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata()) == []


def test_the_history_can_be_walked_back_to_nothing(database_url: str, database: Database) -> None:
    database.close()
    command.downgrade(config(database_url), "base")
    upgrade(database_url)


def test_a_database_that_lags_behind_is_found_and_brought_up(database_url: str) -> None:
    command.downgrade(config(database_url), "-1")
    upgrade(database_url)
    opened = Database.open(database_url)
    with opened.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata()) == []
    opened.close()
