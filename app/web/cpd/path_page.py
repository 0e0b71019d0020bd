"""The shortest path: what is missing at the very least, and which courses would close it."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue import service as catalogue
from app.identity.model import Visitor
from app.platform.problems import FieldProblem, Invalid
from app.recognition.planning import choices
from app.recognition.planning.choices import Choice
from app.recognition.planning.outlook import Plan, Proposed, outlook, plan
from app.web.cpd.cycle_page import CYCLE, RegistrantId
from app.web.cpd.frame import HOME, Study, mine, registry_name
from app.web.cpd.showing import card, served_name
from app.web.cpd.steps import Step, steps
from app.web.room import MAX_FORM_BYTES
from app.web.wording import accepted_languages, best

CHOICES = HOME + "/choices"
CourseId = Annotated[str, Path(max_length=64)]
Field = Annotated[str, Form(max_length=64)]
RATE = "60/hour"
"""How often a path is reckoned for one person; each takes a second of the node's."""


def build_router(study: Study) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    Person = Annotated[Visitor, Depends(study.room.guard.person)]  # noqa: N806 - a type

    @router.api_route(CYCLE + "/path", methods=["GET", "HEAD"])
    def path(request: Request, registrant_id: RegistrantId, visitor: Person) -> Response:
        return _page(request, study, visitor, registrant_id)

    @router.post(CHOICES, max_body_size=MAX_FORM_BYTES)
    def choose(
        request: Request, visitor: Person, course: Field = "", day: Field = "", then: Field = ""
    ) -> Response:
        at = study.room.now()
        languages = accepted_languages(request.headers.get("accept-language"))
        with study.room.database.write() as session:
            found = catalogue.get_course(session, course)
            title = best(found.data.title, languages)
            made = Choice(
                found.id,
                title.text if title else found.id,
                title.tag if title and title.tag else None,
                _day(day),
                at,
            )
            choices.choose(session, visitor.person_id, made, at=at)
        place = CYCLE.format(registrant_id=then) + "/path" if then else HOME
        return RedirectResponse(f"{place}#chosen", 303)

    @router.post(CHOICES + "/{course_id}/remove", max_body_size=MAX_FORM_BYTES)
    def take_back(course_id: CourseId, visitor: Person) -> Response:
        with study.room.database.write() as session:
            choices.take_back(session, visitor.person_id, course_id, at=study.room.now())
        return RedirectResponse(f"{HOME}#chosen", 303)

    return router


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        problem = FieldProblem("/day", "date-form", "Write the day as 2026-05-31.")
        raise Invalid("The course cannot be noted like this.", fields=[problem]) from error


def _page(request: Request, study: Study, visitor: Visitor, registrant_id: str) -> Response:
    room, at = study.room, study.room.now()
    room.limits.take("cpd-path", visitor.person_id, rate=RATE)
    languages = accepted_languages(request.headers.get("accept-language"))
    with room.database.read() as session:
        registrant = mine(session, visitor, registrant_id)
        say = study.saying(session, visitor)
        look = outlook(session, registrant, at=at)
        found = plan(session, look)
        name = registry_name(session, registrant.registry_id)
        chosen = choices.chosen(session, visitor.person_id)

    def told(part: Proposed | None) -> list[Step]:
        return steps(part, look, say, languages) if part else []

    values: dict[str, Any] = {
        "say": say,
        "card": card(look, name, say),
        "registry": name,
        "plan": found,
        "least": told(found.least if found else None),
        "courses": told(found.courses if found else None),
        "rest": told(found.rest if found else None),
        "remains": _remains(found, look.view.policy.unit, say) if found else (),
        "served": lambda code: served_name(code, look.view.policy.cycle, say),
        "chosen": {one.course_id for one in chosen},
        "address": CYCLE.format(registrant_id=registrant.id),
        "registrant": registrant,
    }
    return study.page(request, "cpd_path.html", values)


def _remains(found: Plan, unit: str | None, say: Any) -> list[str]:
    """What neither courses nor anything else that is known here would close."""
    last = found.rest or found.courses
    return [say.shortfall(one, unit) for one in last.path.compliance.shortfalls]
