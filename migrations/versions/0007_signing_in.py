"""How people prove who they are."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["person_id"],
        ["person.id"],
        name=op.f(f"fk_{table}_person_id_person"),
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.create_table(
        "mail_link",
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=True),
        sa.Column("asked_by", sa.String(64), nullable=True),
        sa.Column("then", sa.String(1000), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        _person("mail_link"),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_mail_link")),
    )
    for column in ("person_id", "asked_by", "ends_at"):
        op.create_index(op.f(f"ix_mail_link_{column}"), "mail_link", [column])
    op.create_table(
        "passkey",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("credential_id", sa.String(1400), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        _person("passkey"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_person_id"), "passkey", ["person_id"])
    op.create_table(
        "passkey_challenge",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=True),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        _person("passkey_challenge"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey_challenge")),
    )
    for column in ("person_id", "ends_at"):
        op.create_index(op.f(f"ix_passkey_challenge_{column}"), "passkey_challenge", [column])
    op.create_index(op.f("ix_login_session_ends_at"), "login_session", ["ends_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_login_session_ends_at"), "login_session")
    for table in ("passkey_challenge", "passkey", "mail_link"):
        op.drop_table(table)
