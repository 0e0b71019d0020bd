"""What people decided of matches, and what they wrote over a field."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import JSONColumn, UTCDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
    )


def upgrade() -> None:
    _of_courses()
    _of_finding()
    _of_people()


def _of_courses() -> None:
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.add_column(sa.Column("merged_into", sa.String(36), nullable=True))
        batch_op.add_column(
            sa.Column("translations", JSONColumn, server_default=sa.text("'[]'"), nullable=False)
        )
        batch_op.add_column(sa.Column("translation_of", sa.String(36), nullable=True))
        batch_op.add_column(
            sa.Column("overridden", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.create_index(op.f("ix_course_merged_into"), ["merged_into"])
    with op.batch_alter_table("source_record", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("search_due", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
    op.create_index(
        "ix_source_record_search_due",
        "source_record",
        ["id"],
        sqlite_where=sa.text("search_due = 1"),
        postgresql_where=sa.text("search_due"),
    )
    with op.batch_alter_table("field_provenance", schema=None) as batch_op:
        batch_op.alter_column("source_record_id", existing_type=sa.String(36), nullable=True)


def _of_finding() -> None:
    op.create_table(
        "match_profile",
        sa.Column("source_record_id", sa.String(36), nullable=False),
        sa.Column("provider", sa.String(200), nullable=True),
        sa.Column("data", JSONColumn, nullable=False),
        _to("match_profile", "source_record_id", "source_record"),
        sa.PrimaryKeyConstraint("source_record_id", name=op.f("pk_match_profile")),
    )
    op.create_index(op.f("ix_match_profile_provider"), "match_profile", ["provider"])
    op.create_table(
        "match_block",
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source_record_id", sa.String(36), nullable=False),
        _to("match_block", "source_record_id", "source_record"),
        sa.PrimaryKeyConstraint("block", "source_record_id", name=op.f("pk_match_block")),
    )
    op.create_index(op.f("ix_match_block_source_record_id"), "match_block", ["source_record_id"])
    op.create_table(
        "match_suggestion",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("record_a", sa.String(36), nullable=False),
        sa.Column("record_b", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("evidence", JSONColumn, nullable=False),
        sa.Column("found_at", UTCDateTime(), nullable=False),
        _to("match_suggestion", "record_a", "source_record"),
        _to("match_suggestion", "record_b", "source_record"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_suggestion")),
        sa.UniqueConstraint(
            "record_a", "record_b", "kind", name=op.f("uq_match_suggestion_record_a_record_b_kind")
        ),
    )
    op.create_index(op.f("ix_match_suggestion_record_b"), "match_suggestion", ["record_b"])
    op.create_index(
        "ix_match_suggestion_kind_score", "match_suggestion", ["kind", "score", "id"]
    )


def _of_people() -> None:
    op.create_table(
        "match_decision",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("record_a", sa.String(36), nullable=False),
        sa.Column("record_b", sa.String(36), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("rule", sa.String(32), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("evidence", JSONColumn, nullable=False),
        sa.Column("kept_course", sa.String(36), nullable=True),
        sa.Column("gone_course", sa.String(36), nullable=True),
        sa.Column("moved", JSONColumn, nullable=False),
        sa.Column("original", sa.String(36), nullable=True),
        sa.Column("decided_by", sa.String(128), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("lifted_by", sa.String(128), nullable=True),
        sa.Column("lifted_at", UTCDateTime(), nullable=True),
        _to("match_decision", "record_a", "source_record"),
        _to("match_decision", "record_b", "source_record"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_decision")),
    )
    for column in ("record_a", "record_b", "decided_at"):
        op.create_index(op.f(f"ix_match_decision_{column}"), "match_decision", [column])
    op.create_table(
        "course_override",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("course_id", sa.String(36), nullable=False),
        sa.Column("field", sa.String(40), nullable=False),
        sa.Column("language", sa.String(64), nullable=False),
        sa.Column("value", JSONColumn, nullable=False),
        sa.Column("replaced", JSONColumn, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("written_by", sa.String(128), nullable=False),
        sa.Column("written_for", sa.String(64), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        _to("course_override", "course_id", "course"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_override")),
        sa.UniqueConstraint(
            "course_id", "field", "language",
            name=op.f("uq_course_override_course_id_field_language"),
        ),
    )  # fmt: skip
    op.create_table(
        "society_alias",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("society_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("added_by", sa.String(128), nullable=False),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        _to("society_alias", "society_id", "society"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_society_alias")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_society_alias_kind_key")),
    )
    op.create_index(op.f("ix_society_alias_society_id"), "society_alias", ["society_id"])


def downgrade() -> None:
    for table in (
        "society_alias",
        "course_override",
        "match_decision",
        "match_suggestion",
        "match_block",
        "match_profile",
    ):
        op.drop_table(table)
    # Without overrides nothing stands for an editor's word.
    op.execute("DELETE FROM field_provenance WHERE source_record_id IS NULL")
    with op.batch_alter_table("field_provenance", schema=None) as batch_op:
        batch_op.alter_column("source_record_id", existing_type=sa.String(36), nullable=False)
    op.drop_index("ix_source_record_search_due", "source_record")
    with op.batch_alter_table("source_record", schema=None) as batch_op:
        batch_op.drop_column("search_due")
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_course_merged_into"))
        for column in ("overridden", "translation_of", "translations", "merged_into"):
            batch_op.drop_column(column)
