"""What people keep in their accounts."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("invitation") as table:
        table.add_column(sa.Column("note", sa.String(500), server_default="", nullable=False))
        table.create_index(op.f("ix_invitation_email"), ["email"])
    op.create_table(
        "kept_record",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("record_id", sa.String(36), nullable=False),
        sa.Column("kept_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_kept_record_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_kept_record_record_id_record")
        ),
        sa.PrimaryKeyConstraint("person_id", "record_id", name=op.f("pk_kept_record")),
    )
    op.create_index(op.f("ix_kept_record_record_id"), "kept_record", ["record_id"])


def downgrade() -> None:
    op.drop_table("kept_record")
    with op.batch_alter_table("invitation") as table:
        table.drop_index(op.f("ix_invitation_email"))
        table.drop_column("note")
