"""The form of a file of vectors. What is asked and expected is read strictly.

A record, a ledger and totals may carry more than any policy asks about, and a vector more than is
compared, such as where it was found: that is passed over. A fact whose name is misspelt is absent
then, and the vector comes out otherwise than expected. Anything else that is not known is a fault.

What a vector's record leaves out of its ``verification`` is in order: valid, standing, and the
registrant's own. Vectors are about rules, and say what they depart from.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from app.recognition.deciding.facts import Seen, Supplement
from app.recognition.deciding.model import (
    Approval,
    Binding,
    Facts,
    Ledger,
    Signature,
    Standing,
    Totals,
)
from app.recognition.policies.model import Span
from app.recognition.policies.wire import Amount, Day

_MOST = 100_000
_AMOUNT: TypeAdapter[Fraction] = TypeAdapter(Amount)
Amounts = dict[str, Amount]
Texts = tuple[str, ...]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _Open(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class SpanPart(_Part):
    from_: Day | None = Field(None, alias="from")
    to: Day | None = None

    def span(self) -> Span:
        return Span(self.from_, self.to)


class ApprovalPart(SpanPart):
    body: str
    number: str

    def approval(self) -> Approval:
        return Approval(self.body, self.number, self.span())


class VerificationPart(_Part):
    signature: Signature = Signature.VALID
    status: Standing = Standing.VALID
    holder: Binding = Binding.BOUND


class RecordPart(_Open):
    record_id: str
    completed: Day
    kind: str
    activity_key: str | None = None
    mode: str | None = None
    role: str | None = None
    measures: Amounts = {}
    tags: Texts = ()
    competences: Texts = ()
    language: str | None = None
    languages: Texts = ()
    issuer_tags: Texts = ()
    issuer_standing: SpanPart | None = None
    approvals: tuple[ApprovalPart, ...] = ()
    delivery: dict[str, bool] = {}
    verification: VerificationPart = VerificationPart()

    def facts(self) -> Facts:
        """What is known of the record."""
        spoken = (self.language,) if self.language is not None else ()
        return Facts(
            record_id=self.record_id,
            completed=self.completed,
            kind=self.kind,
            activity_key=self.activity_key,
            mode=self.mode,
            role=self.role,
            measures=self.measures,
            tags=self.tags,
            competences=self.competences,
            languages=(*spoken, *self.languages),
            issuer_tags=self.issuer_tags,
            issuer_standing=self.issuer_standing.span() if self.issuer_standing else None,
            approvals=tuple(map(ApprovalPart.approval, self.approvals)),
            delivery=self.delivery,
            signature=self.verification.signature,
            status=self.verification.status,
            holder=self.verification.holder,
        )


class LedgerPart(_Open):
    used: Amounts = {}
    record_ids: Texts = ()
    activity_keys: Texts = ()

    def ledger(self) -> Ledger:
        return Ledger(self.used, frozenset(self.record_ids), frozenset(self.activity_keys))


class SupplementPart(_Part):
    measures: Amounts = {}
    tags: Texts = ()
    competences: Texts = ()
    languages: Texts = ()
    issuer_tags: Texts = ()
    approvals: tuple[ApprovalPart, ...] = ()
    delivery: dict[str, bool] = {}

    def supplement(self) -> Supplement:
        return Supplement(
            measures=self.measures,
            tags=self.tags,
            competences=self.competences,
            languages=self.languages,
            issuer_tags=self.issuer_tags,
            approvals=tuple(map(ApprovalPart.approval, self.approvals)),
            delivery=self.delivery,
        )


class SeenPart(_Part):
    """What a registry knows beside a record; what it leaves out is not known."""

    holder: Binding = Binding.UNKNOWN
    issuer_tags: Texts = ()
    issuer_standing: SpanPart | None = None
    approvals: tuple[ApprovalPart, ...] = ()
    taught_before: bool = False
    supplement: SupplementPart = SupplementPart()

    def seen(self) -> Seen:
        return Seen(
            holder=self.holder,
            issuer_tags=self.issuer_tags,
            issuer_standing=self.issuer_standing.span() if self.issuer_standing else None,
            approvals=tuple(map(ApprovalPart.approval, self.approvals)),
            taught_before=self.taught_before,
            supplement=self.supplement.supplement(),
        )


class TotalsPart(_Open):
    total: Amount
    by_category: Amounts = {}
    by_tag: Amounts = {}

    def totals(self) -> Totals:
        return Totals(self.total, self.by_category, self.by_tag)


class _Dated(_Part):
    """On which day, or at which time, it is decided: the one or the other."""

    today: Day | None = None
    now: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.today is None) == (self.now is None):
            raise ValueError("give today, a day, or now, a time: one of them")
        return self


class _Vector(_Open):
    id: str
    title: str = ""
    why: str = ""
    interpretation: str = ""
    source: str = ""


class RecordVector(_Dated, _Vector):
    model_config = ConfigDict(extra="ignore")

    type: Literal["record"]
    policy: str | None = None
    policies: Texts = ()
    """Instead of one: those among which the record's day and issuer choose."""
    record: RecordPart
    ledger: LedgerPart = LedgerPart()
    expected: dict[str, Any]

    @property
    def named(self) -> Texts:
        return self.policies if self.policy is None else (self.policy,)

    @model_validator(mode="after")
    def _under_some_policy(self) -> Self:
        if (self.policy is None) == (not self.policies):
            raise ValueError("give policy, or policies to choose from: one of them")
        return self


class CycleVector(_Vector):
    type: Literal["cycle"]
    policy: str
    totals: TotalsPart
    expected: dict[str, Any]


class Event(_Dated):
    """A record is submitted; or one that came before is decided again, with what has changed."""

    record: RecordPart | None = None
    again: str | None = None
    verification: VerificationPart | None = None
    completed: Day | None = None
    """With ``again``: the issuer's correction of the day."""
    measures: Amounts | None = None
    """With ``again``: the issuer's correction of what was measured."""
    expected: dict[str, Any] = {}

    @model_validator(mode="after")
    def _one_record(self) -> Self:
        if (self.record is None) == (self.again is None):
            raise ValueError("give record, or again with the id of one before: one of them")
        return self

    def changed(self, facts: Facts) -> Facts:
        """The facts of the record that came before, with what has changed."""
        if self.verification is not None:
            found = self.verification
            facts = replace(
                facts, signature=found.signature, status=found.status, holder=found.holder
            )
        if self.completed is not None:
            facts = replace(facts, completed=self.completed)
        return facts if self.measures is None else replace(facts, measures=self.measures)


class WantedCycle(_Part):
    on: Day
    policy: str | None = None
    """By default the first that the vector names."""
    carried_in: Amount | None = None
    """By default what the cycle before in the list hands on."""
    expected: dict[str, Any]


class HistoryVector(_Vector):
    type: Literal["history"]
    policies: Annotated[Texts, Field(min_length=1)]
    registered_on: Day | None = None
    events: Annotated[tuple[Event, ...], Field(max_length=_MOST)]
    cycles: tuple[WantedCycle, ...] = ()


class VectorsFile(BaseModel):
    """The file as a whole; what else it says of itself is for people."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    policies: Mapping[str, Mapping[str, Any]] = {}
    vectors: Annotated[tuple[Mapping[str, Any], ...], Field(max_length=_MOST)]


def amount_or_none(given: Any) -> Fraction | None:
    """An amount that a file expects, where it is one."""
    try:
        return _AMOUNT.validate_python(given)
    except ValidationError:
        return None
