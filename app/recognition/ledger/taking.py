"""What the ledger takes over HTTP: verdicts, appeals, entries by hand, runs.

Amounts are exact fractions as texts, such as ``"8/5"`` or ``"1.6"``; a binary float is none.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    StringConstraints,
)

from app.recognition.deciding.facts import Supplement
from app.recognition.deciding.model import Approval
from app.recognition.ledger.model import (
    AppealKind,
    Declared,
    Evidence,
    Judged,
    RunScope,
    Verdict,
)
from app.recognition.policies.model import Span


def _amount(text: str) -> str:
    Fraction(text)  # the pattern has seen to all but a zero below the line
    return text


Amount = Annotated[
    StrictStr,
    StringConstraints(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6}|/[1-9][0-9]{0,8})?$"),
    AfterValidator(_amount),
    Field(examples=["8/5"]),
]
Text = Annotated[StrictStr, StringConstraints(min_length=1, max_length=4000)]
Code = Annotated[StrictStr, StringConstraints(min_length=1, max_length=100)]
Codes = Annotated[list[Code], Field(max_length=50)]
Id = Annotated[StrictStr, StringConstraints(max_length=64)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ApprovalIn(_In):
    """An approval that the registry knows of."""

    body: Annotated[StrictStr, StringConstraints(min_length=1, max_length=100)]
    number: Annotated[StrictStr, StringConstraints(min_length=1, max_length=200)]
    valid_from: date | None = None
    valid_to: date | None = None


class AddedIn(_In):
    """Facts that were missing; what is left out stays as the record says."""

    measures: Annotated[dict[Code, Amount], Field(max_length=20)] = {}
    tags: Codes = []
    competences: Codes = []
    languages: Codes = []
    issuer_tags: Codes = []
    approvals: Annotated[list[ApprovalIn], Field(max_length=20)] = []
    delivery: Annotated[dict[Code, StrictBool], Field(max_length=50)] = {}

    def supplement(self) -> Supplement:
        return Supplement(
            measures=_fractions(self.measures),
            tags=tuple(self.tags),
            competences=tuple(self.competences),
            languages=tuple(self.languages),
            issuer_tags=tuple(self.issuer_tags),
            approvals=tuple(
                Approval(one.body, one.number, Span(one.valid_from, one.valid_to))
                for one in self.approvals
            ),
            delivery=dict(self.delivery),
        )


class VerdictIn(_In):
    """What is to be decided by hand: with an amount under a rule or a category, where accepted."""

    judged: Judged
    amount: Amount | None = None
    category: Code | None = None
    rule: Code | None = None
    supplement: AddedIn | None = None
    holder_confirmed: StrictBool = False

    def verdict(self) -> Verdict:
        return Verdict(
            self.judged,
            None if self.amount is None else Fraction(self.amount),
            self.category,
            self.rule,
            self.supplement.supplement() if self.supplement else None,
            self.holder_confirmed,
        )


class ProposedIn(VerdictIn):
    """A verdict to propose, and why."""

    note: Text


class SettleIn(_In):
    """Whether a second person agrees; a reason is needed where not."""

    agree: StrictBool
    note: Annotated[StrictStr, StringConstraints(max_length=4000)] = ""


class FiledIn(_In):
    """An appeal in the registrant's stead, in his words."""

    text: Text
    kind: AppealKind = AppealKind.APPEAL


class AnsweredIn(_In):
    """Whether an appeal is upheld, why, and what is decided instead."""

    upheld: StrictBool
    reason: Text
    verdict: VerdictIn | None = None


class EvidenceIn(_In):
    """A file by its SHA-256, a short text, or both."""

    name: Annotated[StrictStr, StringConstraints(min_length=1, max_length=200)]
    media_type: Annotated[StrictStr, StringConstraints(max_length=100)] | None = None
    digest: Annotated[StrictStr, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None
    text: Text | None = None


class DeclaredIn(_In):
    """An activity that nobody signed, for a registrant."""

    registrant: Id
    title: Annotated[StrictStr, StringConstraints(min_length=1, max_length=300)]
    completed: date
    kind: Code
    mode: Code | None = None
    role: Code | None = None
    provider: Annotated[StrictStr, StringConstraints(max_length=300)] | None = None
    measures: Annotated[dict[Code, Amount], Field(max_length=20)]
    tags: Codes = []
    competences: Codes = []
    languages: Codes = []
    evidence: Annotated[list[EvidenceIn], Field(max_length=20)] = []

    def declared(self) -> Declared:
        return Declared(
            title=self.title,
            completed=self.completed,
            kind=self.kind,
            mode=self.mode,
            role=self.role,
            provider=self.provider,
            measures=_fractions(self.measures),
            tags=tuple(self.tags),
            competences=tuple(self.competences),
            languages=tuple(self.languages),
            evidence=tuple(
                Evidence(one.name, one.media_type, one.digest, one.text) for one in self.evidence
            ),
        )


class RerunIn(_In):
    """What to decide anew, and why: everything, narrowed by what is said."""

    why: Annotated[StrictStr, StringConstraints(min_length=1, max_length=500)]
    dry: StrictBool = False
    policy_id: Annotated[StrictStr, StringConstraints(max_length=200)] | None = None
    policy_version: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    since: date | None = None
    until: date | None = None
    submissions: Annotated[list[Id], Field(max_length=1000)] = []
    registrants: Annotated[list[Id], Field(max_length=1000)] = []
    verify: StrictBool = False

    def scope(self) -> RunScope:
        return RunScope(
            self.policy_id,
            self.policy_version,
            self.since,
            self.until,
            tuple(self.submissions),
            tuple(self.registrants),
            self.verify,
        )


def _fractions(given: Mapping[str, str]) -> dict[str, Fraction]:
    return {name: Fraction(amount) for name, amount in given.items()}
