"""What a registry's office keeps: audit samples."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import JSONColumn, UTCDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_sample",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("share", sa.String(16), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.Column("public_source", sa.String(500), nullable=False),
        sa.Column("list_hash", sa.String(64), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("listed", sa.LargeBinary(), nullable=False),
        sa.Column("announced_at", UTCDateTime(), nullable=False),
        sa.Column("announced_by", sa.String(128), nullable=False),
        sa.Column("public_value", sa.String(500), nullable=True),
        sa.Column("seed", sa.String(64), nullable=True),
        sa.Column("chosen", JSONColumn, nullable=True),
        sa.Column("drawn_at", UTCDateTime(), nullable=True),
        sa.Column("drawn_by", sa.String(128), nullable=True),
        sa.ForeignKeyConstraint(
            ["registry_id"],
            ["organisation.id"],
            name=op.f("fk_audit_sample_registry_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_sample")),
        sa.UniqueConstraint(
            "registry_id", "number", name=op.f("uq_audit_sample_registry_id_number")
        ),
    )


def downgrade() -> None:
    op.drop_table("audit_sample")
