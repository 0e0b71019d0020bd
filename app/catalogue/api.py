"""The catalogue over HTTP: one course, all societies. Read only and open to anybody.

The schemas are the wire's own, so that a change inside does not change what others read.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, TypeAdapter

from app.catalogue import service
from app.catalogue.model import Course, CourseData, Society
from app.catalogue.told import Told
from app.identity.access import Guard
from app.platform.db import Database


class CourseSourceOut(BaseModel):
    """One source record that a course is made of."""

    source_record_id: str
    source_id: str
    society_id: str
    remote_id: str
    pushed: bool
    """Whether the society pushed it, rather than its feed being harvested."""
    first_seen: datetime
    changed_at: datetime
    """When the source said something else last."""


class OverrideOut(BaseModel):
    """A field that an editor wrote over what the sources say."""

    field: str
    language: str | None
    """Of a text."""
    organisation_id: str
    """In whose name."""
    reason: str
    at: datetime


class CourseOut(BaseModel):
    """A course; ``data`` is merged from ``sources``, ``provenance`` says which field is whose.

    Where ``provenance`` says ``manual``, an editor wrote it: ``overrides`` says when and why.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    society_id: str
    status: str
    data: CourseData
    sources: tuple[CourseSourceOut, ...]
    provenance: Mapping[str, str]
    overrides: tuple[OverrideOut, ...]
    translations: tuple[str, ...]
    """The same course in other languages, each a course of its own."""
    translation_of: str | None
    """Which of them was there first, unless it is this one."""
    quality: int
    missing: tuple[str, ...]
    version: int
    created_at: datetime
    modified_at: datetime


class SocietiesOut(BaseModel):
    """Every society of this node."""

    items: tuple[Society, ...]


_COURSE = TypeAdapter(CourseOut)
_MERGED = {
    "description": "It was found to be another course, whose address `Location` says.",
    "headers": {"Location": {"schema": {"type": "string"}}},
}


def build_router(*, database: Database, guard: Guard) -> APIRouter:
    """All routes are public."""
    router = APIRouter(prefix="/api/v1", tags=["catalogue"], dependencies=[Depends(guard.public)])

    @router.get(
        "/courses/{course_id}",
        response_model=CourseOut,
        responses={
            301: _MERGED,
            304: {"description": "Not changed since the version in If-None-Match."},
        },
    )
    def read_course(
        course_id: str, if_none_match: Annotated[str | None, Header()] = None
    ) -> Response:
        """One course; a withdrawn one is still shown, with its status.

        The id of a course that was merged into another one leads to that, for ever.
        """
        with database.read() as session:
            course = service.get_course(session, course_id)
            told = service.get_told(session, course)
        if course.id != course_id:
            return RedirectResponse(f"/api/v1/courses/{course.id}", 301)
        headers = {"ETag": etag(course), "Cache-Control": "no-cache"}
        if if_none_match is not None and _names(if_none_match, etag(course)):
            return Response(status_code=304, headers=headers)
        body = _COURSE.dump_json(shown(course, told))
        return Response(body, media_type="application/json", headers=headers)

    @router.get("/societies")
    def read_societies() -> SocietiesOut:
        """All societies, by id."""
        with database.read() as session:
            return SocietiesOut(items=tuple(service.list_societies(session)))

    return router


def shown(course: Course, told: Told) -> CourseOut:
    """A course as the API says it."""
    sources = [
        {**asdict(one), **asdict(told.records[one.source_record_id])} for one in course.sources
    ]
    overrides = [
        OverrideOut(
            field=one.field,
            language=one.language or None,
            organisation_id=one.organisation_id,
            reason=one.reason,
            at=one.at,
        )
        for one in told.overrides
    ]
    given = {
        name: getattr(course, name) for name in CourseOut.model_fields if hasattr(course, name)
    }
    return CourseOut.model_validate({**given, "sources": sources, "overrides": overrides})


def etag(course: Course) -> str:
    """The validator of one version of one course (RFC 9110 §8.8.3)."""
    return f'"{course.id}.{course.version}"'


def _names(if_none_match: str, tag: str) -> bool:
    """Whether the header holds this tag; weak comparison (RFC 9110 §13.1.2)."""
    listed = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return tag in listed or "*" in listed
