"""Agreements between registries and statements of compliance."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import JSONColumn, UTCDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def _agreements() -> None:
    op.create_table('agreement_annex',
    sa.Column('hash', sa.String(64), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_agreement_annex'))
    )
    op.create_table('agreement',
    sa.Column('id', sa.String(36), nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('hash', sa.String(64), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('first_party', sa.String(400), nullable=False),
    sa.Column('second_party', sa.String(400), nullable=False),
    sa.Column('drafted_by', sa.String(64), nullable=False),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.Column('created_by', sa.String(128), nullable=False),
    sa.ForeignKeyConstraint(['drafted_by'], ['organisation.id'], name=op.f('fk_agreement_drafted_by_organisation')),
    sa.PrimaryKeyConstraint('id', 'version', name=op.f('pk_agreement'))
    )
    op.create_index('ix_agreement_first_party', 'agreement', ['first_party', 'id'])
    op.create_index('ix_agreement_second_party', 'agreement', ['second_party', 'id'])
    op.create_table('agreement_ending',
    sa.Column('agreement_id', sa.String(36), nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('party_id', sa.String(400), nullable=False),
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('received_at', UTCDateTime(), nullable=False),
    sa.Column('received_by', sa.String(128), nullable=False),
    sa.ForeignKeyConstraint(['agreement_id', 'version'], ['agreement.id', 'agreement.version'], name=op.f('fk_agreement_ending_agreement_id_version_agreement'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('agreement_id', 'version', 'party_id', name=op.f('pk_agreement_ending'))
    )
    op.create_table('agreement_signature',
    sa.Column('agreement_id', sa.String(36), nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('party_id', sa.String(400), nullable=False),
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('received_at', UTCDateTime(), nullable=False),
    sa.Column('received_by', sa.String(128), nullable=False),
    sa.ForeignKeyConstraint(['agreement_id', 'version'], ['agreement.id', 'agreement.version'], name=op.f('fk_agreement_signature_agreement_id_version_agreement'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('agreement_id', 'version', 'party_id', name=op.f('pk_agreement_signature'))
    )


def _compliance() -> None:
    op.create_table('compliance_list',
    sa.Column('registry_id', sa.String(64), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('url', sa.String(700), nullable=False),
    sa.Column('allocated', sa.Integer(), nullable=False),
    sa.Column('taken', sa.LargeBinary(), nullable=False),
    sa.Column('json', sa.Text(), nullable=False),
    sa.Column('jwt', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(43), nullable=False),
    sa.Column('published_at', UTCDateTime(), nullable=False),
    sa.Column('valid_until', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['registry_id'], ['organisation.id'], name=op.f('fk_compliance_list_registry_id_organisation')),
    sa.PrimaryKeyConstraint('registry_id', 'number', name=op.f('pk_compliance_list')),
    sa.UniqueConstraint('url', name=op.f('uq_compliance_list_url'))
    )
    op.create_index(op.f('ix_compliance_list_valid_until'), 'compliance_list', ['valid_until'])
    op.create_table('compliance_request',
    sa.Column('id', sa.String(36), nullable=False),
    sa.Column('registry_id', sa.String(64), nullable=False),
    sa.Column('registrant_id', sa.String(36), nullable=False),
    sa.Column('state', sa.String(16), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('purposes', JSONColumn, nullable=False),
    sa.Column('audience', sa.String(400), nullable=True),
    sa.Column('number', sa.String(100), nullable=True),
    sa.Column('asked_at', UTCDateTime(), nullable=False),
    sa.Column('asked_by', sa.String(128), nullable=False),
    sa.Column('answered_at', UTCDateTime(), nullable=True),
    sa.Column('answered_by', sa.String(128), nullable=True),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('statement_id', sa.String(36), nullable=True),
    sa.ForeignKeyConstraint(['registry_id'], ['organisation.id'], name=op.f('fk_compliance_request_registry_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_compliance_request'))
    )
    op.create_index('ix_compliance_request_registrant', 'compliance_request', ['registrant_id', 'id'])
    op.create_index('ix_compliance_request_registry', 'compliance_request', ['registry_id', 'state', 'id'])
    op.create_table('compliance_statement',
    sa.Column('id', sa.String(36), nullable=False),
    sa.Column('registry_id', sa.String(64), nullable=False),
    sa.Column('registrant_id', sa.String(36), nullable=False),
    sa.Column('met', sa.Boolean(), nullable=False),
    sa.Column('first', sa.Date(), nullable=False),
    sa.Column('last', sa.Date(), nullable=False),
    sa.Column('judged_on', sa.Date(), nullable=False),
    sa.Column('policy_id', sa.String(200), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.Column('policy_hash', sa.String(64), nullable=False),
    sa.Column('purposes', JSONColumn, nullable=False),
    sa.Column('audience', sa.String(400), nullable=True),
    sa.Column('json', sa.Text(), nullable=False),
    sa.Column('jwt', sa.Text(), nullable=False),
    sa.Column('list_no', sa.Integer(), nullable=False),
    sa.Column('list_index', sa.Integer(), nullable=False),
    sa.Column('issued_at', UTCDateTime(), nullable=False),
    sa.Column('issued_by', sa.String(128), nullable=False),
    sa.Column('checked_at', UTCDateTime(), nullable=False),
    sa.Column('withdrawn_at', UTCDateTime(), nullable=True),
    sa.Column('withdrawn_by', sa.String(128), nullable=True),
    sa.Column('withdrawn_why', sa.Text(), nullable=True),
    sa.Column('found', JSONColumn, nullable=True),
    sa.ForeignKeyConstraint(['registry_id'], ['organisation.id'], name=op.f('fk_compliance_statement_registry_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_compliance_statement')),
    sa.UniqueConstraint('registry_id', 'list_no', 'list_index', name='uq_compliance_place')
    )
    op.create_index('ix_compliance_statement_checked', 'compliance_statement', ['withdrawn_at', 'checked_at'])
    op.create_index('ix_compliance_statement_registrant', 'compliance_statement', ['registrant_id', 'id'])
    op.create_index('ix_compliance_statement_registry', 'compliance_statement', ['registry_id', 'id'])


def upgrade() -> None:
    _agreements()
    _compliance()


def downgrade() -> None:
    for table in (
        "compliance_statement",
        "compliance_request",
        "compliance_list",
        "agreement_signature",
        "agreement_ending",
        "agreement",
        "agreement_annex",
    ):
        op.drop_table(table)
