"""Signed bundles: publishers and versions."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("issuer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("publisher_id", sa.String(length=400), nullable=True))
        batch_op.add_column(
            sa.Column("status_issuers", sa.Text(), nullable=False, server_default="")
        )
        batch_op.create_index(batch_op.f("ix_issuer_publisher_id"), ["publisher_id"], unique=False)
    with op.batch_alter_table("issuer_key", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("listed", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("status_list_copy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "trust_publisher",
        sa.Column("id", sa.String(length=400), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("issued_at", UTCDateTime(), nullable=False),
        sa.Column("imported_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_publisher")),
    )
    op.create_table(
        "trust_publication",
        sa.Column("publisher_id", sa.String(length=400), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("trust_version", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("publisher_id", name=op.f("pk_trust_publication")),
    )
    counter = op.create_table(
        "trust_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_version")),
    )
    op.bulk_insert(counter, [{"id": 1, "number": 0}])


def downgrade() -> None:
    op.drop_table("trust_version")
    op.drop_table("trust_publication")
    op.drop_table("trust_publisher")
    with op.batch_alter_table("status_list_copy", schema=None) as batch_op:
        batch_op.drop_column("revision")
    with op.batch_alter_table("issuer_key", schema=None) as batch_op:
        batch_op.drop_column("listed")
    with op.batch_alter_table("issuer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuer_publisher_id"))
        batch_op.drop_column("status_issuers")
        batch_op.drop_column("publisher_id")
