"""One course: what it is, when and where, what it counts for, and which source said so.

Shows what the catalogue holds; a withdrawn course keeps its page and answers 410. Who is signed in
sees first what it would count for in his or her own registries, and what it would fill there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.catalogue import Course, Society, Status, service
from app.catalogue.jsonld import course_jsonld
from app.catalogue.overriding.model import Written
from app.catalogue.told import Heard, Told
from app.identity import rules as access
from app.identity.access import Guard
from app.identity.model import Visitor
from app.platform import clock
from app.platform.db import Database
from app.web import labels
from app.web.counting import mine
from app.web.languages.choosing import wanted_languages
from app.web.rendering import Site
from app.web.room import PRIVATE
from app.web.wording import Text, best, texts


@dataclass(frozen=True, slots=True)
class SourceShown:
    """One source record that a course is made of."""

    society: Text
    source_id: str
    remote_id: str
    heard: Heard


@dataclass(frozen=True, slots=True)
class Translation:
    """The course in another language."""

    course_id: str
    language: str
    title: Text | None


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field, or one entry of it, and where it comes from."""

    field: str
    source: SourceShown | None
    """``None`` where an editor wrote it."""
    override: Written | None = None


def name_of(society: Society, wanted: Sequence[str]) -> Text:
    return best(society.names, wanted) or Text(society.id, "")


def sources(
    course: Course, told: Told, *, societies: Mapping[str, Society], wanted: Sequence[str]
) -> dict[str, SourceShown]:
    """What a course is made of, by source record."""
    return {
        one.source_record_id: SourceShown(
            name_of(societies[one.society_id], wanted),
            one.source_id,
            one.remote_id,
            told.records[one.source_record_id],
        )
        for one in course.sources
    }


def origins(course: Course, told: Told, known: Mapping[str, SourceShown]) -> list[FieldShown]:
    """Where each field comes from, in the order of the page."""
    order = {name: place for place, name in enumerate(labels.PART)}
    written = {f"{one.field}.{one.language}".rstrip("."): one for one in told.overrides}
    return [
        FieldShown(field, known.get(record_id), written.get(field))
        for field, record_id in sorted(
            course.provenance.items(), key=lambda each: order.get(each[0].split(".")[0], len(order))
        )
    ]


def translations(session: Session, course: Course, wanted: Sequence[str]) -> list[Translation]:
    """The course in other languages, as far as it is on offer."""
    return [
        Translation(one.id, one.data.metadata_language or next(iter(one.data.title), ""),
                    best(one.data.title, wanted))
        for one in service.get_courses(session, course.translations)
    ]  # fmt: skip


def _societies(session: Session, course: Course) -> dict[str, Society]:
    ids = {course.society_id, *(source.society_id for source in course.sources)}
    return {each: service.get_society(session, each) for each in ids}


def _editing(visitor: Visitor | None, course: Course) -> str | None:
    """Where this visitor may edit the course."""
    if visitor is None:
        return None
    actor = access.as_member(visitor, course.society_id)
    if actor and access.may(actor, "catalogue:write", course.society_id):
        return f"/organisations/{course.society_id}/courses/{course.id}/edit"
    return f"/node/courses/{course.id}/edit" if access.as_operator(visitor) else None


def build_router(
    *,
    database: Database,
    guard: Guard,
    site: Site,
    public_url: str,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(guard.public)])

    @router.api_route("/courses/{course_id}", methods=["GET", "HEAD"])
    def course(course_id: str, request: Request) -> Response:
        with database.read() as session:
            found = service.get_course(session, course_id)
            if found.id != course_id:
                query = f"?{request.url.query}" if request.url.query else ""
                return RedirectResponse(f"/courses/{found.id}{query}", 301)
            societies = _societies(session, found)
            told = service.get_told(session, found)
            wanted = wanted_languages(request)
            others = translations(session, found, wanted)
            withdrawn = found.status is Status.WITHDRAWN
            visitor = guard.visitor(request)
            counted = None if withdrawn else mine.course(session, found, visitor, at=now())
        known = sources(found, told, societies=societies, wanted=wanted)
        data, society = found.data, societies[found.society_id]
        page_url = f"{public_url}/courses/{found.id}"
        return site.render(
            request,
            "course.html",
            status=410 if withdrawn else 200,
            headers=PRIVATE if visitor else {},
            values={
                "course": found,
                "withdrawn": withdrawn,
                "counted": counted,
                "page_url": page_url,
                "society": name_of(society, wanted),
                "all_names": [*society.names.values(), *society.aliases],
                "titles": texts(data.title, wanted),
                "summary": best(data.summary, wanted),
                "descriptions": texts(data.description, wanted),
                "outcomes": best(data.outcomes, wanted),
                "prerequisites": best(data.prerequisites, wanted),
                "sources": list(known.values()),
                "origins": origins(found, told, known),
                "overridden": bool(told.overrides),
                "translations": others,
                "edit": _editing(visitor, found),
                "jsonld": course_jsonld(
                    found, society, page_url=page_url, pages=f"{public_url}/courses/"
                ),
            },
        )

    return router
