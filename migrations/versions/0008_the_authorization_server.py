"""Clients that prove themselves by keys, codes and refresh tokens."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.platform.db import JSONColumn, UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_CLIENT_COLUMNS: tuple[Callable[[], sa.Column[Any]], ...] = (
    lambda: sa.Column("kind", sa.String(16), nullable=False, server_default="service"),
    lambda: sa.Column(
        "method", sa.String(32), nullable=False, server_default="client_secret_basic"
    ),
    lambda: sa.Column("former_secret_hash", sa.String(200), nullable=True),
    lambda: sa.Column("former_secret_ends_at", UTCDateTime(), nullable=True),
    lambda: sa.Column("jwks", JSONColumn, nullable=True),
    lambda: sa.Column("jwks_uri", sa.String(1000), nullable=True),
    lambda: sa.Column("redirect_uris", JSONColumn, nullable=False, server_default="[]"),
    lambda: sa.Column("sandbox", sa.Boolean(), nullable=False, server_default=sa.false()),
)


def upgrade() -> None:
    for column in _CLIENT_COLUMNS:
        op.add_column("client", column())
    op.create_table(
        "ended_token",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_token")),
    )
    op.create_index("ix_ended_token_ends_at", "ended_token", ["ends_at"])
    op.create_table(
        "used_assertion",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_used_assertion")),
    )
    op.create_index("ix_used_assertion_ends_at", "used_assertion", ["ends_at"])
    op.create_table(
        "permission",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("client_id", sa.String(36), nullable=False),
        sa.Column("organisation_id", sa.String(64), nullable=False),
        sa.Column("scopes", JSONColumn, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_permission_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_permission_client_id_client")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permission")),
        sa.UniqueConstraint(
            "person_id",
            "client_id",
            "organisation_id",
            name=op.f("uq_permission_person_id_client_id_organisation_id"),
        ),
    )
    op.create_index("ix_permission_client_id", "permission", ["client_id"])
    op.create_table(
        "oauth_authorization",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("permission_id", sa.String(36), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("scopes", JSONColumn, nullable=False),
        sa.Column("redirect_uri", sa.String(1000), nullable=False),
        sa.Column("challenge", sa.String(43), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("redeemed_at", UTCDateTime(), nullable=True),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["permission_id"],
            ["permission.id"],
            name=op.f("fk_oauth_authorization_permission_id_permission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_authorization")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_oauth_authorization_code_hash")),
    )
    op.create_index("ix_oauth_authorization_ends_at", "oauth_authorization", ["ends_at"])
    op.create_index(
        "ix_oauth_authorization_permission_id", "oauth_authorization", ["permission_id"]
    )
    op.create_table(
        "refresh_token",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("authorization_id", sa.String(36), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["authorization_id"],
            ["oauth_authorization.id"],
            name=op.f("fk_refresh_token_authorization_id_oauth_authorization"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_refresh_token")),
    )
    op.create_index("ix_refresh_token_authorization_id", "refresh_token", ["authorization_id"])


def downgrade() -> None:
    for table in (
        "refresh_token",
        "oauth_authorization",
        "permission",
        "used_assertion",
        "ended_token",
    ):
        op.drop_table(table)
    for column in _CLIENT_COLUMNS:
        op.drop_column("client", column().name)
