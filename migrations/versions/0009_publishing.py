"""Courses that societies push, and requests that are sent again."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("source_record", schema=None) as batch_op:
        batch_op.alter_column("source_id", existing_type=sa.String(36), type_=sa.String(64))
        batch_op.add_column(
            sa.Column("pushed", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    op.create_table(
        "repeated_request",
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("claim_id", sa.String(36), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process", sa.String(36), nullable=False),
        sa.Column("heard_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("who", "key_hash", name=op.f("pk_repeated_request")),
    )
    op.create_index("ix_repeated_request_ends_at", "repeated_request", ["ends_at"])


def downgrade() -> None:
    op.drop_table("repeated_request")
    with op.batch_alter_table("source_record", schema=None) as batch_op:
        batch_op.drop_column("pushed")
        batch_op.alter_column("source_id", existing_type=sa.String(64), type_=sa.String(36))
