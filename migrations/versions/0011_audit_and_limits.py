"""The chain of the audit trail, and shared rate limits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Whose affair the rows were that were written before that was noted.
CONCERNED = (
    "substr(subject, 14) WHERE subject LIKE 'organisation:%'",
    "(SELECT c.organisation_id FROM client c WHERE c.id = substr(audit.subject, 8))"
    " WHERE subject LIKE 'client:%'",
    "(SELECT r.society_id FROM record r WHERE r.id = substr(audit.subject, 8))"
    " WHERE subject LIKE 'record:%'",
    "(SELECT r.society_id FROM roster r WHERE r.id = substr(audit.subject, 8))"
    " WHERE subject LIKE 'roster:%'",
    "(SELECT i.society_id FROM issuer i WHERE i.id = substr(audit.subject, 8))"
    " WHERE subject LIKE 'issuer:%'",
)
KEPT = ("audit", "audit_seal")

POSTGRESQL = (
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " RAISE EXCEPTION 'the audit trail is append-only: % on % is refused', TG_OP, TG_TABLE_NAME;"
    " END $$",
    "CREATE FUNCTION audit_wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " INSERT INTO audit_waiting (audit_id) VALUES (NEW.id); RETURN NULL; END $$",
    *(
        f"CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        for table in KEPT
    ),
    "CREATE TRIGGER audit_wait AFTER INSERT ON audit"
    " FOR EACH ROW EXECUTE FUNCTION audit_wait()",
)
SQLITE = (
    *(
        f"CREATE TRIGGER {table}_refuse_{action} BEFORE {action} ON {table} BEGIN"
        f" SELECT RAISE(ABORT, 'the audit trail is append-only: {action} on {table} is refused');"
        " END"
        for table in KEPT
        for action in ("UPDATE", "DELETE")
    ),
    "CREATE TRIGGER audit_wait AFTER INSERT ON audit BEGIN"
    " INSERT INTO audit_waiting (audit_id) VALUES (NEW.id); END",
)
POSTGRESQL_BACK = (
    *(f"DROP TRIGGER {table}_refuse ON {table}" for table in KEPT),
    "DROP TRIGGER audit_wait ON audit",
    "DROP FUNCTION audit_refuse()",
    "DROP FUNCTION audit_wait()",
)
SQLITE_BACK = (
    *(
        f"DROP TRIGGER {table}_refuse_{action}"
        for table in KEPT
        for action in ("UPDATE", "DELETE")
    ),
    "DROP TRIGGER audit_wait",
)


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column("audit", sa.Column("organisation_id", sa.String(64), nullable=True))
    for concerned in CONCERNED:
        op.execute(f"UPDATE audit SET organisation_id = {concerned}")
    op.create_index("ix_audit_organisation", "audit", ["organisation_id", "id"])
    op.create_table(
        "audit_seal",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_audit_seal_audit_id")),
    )
    op.create_table(
        "audit_waiting",
        sa.Column("audit_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_waiting")),
    )
    op.execute("INSERT INTO audit_waiting (audit_id) SELECT id FROM audit")
    for statement in POSTGRESQL if on_postgresql else SQLITE:
        op.execute(sa.text(statement))
    op.create_table(
        "rate_limit",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column(
            "taken",
            sa.JSON().with_variant(postgresql.ARRAY(sa.Double()), "postgresql"),
            nullable=True,
        ),
        sa.Column("hits", sa.Integer(), nullable=True),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limit")),
        # Counts may be lost in a crash, and are too many to be written twice.
        prefixes=["UNLOGGED"] if on_postgresql else [],
    )


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.drop_table("rate_limit")
    for statement in POSTGRESQL_BACK if on_postgresql else SQLITE_BACK:
        op.execute(sa.text(statement))
    op.drop_table("audit_waiting")
    op.drop_table("audit_seal")
    op.drop_index("ix_audit_organisation", "audit")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_column("organisation_id")
