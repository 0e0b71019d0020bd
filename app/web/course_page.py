"""One course: what it is, when and where, what it counts for, and which source said so.

Shows what the catalogue holds; a withdrawn course keeps its page and answers 410. Who is signed in
sees first what it would count for in his or her own registries, and what it would fill there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.catalogue import Course, Society, Status, service
from app.catalogue.jsonld import course_jsonld
from app.identity.access import Guard
from app.platform import clock
from app.platform.db import Database
from app.web import labels
from app.web.counting import mine
from app.web.rendering import Site
from app.web.room import PRIVATE
from app.web.wording import Text, accepted_languages, best, texts


@dataclass(frozen=True, slots=True)
class Origin:
    """One source record of a course and the fields that come from it."""

    society: Text
    remote_id: str
    fields: tuple[str, ...]


def name_of(society: Society, wanted: Sequence[str]) -> Text:
    return best(society.names, wanted) or Text(society.id, "")


def origins(
    course: Course, *, societies: dict[str, Society], wanted: Sequence[str]
) -> list[Origin]:
    """Which fields came from which source record, both in the order of the page."""
    order = {name: place for place, name in enumerate(labels.PART)}
    fields = sorted(
        course.provenance.items(), key=lambda each: order.get(each[0].split(".")[0], len(order))
    )
    return [
        Origin(
            name_of(societies[source.society_id], wanted),
            source.remote_id,
            tuple(field for field, record_id in fields if record_id == source.source_record_id),
        )
        for source in course.sources
    ]


def _societies(session: Session, course: Course) -> dict[str, Society]:
    ids = {course.society_id, *(source.society_id for source in course.sources)}
    return {each: service.get_society(session, each) for each in ids}


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
                return RedirectResponse(f"/courses/{found.id}", 301)
            societies = _societies(session, found)
            withdrawn = found.status is Status.WITHDRAWN
            visitor = guard.visitor(request)
            counted = None if withdrawn else mine.course(session, found, visitor, at=now())
        wanted = accepted_languages(request.headers.get("accept-language"))
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
                "origins": origins(found, societies=societies, wanted=wanted),
                "jsonld": course_jsonld(found, society, page_url=page_url),
            },
        )

    return router
