"""What goes over the wire of rosters."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.records.rosters.model import Format, Problem, Roster, RowState, State


class RejectionIn(BaseModel):
    """Why a roster is rejected."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str = Field(max_length=500, examples=["Row 7 is not of this course."])


class CountsOut(BaseModel):
    """How many rows have come how far; they add up to ``rows``."""

    rows: int
    bad: int = Field(description="With errors: none of these is issued.")
    waiting: int
    issued: int
    existed: int = Field(description="Their completions had records before.")
    failed: int


class RosterOut(BaseModel):
    """A roster and how far it has come."""

    id: str
    society: str
    state: State
    format: Format
    sha256: str
    all_or_nothing: bool
    approval: bool = Field(description="Whether it needs a second person.")
    submitted_by: str
    submitted_at: datetime
    counts: CountsOut
    rate: float | None = Field(description="Rows per second since issuing began.")
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    began_at: datetime | None
    finished_at: datetime | None
    errors_url: str
    records_url: str

    @classmethod
    def of(cls, roster: Roster, *, public_url: str, at: datetime) -> "RosterOut":
        """What is told of ``roster``."""
        address = f"{public_url}/api/v1/societies/{roster.society_id}/rosters/{roster.id}"
        counts = CountsOut(
            rows=roster.rows,
            bad=roster.bad,
            waiting=roster.waiting,
            issued=roster.issued,
            existed=roster.existed,
            failed=roster.failed,
        )
        told: dict[str, Any] = {
            name: getattr(roster, name)
            for name in cls.model_fields
            if hasattr(roster, name) and name != "rate"
        }
        return cls(
            **told,
            society=roster.society_id,
            sha256=roster.digest,
            counts=counts,
            rate=roster.rate(at=at),
            errors_url=f"{address}/errors",
            records_url=f"{address}/records",
        )


class RosterPage(BaseModel):
    """One page of a society's rosters, newest first."""

    rosters: list[RosterOut]
    next_cursor: str | None


class ProblemOut(BaseModel):
    """What is wrong in one field of one row, and what mends it."""

    row: int
    column: str | None = Field(description="The column's letter, in a table.")
    field: str
    value: str | None = Field(description="Left out where it would tell who the holder is.")
    code: str
    mend: str

    @classmethod
    def of(cls, problem: Problem) -> "ProblemOut":
        """What is told of ``problem``."""
        return cls(
            row=problem.row,
            column=problem.letter,
            field=problem.field,
            value=problem.value,
            code=problem.code,
            mend=problem.mend,
        )


class ProblemPage(BaseModel):
    """One page of a roster's errors, in the order of its rows."""

    errors: list[ProblemOut]
    next_cursor: str | None


class RowOut(BaseModel):
    """A row's record."""

    row: int
    state: RowState
    record: str
    json_url: str


class RowPage(BaseModel):
    """One page of a roster's records, in the order of its rows."""

    records: list[RowOut]
    next_cursor: str | None
