"""Runs that wait for a worker, and what is kept of a source's answers."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.platform.db import JSONColumn, UTCDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_WAITING = "state IN ('queued', 'running')"
_UNKNOWN_BEFORE = "state = 'queued' OR mode IN ('dry_run', 'validate', 'replay')"
_ONE_EACH = """
UPDATE run SET state = 'cancelled', finished_at = heartbeat_at
WHERE state = 'running' AND EXISTS (
    SELECT 1 FROM run AS later
    WHERE later.source_id = run.source_id AND later.state = 'running'
    AND (later.started_at > run.started_at
         OR (later.started_at = run.started_at AND later.id > run.id))
)
"""


def _of_a_source() -> tuple[sa.Column[Any], ...]:
    return (
    sa.Column("opens", sa.String(5), nullable=True),
    sa.Column("closes", sa.String(5), nullable=True),
    sa.Column("timezone", sa.String(64), nullable=True),
    sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
    sa.Column("next_due_at", UTCDateTime(), nullable=True),
)


def _of_a_run() -> tuple[sa.Column[Any], ...]:
    return (
    sa.Column("lease", sa.String(36), nullable=True),
    sa.Column("asked_by", sa.String(80), server_default="system:schedule", nullable=False),
    sa.Column("asked_at", UTCDateTime(), nullable=True),
    sa.Column("due_at", UTCDateTime(), nullable=True),
    sa.Column("targets", JSONColumn, server_default="[]", nullable=False),
    sa.Column("most", sa.Integer(), nullable=True),
    sa.Column("report", JSONColumn, nullable=True),
)


def upgrade() -> None:
    for table, columns in (("source", _of_a_source()), ("run", _of_a_run())):
        for column in columns:
            op.add_column(table, column)
    op.add_column(
        "raw_item", sa.Column("unread", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_index(op.f("ix_source_next_due_at"), "source", ["next_due_at"])
    op.execute(_ONE_EACH)
    op.create_index(
        "uq_run_of_source",
        "run",
        ["source_id"],
        unique=True,
        sqlite_where=sa.text(_WAITING),
        postgresql_where=sa.text(_WAITING),
    )
    op.create_table(
        "source_answer",
        sa.Column("source_id", sa.String(36), nullable=False),
        sa.Column("url_hash", sa.String(64), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("reading", sa.String(64), nullable=False),
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_source_answer_source_id_source")
        ),
        sa.PrimaryKeyConstraint("source_id", "url_hash", name=op.f("pk_source_answer")),
    )
    _set_due()


def _set_due() -> None:
    """Each source goes on in its rhythm, from its last run; one that never ran is due."""
    source = sa.table(
        "source",
        sa.column("id"),
        sa.column("every_hours"),
        sa.column("created_at", UTCDateTime()),
        sa.column("next_due_at", UTCDateTime()),
    )
    run = sa.table("run", sa.column("source_id"), sa.column("started_at", UTCDateTime()))
    bind = op.get_bind()
    last: sa.ScalarSelect[object] = (
        sa.select(sa.func.max(run.c.started_at))
        .where(run.c.source_id == source.c.id)
        .scalar_subquery()
    )
    query = sa.select(source.c.id, source.c.every_hours, source.c.created_at, last.label("last"))
    rows = bind.execute(query.where(source.c.every_hours.is_not(None))).all()
    for row in rows:
        started = row.last
        due = started + timedelta(hours=row.every_hours) if started else row.created_at
        bind.execute(source.update().where(source.c.id == row.id).values(next_due_at=due))


def downgrade() -> None:
    op.drop_table("source_answer")
    op.drop_index("uq_run_of_source", table_name="run")
    op.drop_index(op.f("ix_source_next_due_at"), table_name="source")
    op.execute(f"DELETE FROM issue WHERE run_id IN (SELECT id FROM run WHERE {_UNKNOWN_BEFORE})")
    op.execute(f"DELETE FROM run WHERE {_UNKNOWN_BEFORE}")
    op.execute("UPDATE run SET failure = 'unavailable' WHERE failure = 'stopped'")
    for table, columns in (("source", _of_a_source()), ("run", _of_a_run())):
        for column in columns:
            op.drop_column(table, column.name)
    op.drop_column("raw_item", "unread")
