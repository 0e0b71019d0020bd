"""The standing of records: suspension, correction, their lists."""

import sqlalchemy as sa
from alembic import op

from app.platform.db import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LISTS = sa.table(
    "record_status_list",
    sa.column("society_id", sa.String),
    sa.column("number", sa.Integer),
    sa.column("size", sa.Integer),
    sa.column("allocated", sa.Integer),
    sa.column("taken", sa.LargeBinary),
    sa.column("url", sa.String),
    sa.column("json", sa.Text),
    sa.column("jwt", sa.Text),
    sa.column("published_at", UTCDateTime),
    sa.column("valid_until", UTCDateTime),
)
RECORDS = sa.table(
    "record",
    sa.column("society_id", sa.String),
    sa.column("list_no", sa.Integer),
    sa.column("list_index", sa.Integer),
    sa.column("revoked_at", UTCDateTime),
)
PUBLISHED = sa.table(
    "record_published_list",
    sa.column("society_id", sa.String),
    sa.column("number", sa.Integer),
    sa.column("purpose", sa.String),
    sa.column("url", sa.String),
    sa.column("bits", sa.LargeBinary),
    sa.column("dirty_since", UTCDateTime),
    sa.column("json", sa.Text),
    sa.column("jwt", sa.Text),
    sa.column("digest", sa.String),
    sa.column("published_at", UTCDateTime),
    sa.column("dated", sa.Boolean),
    sa.column("valid_until", UTCDateTime),
)


def upgrade() -> None:
    op.create_table(
        "record_published_list",
        sa.Column("society_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("url", sa.String(length=720), nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.Column("dirty_since", UTCDateTime(), nullable=True),
        sa.Column("json", sa.Text(), nullable=False),
        sa.Column("jwt", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=False),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("valid_until", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "society_id", "number", "purpose", name=op.f("pk_record_published_list")
        ),
        sa.UniqueConstraint("url", name=op.f("uq_record_published_list_url")),
    )
    with op.batch_alter_table("record_published_list", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_record_published_list_valid_until"), ["valid_until"], unique=False
        )
    op.create_table(
        "record_standing",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("who", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=False),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("successor", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_record_standing_record_id_record")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_standing")),
    )
    with op.batch_alter_table("record_standing", schema=None) as batch_op:
        batch_op.create_index("ix_record_standing_record", ["record_id", "id"], unique=False)
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("suspended_at", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("superseded_by", sa.String(length=36), nullable=True))
        batch_op.create_index("ix_record_issued", ["society_id", "issued_at"], unique=False)
    with op.batch_alter_table("record_status_list", schema=None) as batch_op:
        batch_op.add_column(sa.Column("taken", sa.LargeBinary(), nullable=True))
    _keep_the_lists_that_there_are()
    with op.batch_alter_table("record_status_list", schema=None) as batch_op:
        batch_op.alter_column("taken", existing_type=sa.LargeBinary(), nullable=False)
        batch_op.drop_index(batch_op.f("ix_record_status_list_valid_until"))
        for name in ("json", "jwt", "published_at", "valid_until"):
            batch_op.drop_column(name)


def _keep_the_lists_that_there_are() -> None:
    """The lists of revocations go on; the worker makes those for the other purposes."""
    session = op.get_bind()
    for row in session.execute(sa.select(LISTS)).all():
        of_list = (RECORDS.c.society_id == row.society_id) & (RECORDS.c.list_no == row.number)
        taken, revoked = bytearray(row.size // 8), bytearray(row.size // 8)
        for index, revoked_at in session.execute(
            sa.select(RECORDS.c.list_index, RECORDS.c.revoked_at).where(of_list)
        ):
            taken[index >> 3] |= 0x80 >> (index & 7)
            if revoked_at is not None:
                revoked[index >> 3] |= 0x80 >> (index & 7)
        session.execute(
            sa.update(LISTS)
            .where(LISTS.c.society_id == row.society_id, LISTS.c.number == row.number)
            .values(taken=bytes(taken), allocated=sum(byte.bit_count() for byte in taken))
        )
        session.execute(
            sa.insert(PUBLISHED).values(
                society_id=row.society_id,
                number=row.number,
                purpose="revocation",
                url=row.url,
                bits=bytes(revoked),
                json=row.json,
                jwt=row.jwt,
                digest=f"{row.published_at:%Y%m%dT%H%M%S%f}",
                published_at=row.published_at,
                dated=False,
                valid_until=row.valid_until,
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("record_status_list", schema=None) as batch_op:
        batch_op.add_column(sa.Column("json", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("jwt", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("published_at", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("valid_until", UTCDateTime(), nullable=True))
    session = op.get_bind()
    of_purpose = sa.select(PUBLISHED).where(PUBLISHED.c.purpose == "revocation")
    for row in session.execute(of_purpose).all():
        session.execute(
            sa.update(LISTS)
            .where(LISTS.c.society_id == row.society_id, LISTS.c.number == row.number)
            .values(
                json=row.json,
                jwt=row.jwt,
                published_at=row.published_at,
                valid_until=row.valid_until,
            )
        )
    with op.batch_alter_table("record_status_list", schema=None) as batch_op:
        for name, kind in (
            ("json", sa.Text()),
            ("jwt", sa.Text()),
            ("published_at", UTCDateTime()),
            ("valid_until", UTCDateTime()),
        ):
            batch_op.alter_column(name, existing_type=kind, nullable=False)
        batch_op.drop_column("taken")
        batch_op.create_index(
            batch_op.f("ix_record_status_list_valid_until"), ["valid_until"], unique=False
        )
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_index("ix_record_issued")
        batch_op.drop_column("superseded_by")
        batch_op.drop_column("suspended_at")
    op.drop_table("record_standing")
    op.drop_table("record_published_list")
