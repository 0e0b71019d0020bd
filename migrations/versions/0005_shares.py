"""Holder's pages and share links."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record_holder_link",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("record_id", sa.String(36), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_record_holder_link_record_id_record")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_holder_link")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_record_holder_link_secret_hash")),
    )
    op.create_index(
        op.f("ix_record_holder_link_record_id"), "record_holder_link", ["record_id"]
    )
    op.create_table(
        "record_share_link",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("record_id", sa.String(36), nullable=False),
        sa.Column("holder_link_id", sa.String(36), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("downloads", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_record_share_link_record_id_record")
        ),
        sa.ForeignKeyConstraint(
            ["holder_link_id"],
            ["record_holder_link.id"],
            name=op.f("fk_record_share_link_holder_link_id_record_holder_link"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_share_link")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_record_share_link_secret_hash")),
    )
    op.create_index(op.f("ix_record_share_link_record_id"), "record_share_link", ["record_id"])


def downgrade() -> None:
    op.drop_table("record_share_link")
    op.drop_table("record_holder_link")
