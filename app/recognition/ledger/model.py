"""What the ledger speaks of: submissions, decisions made, reviews, appeals, runs, cycles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from app.platform.problems import DomainError
from app.recognition.deciding.facts import Supplement
from app.recognition.deciding.model import Compliance, Decision, Facts, Outcome, Totals
from app.recognition.policies.model import Period, Policy, Span


class Origin(StrEnum):
    """By which way a record came to the registry."""

    API = "api"
    MEMBER = "member"
    """Somebody of the registry gave it in."""
    ENGINEER = "engineer"
    """The registrant gave it from the records that he or she keeps here."""
    LINK = "link"
    """By a holder's link or a share link of this node."""
    DECLARED = "declared"
    """An entry by hand: no record, nobody's signature."""


class Cause(StrEnum):
    """Why a decision was made."""

    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    APPEAL = "appeal"
    CORRECTED = "corrected"
    """The record's standing, or what is known of it, changed."""
    REVOKED = "revoked"
    POLICY = "policy"


class Judged(StrEnum):
    """What people say of a record by hand."""

    ACCEPT = "accept"
    EVIDENCE_ONLY = "evidence_only"
    REJECT = "reject"
    EVALUATE = "evaluate"
    """Let the policy decide again, with what was missing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's word on a record, with the line of the policy that it rests on."""

    judged: Judged
    amount: Fraction | None = None
    category: str | None = None
    rule: str | None = None
    supplement: Supplement | None = None
    """Facts that were missing."""
    holder_confirmed: bool = False
    """The registry made sure in another way that the holder is the registrant."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an entry by hand rests on: a file by its SHA-256, a short text, or both."""

    name: str
    media_type: str | None = None
    digest: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """An activity as a registrant declares it; nobody signed it."""

    title: str
    completed: date
    kind: str
    mode: str | None = None
    role: str | None = None
    provider: str | None = None
    measures: Mapping[str, Fraction] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    competences: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    delivery: Mapping[str, bool] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    key: str | None = None
    """The same key is the same entry; without one, the same content is."""


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """A decision that is kept."""

    id: str
    submission_id: str
    registry_id: str
    registrant_id: str
    sequence: int
    previous_id: str | None
    cause: Cause
    at: datetime
    by: str
    today: date
    decision: Decision
    facts: Facts
    verdict: Verdict | None = None
    """The word of people that it rests on, if it does."""
    run_id: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A record, or an entry by hand, that was given to a registry; with its current decision."""

    id: str
    registry_id: str
    registrant_id: str
    number: int
    """Its place in the order in which the registrant's caps are used up."""
    origin: Origin
    submitted_by: str
    submitted_at: datetime
    self_declared: bool
    record_id: str
    issuer_id: str | None
    holder_id: str | None
    title: str
    completed: date
    """The day of submission, while nothing of the record is proven."""
    digest: str | None
    verified_at: datetime | None
    outcome: Outcome
    decision: DecisionMade
    activity_key: str | None = None
    verdict: Verdict | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of one record of many: a submission, or why there is none."""

    index: int
    submission: Submission | None = None
    created: bool = False
    """Whether this very call made it, or it had been submitted before."""
    error: DomainError | None = None


class ReviewState(StrEnum):
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    SENT_BACK = "sent_back"
    OUTDATED = "outdated"
    """Another decision came before it was confirmed."""


@dataclass(frozen=True, slots=True)
class Review:
    """A verdict that one person proposed and a second confirms or sends back."""

    id: str
    registry_id: str
    submission_id: str
    decision_id: str
    appeal_id: str | None
    state: ReviewState
    verdict: Verdict
    note: str
    proposed_by: str
    proposed_at: datetime
    settled_by: str | None = None
    settled_at: datetime | None = None
    settled_note: str | None = None
    result_id: str | None = None


class AppealKind(StrEnum):
    APPEAL = "appeal"
    HUMAN_LOOK = "human_look"
    """A person asks that people look at what was decided by rules alone."""


class AppealState(StrEnum):
    OPEN = "open"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Appeal:
    """Somebody is not content with a decision."""

    id: str
    registry_id: str
    submission_id: str
    decision_id: str
    kind: AppealKind
    state: AppealState
    text: str
    filed_by: str
    filed_at: datetime
    answered_by: str | None = None
    answered_at: datetime | None = None
    answer: str | None = None
    result_id: str | None = None


class RunState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    TELLING = "telling"
    """Everything is decided; who is concerned is being told."""
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RunScope:
    """What a run decides anew: everything of the registry, narrowed by what is said."""

    policy_id: str | None = None
    """Decisions under this policy, and those that it may decide instead."""
    policy_version: int | None = None
    """A version to try, which need not be adopted; for dry runs alone."""
    since: date | None = None
    until: date | None = None
    """Completed in these days."""
    submissions: tuple[str, ...] = ()
    registrants: tuple[str, ...] = ()
    verify: bool = False
    """Verify the records again first."""


@dataclass(frozen=True, slots=True)
class Run:
    """Decisions that are made anew: how far it has come."""

    id: str
    registry_id: str
    cause: Cause
    dry: bool
    state: RunState
    why: str
    scope: RunScope
    total: int
    looked: int
    changed: int
    started_by: str
    created_at: datetime
    finished_at: datetime | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """What a policy, or a change of facts, makes of a submission: old, new; why is in ``new``."""

    submission: Submission
    old: Decision
    new: Decision


@dataclass(frozen=True, slots=True)
class CapUse:
    """A cap and what is used of it in one period."""

    id: str
    category: str | None
    period: Period
    span: Span
    used: Fraction
    max: Fraction
    policy_id: str

    @property
    def left(self) -> Fraction:
        """What may still count."""
        return max(Fraction(0), self.max - self.used)


@dataclass(frozen=True, slots=True)
class CycleView:
    """A registrant's cycle as it stands."""

    policy: Policy
    """By whose version in force on the cycle's last day, or today, the cycle is judged."""
    span: Span
    totals: Totals
    """After caps, without what was carried in."""
    carry_in: Fraction
    caps: tuple[CapUse, ...]
    compliance: Compliance | None
    """``None`` where the policy has no cycle to meet."""
    days_left: int | None
    ended: bool
    """Whether the cycle's last day is past."""
    decisions: Sequence[DecisionMade]
    """The current ones of what was completed in it, in the order of submission."""
    open: int
    """How many of them are in review."""


Answer = Mapping[str, Any]
"""JSON as a store keeps it."""


class AppealsClosed(DomainError):
    """There is nothing to appeal against, or it is too late."""

    code = "appeal-closed"
    status = 409


class NotYours(DomainError):
    """Who decided, or is concerned, may not decide this."""

    code = "needs-another-person"
    status = 403


RECORD_LIMIT = 256 * 1024
"""The most bytes that a record may have."""
MOST_RECORDS = 10_000
"""How many may be submitted in one request."""
