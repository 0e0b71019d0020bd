"""The ledger as JSON over HTTP: what is told (``taking`` has what is taken).

Amounts are exact fractions as texts, such as ``"8/5"``; beside them stands a decimal for people.
"""

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, Field

from app.platform.problems import DomainError
from app.recognition.deciding.model import Decision, Outcome
from app.recognition.deciding.stored import decision_as_json, facts_as_json
from app.recognition.ledger.encoding import verdict_as_json
from app.recognition.ledger.model import (
    Appeal,
    AppealKind,
    AppealState,
    CapUse,
    Cause,
    CycleView,
    DecisionMade,
    Origin,
    Review,
    ReviewState,
    Run,
    RunState,
    Submission,
)
from app.recognition.ledger.running import RunChange
from app.recognition.policies.model import Period

_DECIMALS = 4


class AmountOut(BaseModel):
    """An exact fraction, and a decimal for people."""

    exact: str
    decimal: str

    @staticmethod
    def of(amount: Fraction) -> "AmountOut":
        return AmountOut(exact=str(amount), decimal=decimal(amount))


class DecisionOut(BaseModel):
    """A decision, with everything that is needed to repeat it."""

    id: str
    submission: str
    registrant: str
    sequence: int
    previous: str | None
    cause: Cause
    at: datetime
    by: str
    today: date
    outcome: Outcome
    credited: AmountOut | None
    category: str | None
    rule: str | None
    reasons: list[str]
    counted_tags: list[str]
    used: dict[str, str]
    policy_id: str
    policy_version: int
    policy_hash: str
    by_hand: dict[str, Any] | None
    run: str | None
    note: str | None

    @staticmethod
    def of(made: DecisionMade) -> "DecisionOut":
        one = made.decision
        return DecisionOut(
            id=made.id,
            submission=made.submission_id,
            registrant=made.registrant_id,
            sequence=made.sequence,
            previous=made.previous_id,
            cause=made.cause,
            at=made.at,
            by=made.by,
            today=made.today,
            outcome=one.outcome,
            credited=None if one.credited is None else AmountOut.of(one.credited),
            category=one.category,
            rule=one.rule,
            reasons=list(one.reasons),
            counted_tags=list(one.counted_tags),
            used={name: str(amount) for name, amount in one.used.items()},
            policy_id=one.policy_id,
            policy_version=one.policy_version,
            policy_hash=one.policy_hash,
            by_hand=verdict_as_json(made.verdict),
            run=made.run_id,
            note=made.note,
        )


class SubmissionOut(BaseModel):
    """What was given to the registry, and its current decision."""

    id: str
    registrant: str
    number: int
    origin: Origin
    submitted_by: str
    submitted_at: datetime
    self_declared: bool
    record: str
    issuer: str | None
    title: str
    completed: date
    outcome: Outcome
    decision: DecisionOut

    @staticmethod
    def of(one: Submission) -> "SubmissionOut":
        return SubmissionOut(**_submission(one))


class StepOut(BaseModel):
    """One question and its answer."""

    gate: str
    passed: bool
    code: str
    values: dict[str, str]
    said: str = Field(description="The same in words.")


class EvidenceOut(BaseModel):
    name: str
    media_type: str | None
    digest: str | None
    text: str | None


class SubmissionWholeOut(SubmissionOut):
    """All that is known of a submission."""

    trace: list[StepOut]
    facts: dict[str, Any]
    report: dict[str, Any] | None = Field(description="The verification, check by check.")
    evidence: list[EvidenceOut]
    decisions: list[DecisionOut] = Field(description="All of them, the first one first.")


class SubmissionPage(BaseModel):
    submissions: list[SubmissionOut]
    next_cursor: str | None


class DecisionPage(BaseModel):
    decisions: list[DecisionOut]
    next_cursor: str | None


class ErrorOut(BaseModel):
    """Why a record was not taken."""

    code: str
    detail: str


class SubmittedOut(BaseModel):
    """What became of one record."""

    index: int
    created: bool
    submission: SubmissionOut | None = None
    error: ErrorOut | None = None


