"""What goes over the wire: completions in, records out.

Only the shape is checked here; the sense is checked in ``rules``.
"""

import base64
import binascii
import hashlib
import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.proof.encoding import base64url_encode
from app.records.model import (
    Approval,
    CourseFacts,
    Credit,
    File,
    Holder,
    Identifier,
    IssuedRecord,
    NewCompletion,
)
from app.records.standing.model import Standing
from app.records.standing.rules import standing_of


def _iso_date(value: object) -> object:
    """Only text: of a number pydantic would make seconds since 1970, and the record a lie."""
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        raise PydanticCustomError("date-form", "Write the date as YYYY-MM-DD.")
    return value


_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_Date = Annotated[date, BeforeValidator(_iso_date)]
_Words = Annotated[tuple[StrictStr, ...], Field(max_length=100)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IdentifierIn(_Closed):
    type: StrictStr = Field(examples=["ext:RegisterNumber"])
    value: StrictStr


class HolderIn(_Closed):
    id: StrictStr | None = Field(None, description="An opaque `urn:uuid:`; made when left out.")
    identifiers: tuple[IdentifierIn, ...] = Field(
        (), max_length=10, description="Only salted hashes of these enter the record."
    )


class CourseIn(_Closed):
    title: dict[StrictStr, StrictStr] = Field(
        max_length=20, examples=[{"en": "Seismic design of bridges"}]
    )
    url: StrictStr | None = None
    description: StrictStr | dict[StrictStr, StrictStr] | None = Field(
        None, description="In the first language of the title, or by language like the title."
    )

    def facts(self) -> CourseFacts:
        """The same as a value."""
        told = self.description
        if isinstance(told, str):
            told = {next(iter(self.title), "und"): told}
        return CourseFacts(dict(self.title), self.url, dict(told or {}))


class CreditIn(_Closed):
    value: StrictFloat | StrictInt = Field(examples=[6])
    unit: StrictStr = Field(examples=["CPDHours"], description="Of the issuer's own claim.")


class ApprovalIn(_Closed):
    body: StrictStr = Field(examples=["PEC"], description="Who approved the activity beforehand.")
    number: StrictStr


class FileIn(_Closed):
    """A file by its address and digest, or by its bytes, which are hashed and not kept."""

    url: StrictStr | None = None
    sha256: StrictStr | None = Field(None, description="In hexadecimal.")
    content: StrictStr | None = Field(None, description="The file's bytes in base64.")
    media_type: StrictStr | None = Field(None, examples=["application/pdf"])

    @model_validator(mode="after")
    def _fixed(self) -> "FileIn":
        if self.content is None:
            if self.url is None or self.sha256 is None:
                raise PydanticCustomError("file-digest", "Give url and sha256, or content.")
        elif self.sha256 not in {None, self._digest()}:
            raise PydanticCustomError("file-digest", "The content has another SHA-256.")
        return self

    def _digest(self) -> str:
        try:
            data = base64.b64decode(self.content or "", validate=True)
        except binascii.Error as error:
            raise PydanticCustomError("file-base64", "Write the content in base64.") from error
        return hashlib.sha256(data).hexdigest()

    def file(self) -> File:
        """The same as a value."""
        digest = self._digest() if self.sha256 is None else self.sha256
        if self.url is not None:
            return File(self.url, digest, self.media_type)
        by_digest = f"ni:///sha-256;{base64url_encode(bytes.fromhex(digest))}"  # RFC 6920 section 3
        return File(by_digest, digest, self.media_type)


class CompletionIn(_Closed):
    """The facts of one completion."""

    holder: HolderIn
    completed_on: _Date
    kind: StrictStr = Field(examples=["course"])
    mode: StrictStr = Field(examples=["onsite"])
    role: StrictStr = Field("participant", examples=["participant"])
    assessed: StrictBool
    course_id: StrictStr | None = None
    course: CourseIn | None = None
    course_run: StrictStr | None = None
    contact_minutes: StrictInt | None = None
    workload_minutes: StrictInt | None = None
    full_days: StrictFloat | StrictInt | None = None
    result: StrictStr | None = None
    tags: _Words = ()
    competences: _Words = ()
    fields: _Words = ()
    standards: _Words = ()
    started_on: _Date | None = None
    ended_on: _Date | None = None
    credits: tuple[CreditIn, ...] = Field(
        (), max_length=5, description="What the issuer itself claims; binds no registry."
    )
    approvals: tuple[ApprovalIn, ...] = Field((), max_length=20)
    languages: _Words = Field((), description="The languages it was given in.")
    country: StrictStr | None = Field(None, examples=["KE"])
    files: tuple[FileIn, ...] = Field((), max_length=20)
    supersedes: StrictStr | None = Field(
        None, description="The record that this one corrects; it is revoked when this is issued."
    )

    def completion(self) -> NewCompletion:
        """The same as a value."""
        return NewCompletion(
            holder=Holder(
                self.holder.id,
                tuple(Identifier(one.type, one.value) for one in self.holder.identifiers),
            ),
            completed_on=self.completed_on,
            kind=self.kind,
            mode=self.mode,
            role=self.role,
            assessed=self.assessed,
            course_id=self.course_id,
            course=None if self.course is None else self.course.facts(),
            course_run=self.course_run,
            contact_minutes=self.contact_minutes,
            workload_minutes=self.workload_minutes,
            full_days=None if self.full_days is None else float(self.full_days),
            result=self.result,
            tags=self.tags,
            competences=self.competences,
            fields=self.fields,
            standards=self.standards,
            started_on=self.started_on,
            ended_on=self.ended_on,
            credits=tuple(Credit(float(one.value), one.unit) for one in self.credits),
            approvals=tuple(Approval(one.body, one.number) for one in self.approvals),
            languages=self.languages,
            country=self.country,
            files=tuple(one.file() for one in self.files),
            supersedes=self.supersedes,
        )


class RecordOut(BaseModel):
    """Where a record stands, and where its two forms are."""

    id: str
    society: str
    holder: str
    course_id: str | None
    issued_at: datetime
    course_run: str | None
    roster: str | None
    status: Standing
    suspended_at: datetime | None
    revoked_at: datetime | None
    revocation_reason: str | None
    supersedes: str | None = Field(description="The record that this one corrected.")
    superseded_by: str | None = Field(description="The record that corrected this one.")
    json_url: str
    jwt_url: str

    @classmethod
    def of(cls, record: IssuedRecord, *, public_url: str) -> "RecordOut":
        """What is told of ``record``."""
        address = f"{public_url}/api/v1/records/{record.id}"
        told: dict[str, Any] = {
            "id": record.id,
            "society": record.society_id,
            "holder": record.holder_id,
            "course_id": record.course_id,
            "issued_at": record.issued_at,
            "course_run": record.course_run,
            "roster": record.roster_id,
            "status": standing_of(
                revoked_at=record.revoked_at,
                suspended_at=record.suspended_at,
                superseded_by=record.superseded_by,
            ),
            "suspended_at": record.suspended_at,
            "supersedes": record.supersedes,
            "superseded_by": record.superseded_by,
            "revoked_at": record.revoked_at,
            "revocation_reason": record.revocation_reason,
            "json_url": address,
            "jwt_url": f"{address}.jwt",
        }
        return cls(**told)
