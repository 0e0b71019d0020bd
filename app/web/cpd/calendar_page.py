"""The calendar of deadlines and chosen courses, behind an address that is its key."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.recognition.planning import choices
from app.recognition.planning.feed import Event, as_calendar
from app.web.cpd.frame import HOME, Study, looks, registry_name
from app.web.cpd.overview_page import overview
from app.web.room import MAX_FORM_BYTES

CALENDAR = HOME + "/calendar"
FEEDS = "120/hour"
Secret = Annotated[str, Path(max_length=100)]


def build_router(study: Study) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    room = study.room
    Person = Annotated[Visitor, Depends(room.guard.person)]  # noqa: N806 - a type

    @router.post(CALENDAR, max_body_size=MAX_FORM_BYTES)
    def begin(request: Request, visitor: Person) -> Response:
        with room.database.write() as session:
            secret = choices.new_calendar(session, visitor.person_id, at=room.now())
        return overview(request, study, visitor, secret=secret)

    @router.post(CALENDAR + "/end", max_body_size=MAX_FORM_BYTES)
    def end(visitor: Person) -> Response:
        with room.database.write() as session:
            choices.end_calendar(session, visitor.person_id, at=room.now())
        return RedirectResponse(f"{HOME}#calendar", 303)

    @router.get("/calendar/{secret}.ics", dependencies=[Depends(room.guard.public)])
    def feed(secret: Secret) -> Response:
        at = room.now()
        with room.database.read() as session:
            person_id = choices.whose_calendar(session, secret)
            room.limits.take("cpd-calendar", person_id, rate=FEEDS)
            events = _events(study, session, person_id)
        body = as_calendar(events, name=room.site.node_name, at=at)
        return Response(body, media_type="text/calendar; charset=utf-8")

    return router


def _events(study: Study, session: Session, person_id: str) -> list[Event]:
    """The last day of each cycle, and the days of the courses that were chosen."""
    room, visitor = study.room, Visitor(person_id, "", "", study.room.now())
    say = study.saying(session, visitor)
    words = study.room.site.translations
    found: list[Event] = []
    for look in looks(session, visitor, at=room.now())[0]:
        compliance, last = look.view.compliance, look.view.span.last
        if look.rolls or last is None or last == date.max:
            continue
        unit = look.view.policy.unit
        short = [say.shortfall(one, unit) for one in (compliance.shortfalls if compliance else ())]
        name = registry_name(session, look.registrant.registry_id)
        found.append(
            Event(
                f"cycle-{look.registrant.id}-{last}",
                last,
                words.gettext("%s: the CPD cycle ends") % name,
                "\n".join(short) or words.gettext("Everything that is required is there."),
                f"{room.public_url}{HOME}/cycles/{look.registrant.id}",
            )
        )
    for one in choices.chosen(session, person_id):
        if one.day is not None:
            address = f"{room.public_url}/courses/{one.course_id}"
            found.append(Event(f"course-{one.course_id}", one.day, one.title, "", address))
    return found
