"""What was submitted to a registry and what it decided."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import JSONColumn, UTCDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# A decision is history: the database itself refuses to change or delete one.
POSTGRESQL = (
    "CREATE FUNCTION decision_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " RAISE EXCEPTION 'decisions are append-only: % on % is refused', TG_OP, TG_TABLE_NAME;"
    " END $$",
    "CREATE TRIGGER decision_refuse BEFORE UPDATE OR DELETE ON decision"
    " FOR EACH ROW EXECUTE FUNCTION decision_refuse()",
    "CREATE TRIGGER decision_refuse_truncate BEFORE TRUNCATE ON decision"
    " FOR EACH STATEMENT EXECUTE FUNCTION decision_refuse()",
)
SQLITE = tuple(
    f"CREATE TRIGGER decision_refuse_{action} BEFORE {action} ON decision BEGIN"
    f" SELECT RAISE(ABORT, 'decisions are append-only: {action} on decision is refused'); END"
    for action in ("UPDATE", "DELETE")
)
POSTGRESQL_BACK = (
    "DROP TRIGGER decision_refuse ON decision",
    "DROP TRIGGER decision_refuse_truncate ON decision",
    "DROP FUNCTION decision_refuse()",
)
SQLITE_BACK = tuple(f"DROP TRIGGER decision_refuse_{action}" for action in ("UPDATE", "DELETE"))


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "rerun",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("dry", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("scope", JSONColumn, nullable=False),
        sa.Column("cursor", sa.String(36), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.String(128), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("told", sa.String(36), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("host", sa.String(255), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("process", sa.String(36), nullable=True),
        sa.Column("heard_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rerun")),
    )
    op.create_index("ix_rerun_registry", "rerun", ["registry_id", "id"])
    op.create_index("ix_rerun_state", "rerun", ["state", "id"])
    op.create_table(
        "decision_mail_choice",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_decision_mail_choice_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_decision_mail_choice")),
    )
    op.create_table(
        "ledger_account",
        sa.Column("registrant_id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["registrant_id"], ["registrant.id"], name=op.f("fk_ledger_account_registrant_id_registrant")),
        sa.PrimaryKeyConstraint("registrant_id", name=op.f("pk_ledger_account")),
    )
    op.create_index(op.f("ix_ledger_account_registry_id"), "ledger_account", ["registry_id"])
    op.create_table(
        "submission",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("registrant_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("submitted_by", sa.String(128), nullable=False),
        sa.Column("submitted_at", UTCDateTime(), nullable=False),
        sa.Column("self_declared", sa.Boolean(), nullable=False),
        sa.Column("record_key", sa.String(64), nullable=False),
        sa.Column("claim", sa.String(64), nullable=True),
        sa.Column("record", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("record_id", sa.String(500), nullable=False),
        sa.Column("issuer_id", sa.String(500), nullable=True),
        sa.Column("holder_id", sa.String(500), nullable=True),
        sa.Column("achievement_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("completed", sa.Date(), nullable=False),
        sa.Column("activity_key", sa.Text(), nullable=True),
        sa.Column("report", JSONColumn, nullable=True),
        sa.Column("verified_at", UTCDateTime(), nullable=True),
        sa.Column("facts", JSONColumn, nullable=False),
        sa.Column("supplement", JSONColumn, nullable=True),
        sa.Column("verdict", JSONColumn, nullable=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["registrant_id"], ["ledger_account.registrant_id"], name=op.f("fk_submission_registrant_id_ledger_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("registrant_id", "number", name="uq_submission_number"),
        sa.UniqueConstraint("registrant_id", "record_key", name="uq_submission_record_key"),
        sa.UniqueConstraint("registry_id", "claim", name="uq_submission_claim"),
    )
    op.create_index("ix_submission_outcome", "submission", ["registry_id", "outcome", "id"])
    op.create_index("ix_submission_record_id", "submission", ["record_id"])
    op.create_index("ix_submission_registrant", "submission", ["registrant_id", "id"])
    op.create_index("ix_submission_registry", "submission", ["registry_id", "id"])
    op.create_table(
        "decision",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("submission_id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("registrant_id", sa.String(36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("previous_id", sa.String(36), nullable=True),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("made_by", sa.String(128), nullable=False),
        sa.Column("today", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("credited", sa.Text(), nullable=True),
        sa.Column("category", sa.String(200), nullable=True),
        sa.Column("policy_id", sa.String(200), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("policy_hash", sa.String(64), nullable=False),
        sa.Column("body", JSONColumn, nullable=False),
        sa.Column("facts", JSONColumn, nullable=False),
        sa.Column("verdict", JSONColumn, nullable=True),
        sa.Column("run_id", sa.String(36), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_decision_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("submission_id", "sequence", name="uq_decision_sequence"),
    )
    op.create_index("ix_decision_registrant", "decision", ["registrant_id", "id"])
    op.create_index("ix_decision_registry", "decision", ["registry_id", "id"])
    op.create_index("ix_decision_run", "decision", ["run_id", "id"])
    op.create_table(
        "decision_appeal",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("submission_id", sa.String(36), nullable=False),
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("filed_by", sa.String(128), nullable=False),
        sa.Column("filed_at", UTCDateTime(), nullable=False),
        sa.Column("answered_by", sa.String(128), nullable=True),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("result_id", sa.String(36), nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_decision_appeal_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_appeal")),
    )
    op.create_index("ix_decision_appeal_state", "decision_appeal", ["registry_id", "state", "id"])
    op.create_index("ix_decision_appeal_submission", "decision_appeal", ["submission_id", "id"])
    op.create_table(
        "decision_review",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("registry_id", sa.String(64), nullable=False),
        sa.Column("submission_id", sa.String(36), nullable=False),
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("appeal_id", sa.String(36), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("verdict", JSONColumn, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(128), nullable=False),
        sa.Column("proposed_at", UTCDateTime(), nullable=False),
        sa.Column("settled_by", sa.String(128), nullable=True),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.Column("settled_note", sa.Text(), nullable=True),
        sa.Column("result_id", sa.String(36), nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_decision_review_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_review")),
    )
    op.create_index("ix_decision_review_state", "decision_review", ["registry_id", "state", "id"])
    op.create_index("ix_decision_review_submission", "decision_review", ["submission_id", "id"])
    op.create_table(
        "rerun_change",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("registrant_id", sa.String(36), nullable=False),
        sa.Column("submission_id", sa.String(36), nullable=False),
        sa.Column("old", JSONColumn, nullable=False),
        sa.Column("new", JSONColumn, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["rerun.id"], name=op.f("fk_rerun_change_run_id_rerun")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_rerun_change_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rerun_change")),
    )
    op.create_index("ix_rerun_change_run", "rerun_change", ["run_id", "registrant_id", "id"])
    op.create_table(
        "submission_evidence",
        sa.Column("submission_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=True),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_submission_evidence_submission_id_submission")),
        sa.PrimaryKeyConstraint("submission_id", "number", name=op.f("pk_submission_evidence")),
    )
    for statement in POSTGRESQL if on_postgresql else SQLITE:
        op.execute(sa.text(statement))


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRESQL_BACK if on_postgresql else SQLITE_BACK:
        op.execute(sa.text(statement))
    op.drop_table("submission_evidence")
    op.drop_index("ix_rerun_change_run", "rerun_change")
    op.drop_table("rerun_change")
    op.drop_index("ix_decision_review_submission", "decision_review")
    op.drop_index("ix_decision_review_state", "decision_review")
    op.drop_table("decision_review")
    op.drop_index("ix_decision_appeal_submission", "decision_appeal")
    op.drop_index("ix_decision_appeal_state", "decision_appeal")
    op.drop_table("decision_appeal")
    op.drop_index("ix_decision_run", "decision")
    op.drop_index("ix_decision_registry", "decision")
    op.drop_index("ix_decision_registrant", "decision")
    op.drop_table("decision")
    op.drop_index("ix_submission_registry", "submission")
    op.drop_index("ix_submission_registrant", "submission")
    op.drop_index("ix_submission_record_id", "submission")
    op.drop_index("ix_submission_outcome", "submission")
    op.drop_table("submission")
    op.drop_index(op.f("ix_ledger_account_registry_id"), "ledger_account")
    op.drop_table("ledger_account")
    op.drop_table("decision_mail_choice")
    op.drop_index("ix_rerun_state", "rerun")
    op.drop_index("ix_rerun_registry", "rerun")
    op.drop_table("rerun")
