"""Searches that people keep."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import JSONColumn, UTCDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_search",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("parameters", JSONColumn, nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("digest", sa.String(8), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("told_at", UTCDateTime(), nullable=False),
        sa.Column("told_until", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_search_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
    )
    op.create_index(op.f("ix_saved_search_person_id"), "saved_search", ["person_id"])
    op.create_table(
        "search_mail",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("telling", JSONColumn, nullable=False),
        sa.Column("telling_until", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_search_mail_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_search_mail")),
        sa.UniqueConstraint("token", name=op.f("uq_search_mail_token")),
    )
    op.create_index(op.f("ix_search_mail_due_at"), "search_mail", ["due_at"])


def downgrade() -> None:
    op.drop_table("search_mail")
    op.drop_table("saved_search")
