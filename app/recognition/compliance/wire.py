"""Home compliance as the API takes and gives it."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.recognition.compliance.model import NewRequest, Request, RequestState, Standing, Statement


class AskedIn(BaseModel):
    """What a statement is wanted for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: str = Field("", max_length=10, description="A day of the cycle; today, if none.")
    purposes: list[str] = Field(default_factory=list, max_length=10, examples=[["IPEA"]])
    audience: str = Field("", max_length=400, description="The DID of the registry it is for.")
    number: str = Field("", max_length=100, description="The registrant's number there.")

    def new(self) -> NewRequest:
        """As the use cases take it."""
        return NewRequest(self.day, tuple(self.purposes), self.audience, self.number)


class WantedIn(AskedIn):
    """The same, about one registrant."""

    registrant: str = Field(max_length=64, description="The registrant's id.")


class ReasonIn(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str = Field(max_length=2000)


class RequestOut(BaseModel):
    """A wish for a statement."""

    id: str
    registrant: str
    state: RequestState
    day: date
    purposes: list[str]
    audience: str | None
    asked_at: datetime
    answered_at: datetime | None
    answer: str | None
    statement: str | None

    @classmethod
    def of(cls, one: Request) -> "RequestOut":
        """What is told of it."""
        return cls(
            id=one.id,
            registrant=one.registrant_id,
            state=one.state,
            day=one.day,
            purposes=list(one.purposes),
            audience=one.audience,
            asked_at=one.asked_at,
            answered_at=one.answered_at,
            answer=one.answer,
            statement=one.statement_id,
        )


class RequestPage(BaseModel):
    """Some requests, the newest first."""

    items: list[RequestOut]
    next_cursor: str | None


class StatementOut(BaseModel):
    """A statement, and whether it stands."""

    id: str
    registry: str
    registrant: str
    standing: Standing
    met: bool
    cycle_first_day: date
    cycle_last_day: date
    judged_on: date
    policy_id: str
    policy_version: int
    policy_hash: str
    purposes: list[str]
    audience: str | None
    issued_at: datetime
    withdrawn_at: datetime | None
    withdrawn_why: str | None
    found: dict[str, Any] | None = Field(description="What the ledger said instead.")

    @classmethod
    def of(cls, one: Statement) -> "StatementOut":
        """What is told of it."""
        said = one.said
        return cls(
            id=one.id,
            registry=one.registry_id,
            registrant=one.registrant_id,
            standing=one.standing,
            met=said.met,
            cycle_first_day=said.first,
            cycle_last_day=said.last,
            judged_on=said.judged_on,
            policy_id=said.policy_id,
            policy_version=said.policy_version,
            policy_hash=said.policy_hash,
            purposes=list(said.purposes),
            audience=said.audience,
            issued_at=one.issued_at,
            withdrawn_at=one.withdrawn_at,
            withdrawn_why=one.withdrawn_why,
            found=one.found,
        )


class StatementPage(BaseModel):
    """Some statements, the newest first."""

    items: list[StatementOut]
    next_cursor: str | None


class MyStatements(BaseModel):
    """A person's statements, the newest first."""

    items: list[StatementOut]
