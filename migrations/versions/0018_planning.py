"""What engineers note about their own development."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import JSONColumn, UTCDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
    )


def upgrade() -> None:
    _entries()
    _notes()
    _calendars()


def _entries() -> None:
    op.create_table(
        "cpd_entry",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("provider", sa.String(200), nullable=False),
        sa.Column("completed", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("mode", sa.String(32), nullable=True),
        sa.Column("role", sa.String(32), nullable=True),
        sa.Column("contact_minutes", sa.Integer(), nullable=True),
        sa.Column("workload_minutes", sa.Integer(), nullable=True),
        sa.Column("assessed", sa.Boolean(), nullable=True),
        sa.Column("tags", JSONColumn, nullable=False),
        sa.Column("competences", JSONColumn, nullable=False),
        sa.Column("language", sa.String(35), nullable=True),
        sa.Column("link", sa.String(1000), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        _to("cpd_entry", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cpd_entry")),
    )
    op.create_index(op.f("ix_cpd_entry_person_id"), "cpd_entry", ["person_id"])
    op.create_table(
        "cpd_evidence",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("entry_id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        _to("cpd_evidence", "entry_id", "cpd_entry"),
        _to("cpd_evidence", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cpd_evidence")),
    )
    op.create_index(op.f("ix_cpd_evidence_entry_id"), "cpd_evidence", ["entry_id"])
    op.create_index(op.f("ix_cpd_evidence_person_id"), "cpd_evidence", ["person_id"])
    op.create_table(
        "cpd_entry_given",
        sa.Column("entry_id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("submission_id", sa.String(36), nullable=False),
        sa.Column("given_at", UTCDateTime(), nullable=False),
        _to("cpd_entry_given", "entry_id", "cpd_entry"),
        _to("cpd_entry_given", "person_id", "person"),
        sa.PrimaryKeyConstraint("entry_id", "registry_id", name=op.f("pk_cpd_entry_given")),
    )
    op.create_index(op.f("ix_cpd_entry_given_person_id"), "cpd_entry_given", ["person_id"])
    op.create_table(
        "cpd_given_evidence",
        sa.Column("submission_id", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("submission_id", "digest", name=op.f("pk_cpd_given_evidence")),
    )


def _notes() -> None:
    op.create_table(
        "cpd_note",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=True),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("in_pack", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        _to("cpd_note", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cpd_note")),
    )
    op.create_index(op.f("ix_cpd_note_person_id"), "cpd_note", ["person_id"])
    op.create_table(
        "cpd_choice",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("course_id", sa.String(36), nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("language", sa.String(35), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        _to("cpd_choice", "person_id", "person"),
        sa.PrimaryKeyConstraint("person_id", "course_id", name=op.f("pk_cpd_choice")),
    )


def _calendars() -> None:
    op.create_table(
        "cpd_calendar",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        _to("cpd_calendar", "person_id", "person"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_cpd_calendar")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_cpd_calendar_secret_hash")),
    )
    op.create_table(
        "cpd_reminder",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        _to("cpd_reminder", "person_id", "person"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_cpd_reminder")),
    )
    op.create_table(
        "cpd_reminded",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("cycle_ends", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        _to("cpd_reminded", "person_id", "person"),
        sa.PrimaryKeyConstraint("person_id", "registry_id", "cycle_ends", "days", name=op.f("pk_cpd_reminded")),
    )


def downgrade() -> None:
    for table in (
        "cpd_reminded",
        "cpd_reminder",
        "cpd_calendar",
        "cpd_choice",
        "cpd_note",
        "cpd_given_evidence",
        "cpd_entry_given",
        "cpd_evidence",
        "cpd_entry",
    ):
        op.drop_table(table)
