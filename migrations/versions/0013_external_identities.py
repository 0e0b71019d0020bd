"""Accounts that people have elsewhere and sign in with."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import UTCDateTime

revision = "0013"
down_revision = "0012"
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
        "external_identity",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("shown", sa.String(200), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=False),
        _person("external_identity"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identity")),
        sa.UniqueConstraint(
            "issuer", "subject", name=op.f("uq_external_identity_issuer_subject")
        ),
    )
    op.create_index(op.f("ix_external_identity_person_id"), "external_identity", ["person_id"])
    op.create_table(
        "oidc_attempt",
        sa.Column("state_hash", sa.String(64), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("provider_id", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("verifier", sa.String(128), nullable=False),
        sa.Column("then", sa.String(1000), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=True),
        sa.Column("session_id", sa.String(36), nullable=True),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        _person("oidc_attempt"),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_oidc_attempt")),
    )
    op.create_index(op.f("ix_oidc_attempt_person_id"), "oidc_attempt", ["person_id"])
    op.create_index(op.f("ix_oidc_attempt_ends_at"), "oidc_attempt", ["ends_at"])
    op.create_table(
        "oidc_waiting",
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("shown", sa.String(200), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        _person("oidc_waiting"),
        sa.PrimaryKeyConstraint("asked_by", "person_id", name=op.f("pk_oidc_waiting")),
    )
    op.create_index(op.f("ix_oidc_waiting_person_id"), "oidc_waiting", ["person_id"])
    op.create_index(op.f("ix_oidc_waiting_ends_at"), "oidc_waiting", ["ends_at"])
    op.create_table(
        "oidc_session",
        sa.Column("session_id", sa.String(36), nullable=False),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("sid", sa.String(255), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["login_session.id"],
            name=op.f("fk_oidc_session_session_id_login_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_oidc_session")),
    )
    op.create_index("ix_oidc_session_issuer_subject", "oidc_session", ["issuer", "subject"])
    op.create_table(
        "oidc_logout",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_oidc_logout")),
    )
    op.create_index(op.f("ix_oidc_logout_ends_at"), "oidc_logout", ["ends_at"])


def downgrade() -> None:
    for table in (
        "oidc_logout",
        "oidc_session",
        "oidc_waiting",
        "oidc_attempt",
        "external_identity",
    ):
        op.drop_table(table)