class SubmittedManyOut(BaseModel):
    """What became of every record, in their order."""

    results: list[SubmittedOut]


class ReviewOut(BaseModel):
    """A proposed verdict and what became of it."""

    id: str
    submission: str
    decision: str
    appeal: str | None
    state: ReviewState
    verdict: dict[str, Any]
    note: str
    proposed_by: str
    proposed_at: datetime
    settled_by: str | None
    settled_at: datetime | None
    settled_note: str | None
    result: str | None

    @staticmethod
    def of(one: Review) -> "ReviewOut":
        return ReviewOut(
            id=one.id,
            submission=one.submission_id,
            decision=one.decision_id,
            appeal=one.appeal_id,
            state=one.state,
            verdict=verdict_as_json(one.verdict) or {},
            note=one.note,
            proposed_by=one.proposed_by,
            proposed_at=one.proposed_at,
            settled_by=one.settled_by,
            settled_at=one.settled_at,
            settled_note=one.settled_note,
            result=one.result_id,
        )


class ReviewPage(BaseModel):
    reviews: list[ReviewOut]
    next_cursor: str | None


class AppealOut(BaseModel):
    """An appeal and its answer."""

    id: str
    submission: str
    decision: str
    kind: AppealKind
    state: AppealState
    text: str
    filed_by: str
    filed_at: datetime
    answered_by: str | None
    answered_at: datetime | None
    answer: str | None
    result: str | None

    @staticmethod
    def of(one: Appeal) -> "AppealOut":
        return AppealOut(
            id=one.id,
            submission=one.submission_id,
            decision=one.decision_id,
            kind=one.kind,
            state=one.state,
            text=one.text,
            filed_by=one.filed_by,
            filed_at=one.filed_at,
            answered_by=one.answered_by,
            answered_at=one.answered_at,
            answer=one.answer,
            result=one.result_id,
        )


class AppealPage(BaseModel):
    appeals: list[AppealOut]
    next_cursor: str | None


class RunOut(BaseModel):
    """Decisions that are made anew, and how far that has come."""

    id: str
    cause: Cause
    dry: bool
    state: RunState
    why: str
    total: int = Field(description="How many submissions the registry had when it was started.")
    looked: int
    changed: int
    started_by: str
    created_at: datetime
    finished_at: datetime | None
    trouble: str | None

    @staticmethod
    def of(one: Run) -> "RunOut":
        return RunOut(
            id=one.id,
            cause=one.cause,
            dry=one.dry,
            state=one.state,
            why=one.why,
            total=one.total,
            looked=one.looked,
            changed=one.changed,
            started_by=one.started_by,
            created_at=one.created_at,
            finished_at=one.finished_at,
            trouble=one.trouble,
        )


class RunPage(BaseModel):
    reruns: list[RunOut]
    next_cursor: str | None


class ChangeOut(BaseModel):
    """What a run changed, or would change."""

    submission: str
    registrant: str
    old: dict[str, Any]
    new: dict[str, Any]

    @staticmethod
    def of(one: RunChange) -> "ChangeOut":
        return ChangeOut(
            submission=one.submission_id,
            registrant=one.registrant_id,
            old=dict(one.old),
            new=dict(one.new),
        )


class ChangePage(BaseModel):
    changes: list[ChangeOut]
    next_cursor: str | None


class CapOut(BaseModel):
    """A cap and what is used of it."""

    id: str
    policy_id: str
    category: str | None
    period: Period
    first: date | None
    last: date | None
    used: AmountOut
    max: AmountOut
    left: AmountOut

    @staticmethod
    def of(one: CapUse) -> "CapOut":
        return CapOut(
            id=one.id,
            policy_id=one.policy_id,
            category=one.category,
            period=one.period,
            first=one.span.first,
            last=one.span.last,
            used=AmountOut.of(one.used),
            max=AmountOut.of(one.max),
            left=AmountOut.of(one.left),
        )


class ShortfallOut(BaseModel):
    """A requirement that is not met, and by how much."""

    code: str
    id: str | None
    short: AmountOut


