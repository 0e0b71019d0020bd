"""The catalogue over HTTP: one course, all societies. Read only and open to anybody.

The schemas are the wire's own, so that a change inside does not change what others read.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict, TypeAdapter

from app.catalogue import service
from app.catalogue.model import Course, CourseData, Society, SourceRef
from app.identity.access import Guard
from app.platform.db import Database


class CourseOut(BaseModel):
    """A course; ``data`` is merged from ``sources``, ``provenance`` says which field is whose."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    society_id: str
    status: str
    data: CourseData
    sources: tuple[SourceRef, ...]
    provenance: Mapping[str, str]
    quality: int
    missing: tuple[str, ...]
    version: int
    created_at: datetime
    modified_at: datetime


class SocietiesOut(BaseModel):
    """Every society of this node."""

    items: tuple[Society, ...]


_COURSE = TypeAdapter(CourseOut)


def build_router(*, database: Database, guard: Guard) -> APIRouter:
    """All routes are public."""
    router = APIRouter(prefix="/api/v1", tags=["catalogue"], dependencies=[Depends(guard.public)])

    @router.get(
        "/courses/{course_id}",
        response_model=CourseOut,
        responses={304: {"description": "Not changed since the version in If-None-Match."}},
    )
    def read_course(
        course_id: str, if_none_match: Annotated[str | None, Header()] = None
    ) -> Response:
        """One course; a withdrawn one is still shown, with its status."""
        with database.read() as session:
            course = service.get_course(session, course_id)
        headers = {"ETag": etag(course), "Cache-Control": "no-cache"}
        if if_none_match is not None and _names(if_none_match, etag(course)):
            return Response(status_code=304, headers=headers)
        body = _COURSE.dump_json(CourseOut.model_validate(course))
        return Response(body, media_type="application/json", headers=headers)

    @router.get("/societies")
    def read_societies() -> SocietiesOut:
        """All societies, by id."""
        with database.read() as session:
            return SocietiesOut(items=tuple(service.list_societies(session)))

    return router


def etag(course: Course) -> str:
    """The validator of one version of one course (RFC 9110 §8.8.3)."""
    return f'"{course.id}.{course.version}"'


def _names(if_none_match: str, tag: str) -> bool:
    """Whether the header holds this tag; weak comparison (RFC 9110 §13.1.2)."""
    listed = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return tag in listed or "*" in listed
