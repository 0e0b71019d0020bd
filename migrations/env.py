"""How Alembic reaches the database; called by Alembic, never imported."""

from alembic import context

from app.platform.db import make_engine
from app.platform.settings import Settings
from migrations import metadata

url = context.config.attributes.get("url") or Settings().database
engine = make_engine(url)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