class CycleOut(BaseModel):
    """A registrant's cycle as it stands."""

    policy_id: str
    policy_version: int
    policy_hash: str
    unit: str | None
    first: date | None
    last: date | None
    ended: bool
    days_left: int | None
    total: AmountOut = Field(description="After caps, with what was carried in.")
    by_category: dict[str, AmountOut]
    by_tag: dict[str, AmountOut]
    carried_in: AmountOut
    required: AmountOut | None
    compliant: bool | None
    shortfalls: list[ShortfallOut]
    carry_over: AmountOut | None
    lost: AmountOut | None
    caps: list[CapOut]
    in_review: int
    submissions: list[str]

    @staticmethod
    def of(view: CycleView) -> "CycleOut":
        found, cycle = view.compliance, view.policy.cycle
        return CycleOut(
            policy_id=view.policy.policy_id,
            policy_version=view.policy.policy_version,
            policy_hash=view.policy.hash,
            unit=view.policy.unit,
            first=view.span.first,
            last=view.span.last,
            ended=view.ended,
            days_left=view.days_left,
            total=AmountOut.of(view.totals.total + view.carry_in),
            by_category=_amounts(view.totals.by_category),
            by_tag=_amounts(view.totals.by_tag),
            carried_in=AmountOut.of(view.carry_in),
            required=AmountOut.of(cycle.total) if cycle else None,
            compliant=found.compliant if found else None,
            shortfalls=[
                ShortfallOut(code=one.code, id=one.id, short=AmountOut.of(one.short))
                for one in (found.shortfalls if found else ())
            ],
            carry_over=_maybe(found.carry_over) if found else None,
            lost=AmountOut.of(found.lost) if found else None,
            caps=[CapOut.of(one) for one in view.caps],
            in_review=view.open,
            submissions=[one.submission_id for one in view.decisions],
        )


def error_of(error: DomainError) -> ErrorOut:
    """Why a record was not taken, for its line of the answer."""
    return ErrorOut(code=error.code, detail=error.detail)


def whole(
    one: Submission,
    *,
    history: list[DecisionOut],
    report: Mapping[str, Any] | None,
    said: list[str],
) -> SubmissionWholeOut:
    """All that is known of a submission; ``said`` has the trace in words."""
    return SubmissionWholeOut(
        **_submission(one),
        trace=trace_of(one.decision.decision, said),
        facts=facts_as_json(one.decision.facts),
        report=None if report is None else dict(report),
        evidence=[
            EvidenceOut(
                name=each.name, media_type=each.media_type, digest=each.digest, text=each.text
            )
            for each in one.evidence
        ],
        decisions=history,
    )


def trace_of(decision: Decision, said: list[str]) -> list[StepOut]:
    """The steps of a decision, each with its sentence."""
    steps = decision_as_json(decision)["trace"]
    return [StepOut(**step, said=words) for step, words in zip(steps, said, strict=True)]


def decimal(amount: Fraction) -> str:
    """An amount for people, to four places, without trailing zeros."""
    scaled = round(amount * 10**_DECIMALS)
    whole_part, rest = divmod(abs(scaled), 10**_DECIMALS)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole_part}.{rest:0{_DECIMALS}d}".rstrip("0").rstrip(".")


def _submission(one: Submission) -> dict[str, Any]:
    return {
        "id": one.id,
        "registrant": one.registrant_id,
        "number": one.number,
        "origin": one.origin,
        "submitted_by": one.submitted_by,
        "submitted_at": one.submitted_at,
        "self_declared": one.self_declared,
        "record": one.record_id,
        "issuer": one.issuer_id,
        "title": one.title,
        "completed": one.completed,
        "outcome": one.outcome,
        "decision": DecisionOut.of(one.decision),
    }


def _amounts(amounts: Mapping[str, Fraction]) -> dict[str, AmountOut]:
    return {name: AmountOut.of(amount) for name, amount in amounts.items()}


def _maybe(amount: Fraction | None) -> AmountOut | None:
    return None if amount is None else AmountOut.of(amount)
