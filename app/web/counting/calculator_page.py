"""The calculator: what a planned activity would count for in each registry, and what is missing.

For societies that design a course, and for anybody. The address holds everything that was filled
in, so a result can be shown to others; nothing is kept.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue import Course
from app.catalogue import service as catalogue
from app.platform.problems import DomainError
from app.recognition.offering import bodies, service
from app.recognition.offering import facts as offered
from app.recognition.offering.entering import MEASURES, Entered, planned
from app.recognition.offering.model import Grade
from app.records.model import Kind, Mode, Tag
from app.web.counting import mine
from app.web.counting.words import exact
from app.web.room import Room
from app.web.wording import accepted_languages, best

ADDRESS = "/calculator"
COMPETENCES = tuple(f"EC{number}" for number in range(1, 14))
_MODES = {policy: record for record, policy in offered.MODES.items()}
_ONE = ("kind", "mode", "assessed", "society", "on")
_MANY = ("tags", "competences", "languages")


def entered(params: QueryParams) -> Entered:
    """What the form sends; unchecked."""
    spoken = [one for text in params.getlist("languages") for one in text.replace(",", " ").split()]
    return Entered(
        **{name: params.get(name, "") for name in _ONE},
        measures={name: params.get(name, "") for name in MEASURES},
        tags=params.getlist("tags"),
        competences=params.getlist("competences"),
        languages=spoken,
    )


def as_entered(course: Course, *, facts: Any) -> Entered:
    """A course of the catalogue, as its completion would be filled in."""
    return Entered(
        kind=facts.kind if facts.kind in list(Kind) else "",
        mode=_MODES.get(facts.mode or "", ""),
        measures={
            name: exact(Fraction(amount))
            for name, amount in facts.measures.items()
            if name in MEASURES
        },
        competences=facts.competences,
        languages=facts.languages,
        society=course.society_id,
    )


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(room.guard.public)])

    @router.api_route(ADDRESS, methods=["GET", "HEAD"])
    def calculator(request: Request) -> Response:
        params = request.query_params
        wanted = accepted_languages(request.headers.get("accept-language"))
        with room.database.read() as session:
            values = _results(session, params, room)
            societies = [
                (one.id, best(one.names, wanted)) for one in catalogue.list_societies(session)
            ]
        values |= {
            "societies": societies,
            "kinds": list(Kind),
            "modes": list(Mode),
            "all_tags": list(Tag),
            "all_competences": COMPETENCES,
            "mode_words": offered.MODES,
            "wanted": wanted,
        }
        trouble = values["trouble"]
        return room.site.render(
            request, "calculator.html", values=values, status=trouble.status if trouble else 200
        )

    return router


def _results(session: Session, params: QueryParams, room: Room) -> dict[str, Any]:
    """What the page shows: the form as filled in, and what comes of it."""
    shown: dict[str, Any] = {"course": None, "results": (), "examples": (), "trouble": None}
    shown["given"] = form = entered(params)
    asked = any(params.get(name) for name in (*_ONE, *_MANY, *MEASURES))
    try:
        if params.get("course") and not asked:
            course = catalogue.get_course(session, params["course"][:64].replace("\0", ""))
            facts = offered.ways(course.id, course.data, on=room.now().date())[0]
            on_page = mine.course(session, course, None, at=room.now())
            shown |= {"course": course, "given": as_entered(course, facts=facts)}
            return shown | {"results": on_page.adopted, "examples": on_page.examples}
        if asked:
            activity = planned(session, form)
            whom = [*bodies.registries(session), *bodies.examples()]
            found = [
                mine.with_outlook(one)
                for one in service.count_planned(session, activity, whom, on=room.now().date())
            ]
            return shown | _by_grade(found)
    except DomainError as error:
        return shown | {"trouble": error}
    return shown


def _by_grade(found: Sequence[mine.Counted]) -> dict[str, Any]:
    grades = {"results": Grade.ADOPTED, "examples": Grade.ILLUSTRATIVE}
    return {
        name: [one for one in found if one.counting.body.grade is grade]
        for name, grade in grades.items()
    }
