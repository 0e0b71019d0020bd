"""A person's own development as JSON over HTTP.

Amounts are exact fractions as texts with a decimal beside. Who at a registry decided is the
registry's affair: it is told that people did, and not who.
"""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.recognition.deciding.model import Outcome
from app.recognition.deciding.words import say
from app.recognition.ledger.model import Cause, DecisionMade, Submission, Submitted
from app.recognition.ledger.wire import (
    AmountOut,
    CycleOut,
    ErrorOut,
    StepOut,
    error_of,
    trace_of,
)
from app.recognition.planning.outlook import Plan, Proposed
from app.recognition.register.service import Registrant

MOST_AT_ONCE = 500
RecordId = Annotated[str, Field(max_length=64)]


class MyRegistryOut(BaseModel):
    """A registry that knows the person, and how the cycle there stands."""

    registrant: str = Field(description="The id under which the other routes know it.")
    registry: str
    number: str
    cycle: CycleOut | None = Field(
        description="Nothing where the registry has no rules in force that can be relied on."
    )

    @classmethod
    def of(cls, one: Registrant, cycle: CycleOut | None) -> "MyRegistryOut":
        """What is told of it."""
        return cls(registrant=one.id, registry=one.registry_id, number=one.number, cycle=cycle)


class MyCyclesOut(BaseModel):
    """All of them."""

    cycles: list[MyRegistryOut]


class MyDecisionOut(BaseModel):
    """A decision on something of the person's."""

    id: str
    sequence: int
    cause: Cause
    at: datetime
    by_people: bool = Field(description="Whether it rests on the word of people.")
    outcome: Outcome
    credited: AmountOut | None
    category: str | None
    counted_tags: list[str]
    rule: str | None
    reasons: list[str]
    said: list[str] = Field(description="The reasons in words.")
    policy_id: str
    policy_version: int
    policy_hash: str

    @classmethod
    def of(cls, made: DecisionMade, language: str) -> "MyDecisionOut":
        """What is told of it."""
        one = made.decision
        return cls(
            id=made.id,
            sequence=made.sequence,
            cause=made.cause,
            at=made.at,
            by_people=made.verdict is not None,
            outcome=one.outcome,
            credited=None if one.credited is None else AmountOut.of(one.credited),
            category=one.category,
            counted_tags=list(one.counted_tags),
            rule=one.rule,
            reasons=list(one.reasons),
            said=[say(reason, language) for reason in one.reasons],
            policy_id=one.policy_id,
            policy_version=one.policy_version,
            policy_hash=one.policy_hash,
        )


class MySubmissionOut(BaseModel):
    """What was given to a registry, and its current decision."""

    id: str
    title: str
    completed: date
    submitted_at: datetime
    self_declared: bool
    record: str
    decision: MyDecisionOut

    @classmethod
    def of(cls, one: Submission, language: str) -> "MySubmissionOut":
        """What is told of it."""
        return cls(
            id=one.id,
            title=one.title,
            completed=one.completed,
            submitted_at=one.submitted_at,
            self_declared=one.self_declared,
            record=one.record_id,
            decision=MyDecisionOut.of(one.decision, language),
        )


class MySubmissionPage(BaseModel):
    """Some of them, the newest first."""

    submissions: list[MySubmissionOut]
    next_cursor: str | None


class MyWholeOut(MySubmissionOut):
    """One of them with the trace of its decision, and every decision before."""

    trace: list[StepOut]
    decisions: list[MyDecisionOut] = Field(description="The first one first.")


class SubmitIn(BaseModel):
    """Records that the person keeps, to be handed to one registry."""

    model_config = ConfigDict(extra="forbid")

    records: list[RecordId] = Field(
        min_length=1, max_length=MOST_AT_ONCE, description="Their ids, as `/me/records` has them."
    )


class MySubmittedOut(BaseModel):
    """What became of one record."""

    record: str
    created: bool = Field(description="False where the registry had it already.")
    submission: MySubmissionOut | None
    error: ErrorOut | None

    @classmethod
    def of(cls, record: str, one: Submitted, language: str) -> "MySubmittedOut":
        """What is told of it."""
        made = one.submission
        return cls(
            record=record,
            created=one.created,
            submission=MySubmissionOut.of(made, language) if made else None,
            error=error_of(one.error) if one.error else None,
        )


class MySubmittedManyOut(BaseModel):
    """What became of every record, in their order."""

    results: list[MySubmittedOut]


class StepToTakeOut(BaseModel):
    """One thing to do."""

    course: str | None = Field(description="A course of the catalogue; else any such activity.")
    kind: str | None
    mode: str | None
    tag: str | None
    day: date
    minutes: str = Field(description="As a fraction.")
    credited: AmountOut
    serves: list[str] = Field(description="`total`, `categories`, or the id of a minimum.")


class ProposedOut(BaseModel):
    """A way to close the gaps."""

    minutes: str = Field(description="As a fraction.")
    proven: bool = Field(description="Whether no choice of these does it in less time.")
    compliant: bool = Field(description="Whether everything is there afterwards.")
    steps: list[StepToTakeOut]

    @classmethod
    def of(cls, part: Proposed) -> "ProposedOut":
        """What is told of it."""
        path = part.path
        steps = []
        for taken in path.taken:
            option = taken.option
            open_ = part.open.get(option.id)
            steps.append(
                StepToTakeOut(
                    course=option.activity if option.activity in part.courses else None,
                    kind=open_.kind if open_ else None,
                    mode=open_.mode if open_ else None,
                    tag=open_.tag if open_ else None,
                    day=option.day,
                    minutes=str(option.minutes),
                    credited=AmountOut.of(taken.credited),
                    serves=list(taken.serves),
                )
            )
        return cls(
            minutes=str(path.minutes),
            proven=path.proven,
            compliant=path.compliance.compliant,
            steps=steps,
        )


class PathOut(BaseModel):
    """The shortest way through a cycle; nothing of it is promised."""

    least: ProposedOut | None = Field(description="With activities of just the right length.")
    courses: ProposedOut | None = Field(description="With courses of the catalogue.")
    rest: ProposedOut | None = Field(description="What remains after those.")

    @classmethod
    def of(cls, plan: Plan | None) -> "PathOut":
        """What is told of it."""
        if plan is None:
            return cls(least=None, courses=None, rest=None)
        return cls(
            least=ProposedOut.of(plan.least),
            courses=ProposedOut.of(plan.courses),
            rest=ProposedOut.of(plan.rest) if plan.rest else None,
        )


def whole(one: Submission, history: list[MyDecisionOut], language: str) -> MyWholeOut:
    """A submission with its trace in words and every decision on it."""
    decision = one.decision.decision
    said = [say(step, language) for step in decision.trace]
    return MyWholeOut(
        **dict(MySubmissionOut.of(one, language)),
        trace=trace_of(decision, said),
        decisions=history,
    )
