"""An engineer's CPD at a glance: each registry's cycle, what was stated and not answered yet."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.identity.people import registrations
from app.recognition.ledger import service as ledger
from app.recognition.planning import choices
from app.web.cpd.frame import HOME, Study, cards, registry_name
from app.web.cpd.together import side_by_side
from app.web.room import MAX_FORM_BYTES

Field = Annotated[str, Form(max_length=20)]


def build_router(study: Study) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    Person = Annotated[Visitor, Depends(study.room.guard.person)]  # noqa: N806 - a type

    @router.api_route(HOME, methods=["GET", "HEAD"])
    def cpd(request: Request, visitor: Person) -> Response:
        return overview(request, study, visitor)

    @router.api_route(HOME + "/compare", methods=["GET", "HEAD"])
    def compare(request: Request, visitor: Person) -> Response:
        at = study.room.now()
        with study.room.database.read() as session:
            say = study.saying(session, visitor)
            shown, _ = cards(session, visitor, say, at=at)
            values = {"say": say, "cards": shown, "rows": side_by_side(session, shown)}
        return study.page(request, "cpd_compare.html", values)

    @router.post(HOME + "/reminders", max_body_size=MAX_FORM_BYTES)
    def remind(visitor: Person, before: Field = "", decided: Field = "") -> Response:
        with study.room.database.write() as session:
            at = study.room.now()
            choices.set_reminders(session, visitor.person_id, wanted=bool(before), at=at)
            ledger.choose_mail(session, visitor.person_id, wanted=bool(decided))
        return RedirectResponse(f"{HOME}#told", 303)

    return router


def overview(
    request: Request, study: Study, visitor: Visitor, *, secret: str | None = None
) -> Response:
    """The page; ``secret`` is that of a calendar just made, shown this once."""
    at = study.room.now()
    with study.room.database.read() as session:
        say = study.saying(session, visitor)
        shown, without = cards(session, visitor, say, at=at)
        person_id = visitor.person_id
        confirmed = {(one.look.registrant.registry_id, one.look.registrant.number) for one in shown}
        confirmed |= {(one.registry_id, one.number) for one, _ in without}
        waiting = [
            (one, registry_name(session, one.registry_id))
            for one in registrations.of_person(session, person_id)
            if (one.registry_id, one.number) not in confirmed
        ]
        values = {
            "say": say,
            "cards": shown,
            "without": without,
            "waiting": waiting,
            "choices": choices.chosen(session, person_id),
            "calendar_since": choices.calendar_since(session, person_id),
            "calendar": f"{study.room.public_url}/calendar/{secret}.ics" if secret else None,
            "reminded": choices.reminded_since(session, person_id) is not None,
            "told": ledger.wants_mail(session, person_id),
        }
    return study.page(request, "cpd.html", values)
