"""The tables of the ledger; private to this package.

Triggers of migration 0015 refuse to change or delete a decision: a new one takes its place.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.platform.db import Base, JSONColumn, UTCDateTime

_ID = String(36)
_HASH = String(64)
_WHO = String(128)


class AccountRow(Base):
    """One registrant's ledger: whoever decides for the registrant locks this row first.

    It also numbers the submissions, in the order in which caps are used up.
    """

    __tablename__ = "ledger_account"

    registrant_id: Mapped[str] = mapped_column(ForeignKey("registrant.id"), primary_key=True)
    registry_id: Mapped[str] = mapped_column(String(64), index=True)
    last_number: Mapped[int]


class SubmissionRow(Base):
    """A record, or an entry by hand, that was given to a registry for one registrant."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("registrant_id", "number", name="uq_submission_number"),
        UniqueConstraint("registrant_id", "record_key", name="uq_submission_record_key"),
        UniqueConstraint("registry_id", "claim", name="uq_submission_claim"),
        Index("ix_submission_registry", "registry_id", "id"),
        Index("ix_submission_outcome", "registry_id", "outcome", "id"),
        Index("ix_submission_registrant", "registrant_id", "id"),
        Index("ix_submission_record_id", "record_id"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    registry_id: Mapped[str] = mapped_column(String(64))
    registrant_id: Mapped[str] = mapped_column(ForeignKey("ledger_account.registrant_id"))
    number: Mapped[int]
    origin: Mapped[str] = mapped_column(String(16))
    submitted_by: Mapped[str] = mapped_column(_WHO)
    submitted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    self_declared: Mapped[bool]
    record_key: Mapped[str] = mapped_column(_HASH)
    """Of issuer and record: the same again is the same submission."""
    claim: Mapped[str | None] = mapped_column(_HASH)
    """The key while this registrant holds the record; nothing once it is rejected."""
    record: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The bytes as they were received; nothing for an entry by hand."""
    digest: Mapped[str | None] = mapped_column(_HASH)
    record_id: Mapped[str] = mapped_column(String(500))
    issuer_id: Mapped[str | None] = mapped_column(String(500))
    holder_id: Mapped[str | None] = mapped_column(String(500))
    achievement_id: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    completed: Mapped[date]
    """The day of submission, while nothing of the record is proven."""
    activity_key: Mapped[str | None] = mapped_column(Text)
    report: Mapped[Any | None] = mapped_column(JSONColumn)
    verified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    facts: Mapped[Any] = mapped_column(JSONColumn)
    supplement: Mapped[Any | None] = mapped_column(JSONColumn)
    """Facts that a reviewer added for this one record."""
    verdict: Mapped[Any | None] = mapped_column(JSONColumn)
    """What people decided by hand, as long as it stands."""
    outcome: Mapped[str] = mapped_column(String(16))
    """Of the current decision, for lists."""
    decision_id: Mapped[str] = mapped_column(_ID)
    sequence: Mapped[int]


class EvidenceRow(Base):
    """What an entry by hand rests on: a file by its digest, or a short text."""

    __tablename__ = "submission_evidence"

    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str | None] = mapped_column(String(100))
    digest: Mapped[str | None] = mapped_column(_HASH)
    text: Mapped[str | None] = mapped_column(Text)


class DecisionRow(Base):
    """A decision as it was made. Rows are added and read, never changed."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("submission_id", "sequence", name="uq_decision_sequence"),
        Index("ix_decision_registry", "registry_id", "id"),
        Index("ix_decision_registrant", "registrant_id", "id"),
        Index("ix_decision_run", "run_id", "id"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    registry_id: Mapped[str] = mapped_column(String(64))
    registrant_id: Mapped[str] = mapped_column(_ID)
    sequence: Mapped[int]
    previous_id: Mapped[str | None] = mapped_column(_ID)
    cause: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str] = mapped_column(_WHO)
    today: Mapped[date]
    """The day it was in the registry's zone."""
    outcome: Mapped[str] = mapped_column(String(16))
    credited: Mapped[str | None] = mapped_column(Text)
    """An exact fraction, such as ``8/5``."""
    category: Mapped[str | None] = mapped_column(String(200))
    policy_id: Mapped[str] = mapped_column(String(200))
    policy_version: Mapped[int]
    policy_hash: Mapped[str] = mapped_column(_HASH)
    body: Mapped[Any] = mapped_column(JSONColumn)
    """All of it: reasons, rule, trace, figures."""
    facts: Mapped[Any] = mapped_column(JSONColumn)
    """What it was decided on, so that it can be repeated."""
    verdict: Mapped[Any | None] = mapped_column(JSONColumn)
    run_id: Mapped[str | None] = mapped_column(_ID)
    note: Mapped[str | None] = mapped_column(Text)


class ReviewRow(Base):
    """A verdict that one person proposed and another confirms or sends back."""

    __tablename__ = "decision_review"
    __table_args__ = (
        Index("ix_decision_review_submission", "submission_id", "id"),
        Index("ix_decision_review_state", "registry_id", "state", "id"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    registry_id: Mapped[str] = mapped_column(String(64))
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    decision_id: Mapped[str] = mapped_column(_ID)
    """The decision that was looked at; when there is another since, the verdict is out of date."""
    appeal_id: Mapped[str | None] = mapped_column(_ID)
    state: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[Any] = mapped_column(JSONColumn)
    note: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[str] = mapped_column(_WHO)
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    settled_by: Mapped[str | None] = mapped_column(_WHO)
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_note: Mapped[str | None] = mapped_column(Text)
    result_id: Mapped[str | None] = mapped_column(_ID)


class AppealRow(Base):
    """Somebody is not content with a decision, or wants a person to look at it."""

    __tablename__ = "decision_appeal"
    __table_args__ = (
        Index("ix_decision_appeal_submission", "submission_id", "id"),
        Index("ix_decision_appeal_state", "registry_id", "state", "id"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    registry_id: Mapped[str] = mapped_column(String(64))
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    decision_id: Mapped[str] = mapped_column(_ID)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    filed_by: Mapped[str] = mapped_column(_WHO)
    filed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answered_by: Mapped[str | None] = mapped_column(_WHO)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answer: Mapped[str | None] = mapped_column(Text)
    result_id: Mapped[str | None] = mapped_column(_ID)


class RerunRow(Base):
    """Decisions that are to be made anew: how far it has come, and which process is at it."""

    __tablename__ = "rerun"
    __table_args__ = (
        Index("ix_rerun_registry", "registry_id", "id"),
        Index("ix_rerun_state", "state", "id"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    registry_id: Mapped[str] = mapped_column(String(64))
    cause: Mapped[str] = mapped_column(String(16))
    dry: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16))
    why: Mapped[str] = mapped_column(Text)
    scope: Mapped[Any] = mapped_column(JSONColumn)
    """What it is about: policy, first day, submissions."""
    cursor: Mapped[str] = mapped_column(_ID)
    """The last registrant that is done."""
    total: Mapped[int]
    looked: Mapped[int]
    changed: Mapped[int]
    started_by: Mapped[str] = mapped_column(_WHO)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    told: Mapped[str] = mapped_column(_ID)
    """The last registrant who was told by mail."""
    trouble: Mapped[str | None] = mapped_column(Text)
    host: Mapped[str | None] = mapped_column(String(255))
    pid: Mapped[int | None]
    process: Mapped[str | None] = mapped_column(_ID)
    heard_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class RerunChangeRow(Base):
    """One decision that a run changed, or would change: old, new, why."""

    __tablename__ = "rerun_change"
    __table_args__ = (Index("ix_rerun_change_run", "run_id", "registrant_id", "id"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("rerun.id"))
    registrant_id: Mapped[str] = mapped_column(_ID)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    old: Mapped[Any] = mapped_column(JSONColumn)
    new: Mapped[Any] = mapped_column(JSONColumn)


class MailChoiceRow(Base):
    """A person who does not want to be told of changed decisions by mail, or wants it again."""

    __tablename__ = "decision_mail_choice"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    wanted: Mapped[bool]
