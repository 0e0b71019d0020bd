"""Courses that societies push, and requests that are sent again."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import JSONColumn, UTCDateTime

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
    op.create_table(
        "pushed_course",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("society_id", sa.String(64), nullable=False),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("remote_hash", sa.String(64), nullable=False),
        sa.Column("course_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("issues", JSONColumn, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pushed_course")),
        sa.UniqueConstraint(
            "society_id",
            "sandbox",
            "remote_hash",
            name=op.f("uq_pushed_course_society_id_sandbox_remote_hash"),
        ),
    )
    op.create_index(
        "ix_pushed_course_listed", "pushed_course", ["society_id", "sandbox", "state", "id"]
    )
    op.create_table(
        "course_sheet",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("society_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("sheet", sa.LargeBinary(), nullable=False),
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("kept_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=True),
        sa.Column("counts", JSONColumn, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_sheet")),
    )
    op.create_index("ix_course_sheet_ends_at", "course_sheet", ["ends_at"])


def downgrade() -> None:
    op.drop_table("course_sheet")
    op.drop_table("pushed_course")
    op.drop_table("repeated_request")
    with op.batch_alter_table("source_record", schema=None) as batch_op:
        batch_op.drop_column("pushed")
        batch_op.alter_column("source_id", existing_type=sa.String(64), type_=sa.String(36))
