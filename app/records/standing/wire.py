"""What goes over the wire: orders in, outcomes and history out.

Only the shape is checked here; the sense is checked in ``rules``.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.platform.problems import FieldProblem, Invalid
from app.records.standing.model import (
    Action,
    Change,
    History,
    Order,
    Outcome,
    Reason,
    Result,
    Search,
    Standing,
)

MOST = 10_000
"""How many records one call may name."""
_MOST_PROBLEMS = 20

_Model = TypeVar("_Model", bound=BaseModel)
_Asked = Literal["revoke", "suspend", "reinstate"]


def _iso_date(value: object) -> object:
    """Only text: of a number pydantic would make seconds since 1970."""
    if value is not None and not isinstance(value, str):
        raise PydanticCustomError("date-form", "Write the date as YYYY-MM-DD.")
    return value


_Date = Annotated[date | None, BeforeValidator(_iso_date)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReasonIn(_Closed):
    """Why one record's standing is changed."""

    reason: Reason
    reference: StrictStr | None = Field(
        None,
        description="The society's own case number, such as `2026/117`; nothing about people.",
    )

    def order(self, action: Action) -> Order:
        """The same as a value."""
        return Order(action, self.reason, self.reference)


class OrderIn(ReasonIn):
    """One line of a batch in NDJSON."""

    id: StrictStr
    action: _Asked


class SearchIn(_Closed):
    """Which records; what is given must hold together."""

    course_id: StrictStr | None = None
    course_run: StrictStr | None = None
    holder: StrictStr | None = None
    roster: StrictStr | None = None
    issued_from: _Date = Field(None, description="The first day, in UTC.")
    issued_until: _Date = Field(None, description="The last day, in UTC.")

    def search(self) -> Search:
        """The same as a value."""
        return Search(
            course_id=self.course_id,
            course_run=self.course_run,
            holder_id=self.holder,
            roster_id=self.roster,
            issued_from=self.issued_from,
            issued_until=self.issued_until,
        )


class StandingBatchIn(ReasonIn):
    """One order for many records: those named, or those that a search finds."""

    action: _Asked
    ids: tuple[StrictStr, ...] | None = Field(None, min_length=1, max_length=MOST)
    search: SearchIn | None = None
    expected: StrictInt | None = Field(
        None, ge=0, description="How many the dry run of this search counted; must still be so."
    )
    dry_run: StrictBool = Field(
        default=False, description="Count what the search finds and change nothing."
    )

    @model_validator(mode="after")
    def _one_way(self) -> "StandingBatchIn":
        if (self.ids is None) == (self.search is None):
            raise PydanticCustomError("batch-what", "Give either ids or a search.")
        if self.ids is not None and (self.dry_run or self.expected is not None):
            raise PydanticCustomError("batch-what", "Only a search is counted first.")
        if self.search is not None and self.dry_run == (self.expected is not None):
            raise PydanticCustomError(
                "batch-expected", "First count with dry_run, then give the count as expected."
            )
        return self


class StandingOutcomeOut(BaseModel):
    """What became of one record."""

    id: str
    result: Result
    status: Standing | None
    code: str | None
    detail: str | None

    @classmethod
    def of(cls, one: Outcome) -> "StandingOutcomeOut":
        return cls(
            id=one.record_id,
            result=one.result,
            status=one.standing,
            code=one.code,
            detail=one.detail,
        )


class StandingBatchOut(BaseModel):
    """What became of a batch; a dry run says only how many it found."""

    found: int
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    outcomes: list[StandingOutcomeOut] = []

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> "StandingBatchOut":
        results = Counter(one.result for one in outcomes)
        return cls(
            found=len(outcomes),
            changed=results[Result.CHANGED],
            unchanged=results[Result.UNCHANGED],
            refused=results[Result.REFUSED],
            outcomes=[StandingOutcomeOut.of(one) for one in outcomes],
        )


class ChangeOut(BaseModel):
    """One line of history: who, when, what, why."""

    at: datetime
    who: str
    action: Action
    before: Standing
    after: Standing
    reason: Reason
    reference: str | None
    successor: str | None

    @classmethod
    def of(cls, one: Change) -> "ChangeOut":
        return cls(
            at=one.at,
            who=one.who,
            action=one.action,
            before=one.before,
            after=one.after,
            reason=one.reason,
            reference=one.reference,
            successor=one.successor,
        )


class HistoryOut(BaseModel):
    """All that was ever said of a record, oldest first."""

    id: str
    issued_at: datetime
    status: Standing
    predecessor: str | None = Field(description="The record that this one corrected.")
    successor: str | None = Field(description="The record that corrected this one.")
    changes: list[ChangeOut]

    @classmethod
    def of(cls, one: History) -> "HistoryOut":
        return cls(
            id=one.record_id,
            issued_at=one.issued_at,
            status=one.standing,
            predecessor=one.predecessor,
            successor=one.successor,
            changes=[ChangeOut.of(change) for change in one.changes],
        )


def batch_schema() -> dict[str, Any]:
    """The JSON Schema of a batch without references, since it stands inside another document."""
    schema = StandingBatchIn.model_json_schema()
    named = schema.pop("$defs", {})

    def inlined(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return inlined(named[value["$ref"].rpartition("/")[2]])
            return {name: inlined(inner) for name, inner in value.items()}
        return [inlined(inner) for inner in value] if isinstance(value, list) else value

    found: dict[str, Any] = inlined(schema)
    return found


def read_batch(body: bytes) -> StandingBatchIn:
    """A batch in JSON. Raises ``Invalid`` naming each bad field."""
    return _validated(StandingBatchIn, body, pointer="")


def read_lines(body: bytes) -> list[tuple[str, Order]]:
    """A batch in NDJSON, one order a line. Raises ``Invalid`` naming the line."""
    lines = [line for line in body.splitlines() if line.strip()]
    if not lines or len(lines) > MOST:
        problem = FieldProblem("/", "batch-size", f"Send between 1 and {MOST} lines.")
        raise Invalid("The batch has too few or too many lines.", fields=[problem])
    read = [_validated(OrderIn, line, pointer=f"/{n}") for n, line in enumerate(lines)]
    return [(one.id, one.order(Action(one.action))) for one in read]


def write_lines(outcomes: Sequence[Outcome]) -> bytes:
    """Outcomes in NDJSON, in the order of what was asked."""
    return b"".join(
        StandingOutcomeOut.of(one).model_dump_json().encode() + b"\n" for one in outcomes
    )


def _validated(model: type[_Model], data: bytes, *, pointer: str) -> _Model:
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        fields = [
            FieldProblem(_pointer(pointer, one), one["type"], one["msg"])
            for one in error.errors(include_url=False, include_input=False)[:_MOST_PROBLEMS]
        ]
        raise Invalid("The request does not fit its description.", fields=fields) from error


def _pointer(start: str, error: Any) -> str:
    return f"{start}/" + "/".join(str(part) for part in error["loc"])
