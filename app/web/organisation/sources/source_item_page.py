"""One item of a feed as its source gave it, beside the course that came of it."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue import Course
from app.catalogue import service as catalogue
from app.catalogue.document import to_json
from app.harvest.inspecting.desk import LookDesk
from app.harvest.owning import service
from app.identity.model import Actor
from app.platform.problems import NotFound
from app.web.feeds.showing import course_fields
from app.web.organisation.sources.counter import BASE, SCOPE, Counter, SourceId
from app.web.room import Room

LONGEST = 100_000
Key = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


def build_router(room: Room, looks: LookDesk) -> APIRouter:
    router = APIRouter(include_in_schema=False, prefix=BASE + "/{source_id}/items")
    counter = Counter(room, looks)
    editor = Depends(room.guard.member(SCOPE))

    @router.api_route("/{key}", methods=["GET", "HEAD"])
    def show_item(
        request: Request, source_id: SourceId, key: Key, actor: Annotated[Actor, editor]
    ) -> Response:
        with room.database.read() as session:
            source = service.get(session, actor.organisation_id, source_id)
            item = service.get_item(session, source, key)
            course = _course(session, item.course_id)
            values = {
                **counter.frame(session, actor),
                "source": source,
                "item": item,
                "raw": _pretty(item.raw),
                "course": course,
                "fields": course_fields(to_json(course.data)) if course else [],
            }
        return counter.page(request, "organisation_source_item.html", values)

    return router


def _course(session: Session, course_id: str | None) -> Course | None:
    if course_id is None:
        return None
    try:
        return catalogue.get_course(session, course_id)
    except NotFound:
        return None


def _pretty(raw: str | None) -> str:
    """The raw item with line breaks; what no page can be made of becomes U+FFFD."""
    if raw is None:
        return ""
    try:
        text = json.dumps(json.loads(raw), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        text = raw
    plain = text.encode("utf-8", "replace").decode()
    return plain if len(plain) <= LONGEST else plain[:LONGEST] + "\n…"
