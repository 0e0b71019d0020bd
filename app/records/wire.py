"""What goes over the wire: completions in, records out.

Only the shape is checked here; the sense is checked in ``rules``.
"""

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
)
from pydantic_core import PydanticCustomError

from app.records.model import (
    CourseFacts,
    Holder,
    Identifier,
    IssuedRecord,
    NewCompletion,
    RevocationReason,
)


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
    description: StrictStr | None = None


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

    def completion(self) -> NewCompletion:
        """The same as a value."""
        course = None
        if self.course is not None:
            course = CourseFacts(dict(self.course.title), self.course.url, self.course.description)
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
            course=course,
            course_run=self.course_run,
            contact_minutes=self.contact_minutes,
            workload_minutes=self.workload_minutes,
            full_days=None if self.full_days is None else float(self.full_days),
            result=self.result,
            tags=self.tags,
            competences=self.competences,
            fields=self.fields,
            standards=self.standards,
        )


class RevocationIn(_Closed):
    reason: RevocationReason


class RecordOut(BaseModel):
    """Where a record stands, and where its two forms are."""

    id: str
    society: str
    holder: str
    course_id: str | None
    issued_at: datetime
    status: str = Field(description="`valid` or `revoked`.")
    revoked_at: datetime | None
    revocation_reason: RevocationReason | None
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
            "status": "valid" if record.revoked_at is None else "revoked",
            "revoked_at": record.revoked_at,
            "revocation_reason": record.revocation_reason,
            "json_url": address,
            "jwt_url": f"{address}.jwt",
        }
        return cls(**told)
