"""Overrides over HTTP: what a society's editors wrote over the words of the sources.

For the society whose course it is, by its own programs. A change may be made on condition that the
course is as it was read (``If-Match`` with the ``ETag`` of ``GET /api/v1/courses/{course_id}``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from app.catalogue import api as courses
from app.catalogue import languages
from app.catalogue.model import Course
from app.catalogue.overriding import rules, service
from app.catalogue.overriding.service import Editor
from app.identity import rules as access
from app.identity.access import Forbidden, Guard, OrganisationId
from app.identity.model import Actor
from app.platform import clock
from app.platform.conditions import CHANGED_SINCE, require_match
from app.platform.db import Database
from app.platform.problems import FieldProblem, Invalid

READ, WRITE = "catalogue:read", "catalogue:write"
CourseId = Annotated[str, Path(max_length=36, description="The course's id in this catalogue.")]
FieldName = Annotated[str, Path(max_length=40, description=f"One of {', '.join(rules.FIELDS)}.")]
Language = Annotated[
    str | None, Query(max_length=35, description="Of a text, as a BCP 47 tag; for texts alone.")
]
IfMatch = Annotated[
    str | None, Header(max_length=1000, description="The `ETag` of the course as it was read.")
]


class OverrideIn(BaseModel):
    """What shall stand in the field."""

    model_config = ConfigDict(extra="forbid")

    value: Any = Field(
        description="In the form in which a feed or a push would send it; `null` empties the field."
    )
    reason: Annotated[str, StringConstraints(min_length=1, max_length=rules.LONGEST_REASON)]


class OverrideShown(BaseModel):
    """One override beside what the sources say."""

    field: str
    language: str | None
    value: Any
    replaced: Any = Field(description="What the sources said when it was written.")
    source_value: Any = Field(description="What they say now.")
    outdated: bool = Field(description="Whether the sources say something else since.")
    reason: str
    organisation_id: str
    at: datetime


class OverridesOut(BaseModel):
    """All overrides of a course."""

    course_id: str
    items: tuple[OverrideShown, ...]


class WrittenOut(BaseModel):
    """What an override came to."""

    course_id: str
    field: str
    language: str | None
    value: Any = Field(description="In the catalogue's own form.")
    version: int = Field(description="Of the course.")
    warnings: tuple[str, ...] = Field(description="What was mended in the value.")


@dataclass(frozen=True, slots=True)
class _Room:
    database: Database
    now: Callable[[], datetime]

    def editor(self, actor: Actor, society_id: str, scope: str) -> Editor:
        """Raises ``Forbidden`` for who may not for this society."""
        if not access.may(actor, scope, society_id):
            raise Forbidden("The token is not one of this society.")
        return Editor(actor.who, society_id, society_id)


def build_router(
    *, database: Database, guard: Guard, now: Callable[[], datetime] = clock.now
) -> APIRouter:
    router = APIRouter(
        prefix="/api/v1/societies/{society_id}/overrides/{course_id}", tags=["catalogue"]
    )
    room = _Room(database, now)
    _add_reading(router, room, guard)
    _add_writing(router, room, guard)
    return router


def _add_reading(router: APIRouter, room: _Room, guard: Guard) -> None:
    @router.get("")
    def read_overrides(
        society_id: OrganisationId,
        course_id: CourseId,
        actor: Annotated[Actor, Depends(guard.scope(READ))],
        response: Response,
    ) -> OverridesOut:
        """What was written over the sources of a course of this society."""
        editor = room.editor(actor, society_id, READ)
        with room.database.read() as session:
            course = service.get_course(session, course_id, editor)
            found = service.shown(session, course_id)
        response.headers["ETag"] = courses.etag(course)
        items = tuple(
            OverrideShown(
                field=one.written.field,
                language=one.written.language or None,
                value=one.written.value,
                replaced=one.written.replaced,
                source_value=one.source_value,
                outdated=one.outdated,
                reason=one.written.reason,
                organisation_id=one.written.organisation_id,
                at=one.written.at,
            )
            for one in found
        )
        return OverridesOut(course_id=course_id, items=items)


def _add_writing(router: APIRouter, room: _Room, guard: Guard) -> None:
    @router.put("/{field}", responses=CHANGED_SINCE)
    def write_override(
        *,
        society_id: OrganisationId,
        course_id: CourseId,
        field: FieldName,
        new: OverrideIn,
        actor: Annotated[Actor, Depends(guard.scope(WRITE))],
        response: Response,
        language: Language = None,
        if_match: IfMatch = None,
    ) -> WrittenOut:
        """Write over a field; it stands above all sources until it is lifted."""
        editor = room.editor(actor, society_id, WRITE)
        with room.database.write() as session:
            _require(session, course_id, editor, if_match)
            course, warnings = service.write(
                session, course_id, field, language, new.value, reason=new.reason, editor=editor,
                at=room.now(),
            )  # fmt: skip
        tag = _tag(language)
        response.headers["ETag"] = courses.etag(course)
        return WrittenOut(
            course_id=course_id,
            field=field,
            language=tag or None,
            value=service.said_in(course.data, field, tag),
            version=course.version,
            warnings=warnings,
        )

    @router.delete("/{field}", status_code=204, responses=CHANGED_SINCE)
    def lift_override(
        *,
        society_id: OrganisationId,
        course_id: CourseId,
        field: FieldName,
        actor: Annotated[Actor, Depends(guard.scope(WRITE))],
        language: Language = None,
        if_match: IfMatch = None,
    ) -> Response:
        """Let the sources speak again."""
        editor = room.editor(actor, society_id, WRITE)
        with room.database.write() as session:
            _require(session, course_id, editor, if_match)
            course = service.lift(
                session, course_id, field, _tag(language), editor=editor, at=room.now()
            )
        return Response(status_code=204, headers={"ETag": courses.etag(course)})


def _require(session: Session, course_id: str, editor: Editor, if_match: str | None) -> Course:
    """The course, if it is as the caller saw it. Raises ``PreconditionFailed``, ``NotFound``."""
    course = service.get_course(session, course_id, editor)
    require_match(if_match, courses.etag(course))
    return course


def _tag(language: str | None) -> str:
    if not language:
        return ""
    tag = languages.tag(language)
    if tag is None:
        problem = FieldProblem("language", "language-invalid", "Use a BCP 47 tag, such as en.")
        raise Invalid("That is no language.", fields=[problem])
    return tag
