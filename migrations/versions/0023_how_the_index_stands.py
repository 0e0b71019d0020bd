"""How the search index stands, and which writes to it are under way."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import JSONColumn, UTCDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    state = op.create_table(
        "search_index_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", UTCDateTime(), nullable=True),
        sa.Column("resumes_at", UTCDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("drained_at", UTCDateTime(), nullable=True),
        sa.Column("rebuild_asked_at", UTCDateTime(), nullable=True),
        sa.Column("rebuilt_at", UTCDateTime(), nullable=True),
        sa.Column("rebuilds", sa.Integer(), nullable=False),
        sa.Column("rebuild_seconds", sa.Float(), nullable=True),
        sa.Column("checked_at", UTCDateTime(), nullable=True),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("surplus", sa.Integer(), nullable=False),
        sa.Column("stale", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_index_state")),
    )
    op.bulk_insert(
        state,
        [{"id": 1, "failures": 0, "rebuilds": 0, "missing": 0, "surplus": 0, "stale": 0}],
    )
    op.create_table(
        "search_index_write",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process", sa.String(36), nullable=False),
        sa.Column("begun_at", UTCDateTime(), nullable=False),
        sa.Column("keys", JSONColumn, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_index_write")),
    )


def downgrade() -> None:
    for table in ("search_index_write", "search_index_state"):
        op.drop_table(table)
