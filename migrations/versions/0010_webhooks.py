"""Where organisations are told of events."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_follower",
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("as_topic", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("topic", "as_topic", name=op.f("pk_outbox_follower")),
    )


def downgrade() -> None:
    op.drop_table("outbox_follower")
