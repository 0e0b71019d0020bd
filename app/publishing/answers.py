"""What goes out over the wire of publishing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from app.catalogue.model import Issue, Severity
from app.platform.problems import DomainError
from app.publishing import service
from app.publishing.model import Done, Outcome, Place, Pushed, State
from app.publishing.rules import CourseRejected, pointer

_SANDBOX = Field(default=False, description="Whether it is in the sandbox, which nobody else sees.")


class IssueOut(BaseModel):
    """One thing that was mended, guessed, left out or refused; the codes are those of harvests."""

    code: str = Field(examples=["W-URL-MISSING"])
    severity: Severity
    pointer: str = Field(examples=["/url"], description="JSON pointer (RFC 6901) in the course.")
    message: str
    value: str | None = None
    hint: str | None = None

    @classmethod
    def of(cls, issues: Sequence[Issue]) -> "list[IssueOut]":
        return [
            cls(
                code=one.code,
                severity=one.severity,
                pointer=pointer(one.path),
                message=one.message,
                value=one.value,
                hint=one.hint,
            )
            for one in issues
        ]


class ItemOut(BaseModel):
    """A pushed course in short, and what became of the push."""

    remote_id: str
    outcome: Outcome
    course_id: str | None = Field(description="Its id in the catalogue, once it has one.")
    state: State | None
    version: int | None
    issues: list[IssueOut]
    sandbox: bool = _SANDBOX

    @classmethod
    def of(cls, place: Place, remote_id: str, done: Done) -> "ItemOut":
        known = done.pushed
        return cls(
            remote_id=remote_id,
            outcome=done.outcome,
            course_id=known.course_id if known else None,
            state=known.state if known else None,
            version=known.version if known else None,
            issues=IssueOut.of(done.issues),
            sandbox=place.sandbox,
        )


class PushedOut(BaseModel):
    """A pushed course: what was pushed, what the catalogue made of it, and what it found."""

    remote_id: str
    course_id: str
    state: State
    version: int
    created_at: datetime
    changed_at: datetime
    course: dict[str, Any] = Field(description="As it was pushed.")
    normalised: dict[str, Any] = Field(description="In the catalogue's own form.")
    issues: list[IssueOut]
    sandbox: bool = _SANDBOX

    @classmethod
    def of(cls, place: Place, pushed: Pushed) -> "PushedOut":
        data, issues = service.normalised(pushed)
        return cls(
            remote_id=pushed.remote_id,
            course_id=pushed.course_id,
            state=pushed.state,
            version=pushed.version,
            created_at=pushed.created_at,
            changed_at=pushed.changed_at,
            course=dict(pushed.document),
            normalised=dict(data),
            issues=IssueOut.of(issues),
            sandbox=place.sandbox,
        )


class ListedOut(BaseModel):
    """One line of the list of pushed courses."""

    remote_id: str
    course_id: str
    state: State
    version: int
    etag: str
    title: str
    changed_at: datetime
    issues: list[IssueOut]

    @classmethod
    def of(cls, pushed: Pushed) -> "ListedOut":
        return cls(
            remote_id=pushed.remote_id,
            course_id=pushed.course_id,
            state=pushed.state,
            version=pushed.version,
            etag=pushed.etag,
            title=pushed.title,
            changed_at=pushed.changed_at,
            issues=IssueOut.of(pushed.issues),
        )


class PageOut(BaseModel):
    """One page of a society's pushed courses, the newest first."""

    items: list[ListedOut]
    next_cursor: str | None
    sandbox: bool = _SANDBOX


class FieldOut(BaseModel):
    """What is wrong with one field."""

    pointer: str
    code: str
    detail: str


class ErrorOut(BaseModel):
    """Why an item was not taken."""

    code: str = Field(examples=["precondition-failed"])
    detail: str
    errors: list[FieldOut] = Field([], description="One entry for each bad field.")

    @classmethod
    def of(cls, error: DomainError) -> "ErrorOut":
        fields = [
            FieldOut(pointer=one.pointer, code=one.code, detail=one.detail) for one in error.fields
        ]
        return cls(code=error.code, detail=error.detail, errors=fields)


class ResultOut(BaseModel):
    """What became of one item of a batch."""

    index: int = Field(description="The item's place in the request, from 0.")
    remote_id: str | None = None
    outcome: Outcome
    course_id: str | None = None
    version: int | None = None
    etag: str | None = None
    issues: list[IssueOut] = []
    error: ErrorOut | None = None
    sandbox: bool = _SANDBOX

    @classmethod
    def done(cls, index: int, remote_id: str, place: Place, done: Done) -> "ResultOut":
        """Of an item that was taken, or only checked."""
        known = done.pushed
        there = known is not None and known.live
        return cls(
            index=index,
            remote_id=remote_id,
            outcome=done.outcome,
            course_id=known.course_id if known else None,
            version=known.version if known else None,
            etag=known.etag if known and there else None,
            issues=IssueOut.of(done.issues),
            sandbox=place.sandbox,
        )

    @classmethod
    def refused(
        cls, index: int, remote_id: str | None, place: Place, error: DomainError, *, failed: bool
    ) -> "ResultOut":
        """Of an item that was not taken: its own fault, or (``failed``) the node's."""
        return cls(
            index=index,
            remote_id=remote_id,
            outcome=Outcome.FAILED if failed else Outcome.REJECTED,
            issues=IssueOut.of(error.issues) if isinstance(error, CourseRejected) else [],
            error=ErrorOut.of(error),
            sandbox=place.sandbox,
        )


class BatchOut(BaseModel):
    """What became of every item, in the order of the request."""

    counts: dict[Outcome, int]
    results: list[ResultOut]
    sandbox: bool = _SANDBOX
