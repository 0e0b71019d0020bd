"""Registrants, what a registry lists, and the versions of its policies."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import JSONColumn, UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_HOLDS = sa.text("undone_at IS NULL")


def _points(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{to}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name)


def _registry(table: str) -> sa.ForeignKeyConstraint:
    return _points(table, "registry_id", "organisation")


def _registrants() -> None:
    op.create_table(
        "registrant",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("number", sa.String(100), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("language", sa.String(35), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("folded", sa.String(800), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        _registry("registrant"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrant")),
        sa.UniqueConstraint("registry_id", "number", name=op.f("uq_registrant_registry_id_number")),
    )
    op.create_table(
        "registrant_former_number",
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("number", sa.String(100), nullable=False),
        sa.Column("registrant_id", sa.String(36), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        _registry("registrant_former_number"),
        _points("registrant_former_number", "registrant_id", "registrant"),
        sa.PrimaryKeyConstraint(
            "registry_id", "number", name=op.f("pk_registrant_former_number")
        ),
    )
    op.create_index(
        op.f("ix_registrant_former_number_registrant_id"),
        "registrant_former_number",
        ["registrant_id"],
    )
    op.create_table(
        "registrant_link",
        sa.Column("registrant_id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("linked_at", UTCDateTime(), nullable=False),
        _points("registrant_link", "registrant_id", "registrant"),
        _points("registrant_link", "person_id", "person"),
        sa.PrimaryKeyConstraint("registrant_id", name=op.f("pk_registrant_link")),
    )
    op.create_index(op.f("ix_registrant_link_person_id"), "registrant_link", ["person_id"])


def _holders() -> None:
    op.create_table(
        "holder_binding",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("registrant_id", sa.String(36), nullable=False),
        sa.Column("holder_id", sa.String(300), nullable=False),
        sa.Column("bound_at", UTCDateTime(), nullable=False),
        sa.Column("bound_by", sa.String(128), nullable=False),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.Column("undone_by", sa.String(128), nullable=True),
        sa.Column("reason", sa.String(500), nullable=True),
        _registry("holder_binding"),
        _points("holder_binding", "registrant_id", "registrant"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holder_binding")),
    )
    op.create_index(
        op.f("ix_holder_binding_registrant_id"), "holder_binding", ["registrant_id"]
    )
    op.create_index(
        "uq_holder_binding_holds",
        "holder_binding",
        ["registry_id", "holder_id"],
        unique=True,
        sqlite_where=_HOLDS,
        postgresql_where=_HOLDS,
    )
    op.create_table(
        "registry_number_types",
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("types", JSONColumn, nullable=False),
        _registry("registry_number_types"),
        sa.PrimaryKeyConstraint("registry_id", name=op.f("pk_registry_number_types")),
    )


def _ending() -> list[sa.Column[object]]:
    return [
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.String(128), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(128), nullable=True),
        sa.Column("struck", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=True),
    ]


def _listings() -> None:
    op.create_table(
        "issuer_listing",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("issuer_id", sa.String(400), nullable=False),
        sa.Column("tag", sa.String(100), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("note", sa.String(500), server_default="", nullable=False),
        *_ending(),
        _registry("issuer_listing"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer_listing")),
    )
    op.create_index(
        "ix_issuer_listing_registry_id_issuer_id", "issuer_listing", ["registry_id", "issuer_id"]
    )
    op.create_table(
        "approval_listing",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("body", sa.String(100), nullable=False),
        sa.Column("number", sa.String(200), nullable=False),
        sa.Column("title", sa.String(500), server_default="", nullable=False),
        sa.Column("issuer_id", sa.String(400), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        *_ending(),
        _registry("approval_listing"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_listing")),
    )
    op.create_index(
        "ix_approval_listing_registry_id_number", "approval_listing", ["registry_id", "number"]
    )


def _policies() -> None:
    op.create_table(
        "policy_version",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("policy_id", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.String(128), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(128), nullable=False),
        sa.Column("adopted_at", UTCDateTime(), nullable=True),
        sa.Column("adopted_by", sa.String(128), nullable=True),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.String(128), nullable=True),
        sa.Column("withdrawn_from", sa.Date(), nullable=True),
        sa.Column("withdrawn_reason", sa.String(500), nullable=True),
        _registry("policy_version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
    )
    op.create_index(
        "uq_policy_version_registry_id_policy_id_version",
        "policy_version",
        ["registry_id", "policy_id", "version"],
        unique=True,
    )


def upgrade() -> None:
    with op.batch_alter_table("registration") as table:
        table.add_column(sa.Column("answer", sa.String(16), nullable=True))
        table.add_column(sa.Column("answered_at", UTCDateTime(), nullable=True))
        table.add_column(sa.Column("answer_note", sa.String(500), nullable=True))
        table.create_index(op.f("ix_registration_registry_id"), ["registry_id"])
    _registrants()
    _holders()
    _listings()
    _policies()


def downgrade() -> None:
    for table in (
        "policy_version",
        "approval_listing",
        "issuer_listing",
        "registry_number_types",
        "holder_binding",
        "registrant_link",
        "registrant_former_number",
        "registrant",
    ):
        op.drop_table(table)
    with op.batch_alter_table("registration") as registration:
        registration.drop_index(op.f("ix_registration_registry_id"))
        for column in ("answer_note", "answered_at", "answer"):
            registration.drop_column(column)
