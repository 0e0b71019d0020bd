"""Rosters, their rows, approval and grants."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("supersedes", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("pending_activity", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("course_run", sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column("roster_id", sa.String(length=36), nullable=True))
        batch_op.create_unique_constraint("uq_record_supersedes", ["supersedes"])
        batch_op.create_index(batch_op.f("ix_record_roster_id"), ["roster_id"], unique=False)
        batch_op.create_index("ix_record_listed", ["society_id", "id"], unique=False)
    op.create_table(
        "organisation_grant",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("society_id", sa.String(length=64), nullable=False),
        sa.Column("grantee_id", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("valid_from", UTCDateTime(), nullable=False),
        sa.Column("valid_until", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["society_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_grant_society_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["grantee_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_grant_grantee_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_grant")),
    )
    with op.batch_alter_table("organisation_grant", schema=None) as batch_op:
        batch_op.create_index(
            "ix_organisation_grant_pair", ["society_id", "grantee_id"], unique=False
        )
    _rosters()
    _rows()


def _rosters() -> None:
    op.create_table(
        "roster_policy",
        sa.Column("society_id", sa.String(length=64), nullable=False),
        sa.Column("approval", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("society_id", name=op.f("pk_roster_policy")),
    )
    op.create_table(
        "roster",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("society_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("all_or_nothing", sa.Boolean(), nullable=False),
        sa.Column("approval", sa.Boolean(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("submitted_by", sa.String(length=128), nullable=False),
        sa.Column("submitted_at", UTCDateTime(), nullable=False),
        sa.Column("last_row", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("existed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.String(length=128), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("began_at", UTCDateTime(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("host", sa.String(length=255), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("process", sa.String(length=36), nullable=True),
        sa.Column("heard_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
        sa.UniqueConstraint("society_id", "idempotency_key", name="uq_roster_idempotency"),
    )
    with op.batch_alter_table("roster", schema=None) as batch_op:
        batch_op.create_index("ix_roster_society", ["society_id", "id"], unique=False)
        batch_op.create_index("ix_roster_state", ["state", "id"], unique=False)
    op.create_table(
        "roster_part",
        sa.Column("roster_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["roster.id"], name=op.f("fk_roster_part_roster_id_roster")
        ),
        sa.PrimaryKeyConstraint("roster_id", "number", name=op.f("pk_roster_part")),
    )


def _rows() -> None:
    op.create_table(
        "roster_row",
        sa.Column("roster_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("activity", sa.String(length=64), nullable=False),
        sa.Column("completion", sa.Text(), nullable=True),
        sa.Column("record_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["roster.id"], name=op.f("fk_roster_row_roster_id_roster")
        ),
        sa.PrimaryKeyConstraint("roster_id", "number", name=op.f("pk_roster_row")),
    )
    with op.batch_alter_table("roster_row", schema=None) as batch_op:
        batch_op.create_index(
            "ix_roster_row_state", ["roster_id", "state", "number"], unique=False
        )
        batch_op.create_index("ix_roster_row_activity", ["roster_id", "activity"], unique=False)
    op.create_table(
        "roster_error",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("roster_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("letter", sa.String(length=8), nullable=True),
        sa.Column("field", sa.String(length=200), nullable=False),
        sa.Column("value", sa.String(length=100), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("mend", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["roster.id"], name=op.f("fk_roster_error_roster_id_roster")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_error")),
    )
    with op.batch_alter_table("roster_error", schema=None) as batch_op:
        batch_op.create_index("ix_roster_error_roster", ["roster_id", "id"], unique=False)


def downgrade() -> None:
    for table in ("roster_error", "roster_row", "roster_part", "roster", "roster_policy"):
        op.drop_table(table)
    op.drop_table("organisation_grant")
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_index("ix_record_listed")
        batch_op.drop_index(batch_op.f("ix_record_roster_id"))
        batch_op.drop_constraint("uq_record_supersedes", type_="unique")
        for name in ("roster_id", "course_run", "pending_activity", "supersedes"):
            batch_op.drop_column(name)
