"""What the owner of a feed is told."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import JSONColumn, UTCDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_reports",
        sa.Column("source_id", sa.String(36), nullable=False),
        sa.Column("wanted", sa.String(12), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_source_reports_source_id_source")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_source_reports")),
    )
    op.create_table(
        "source_contact",
        sa.Column("source_id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_source_contact_source_id_source")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_source_contact_person_id_person")),
        sa.PrimaryKeyConstraint("source_id", "person_id", name=op.f("pk_source_contact")),
    )
    op.create_index(op.f("ix_source_contact_person_id"), "source_contact", ["person_id"])
    op.create_table(
        "run_summary",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("source_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=False),
        sa.Column("counters", JSONColumn, nullable=False),
        sa.Column("courses", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("bands", JSONColumn, nullable=False),
        sa.Column("missing", JSONColumn, nullable=False),
        sa.Column("codes", JSONColumn, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_summary_run_id_run")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_run_summary_source_id_source")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_summary")),
    )
    op.create_index("ix_run_summary_listed", "run_summary", ["source_id", "finished_at"])
    op.create_table(
        "run_report",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_report_run_id_run")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_run_report_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_report")),
        sa.UniqueConstraint("run_id", "person_id", name=op.f("uq_run_report_run_id_person_id")),
    )
    op.create_index("ix_run_report_due", "run_report", ["state", "due_at"])
    op.create_index(op.f("ix_run_report_person_id"), "run_report", ["person_id"])
    op.create_table(
        "source_removal",
        sa.Column("source_id", sa.String(36), nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_source_removal_source_id_source")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_source_removal")),
    )


def downgrade() -> None:
    for table in ("source_removal", "run_report", "run_summary", "source_contact", "source_reports"):
        op.drop_table(table)
