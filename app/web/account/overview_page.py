"""The first tab of an account: what one is called, where one is reached, whom one works for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.identity.people import rules, service, store
from app.identity.signin import links
from app.platform.problems import DomainError
from app.records.certificate.languages import LANGUAGES
from app.web.account.tabs import TABS
from app.web.account.way_back import Then, way_back
from app.web.room import MAX_FORM_BYTES, Room

Field = Annotated[str, Form(max_length=1000)]
AFTER = Form(alias="next", max_length=1000)


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    Person = Annotated[Visitor, Depends(room.guard.person)]  # noqa: N806 - a type of this room

    @router.api_route("/account", methods=["GET", "HEAD"])
    def account(request: Request, visitor: Person, then: Then = "") -> Response:
        with room.database.read() as session:
            return overview(request, room, session, visitor, at=room.now(), given={"then": then})

    @router.post("/account/profile", max_body_size=MAX_FORM_BYTES)
    def set_profile(
        request: Request,
        visitor: Person,
        name: Field = "",
        language: Field = "",
        then: Annotated[str, AFTER] = "",
    ) -> Response:
        at = room.now()
        with room.database.write() as session:
            try:
                service.set_profile(session, visitor.person_id, name=name, language=language, at=at)
            except DomainError as error:
                given = {"name": name, "language": language, "then": then}
                return overview(request, room, session, visitor, at=at, trouble=error, given=given)
        return RedirectResponse(way_back(then), 303)

    return router


def overview(
    request: Request,
    room: Room,
    session: Session,
    visitor: Visitor,
    *,
    at: datetime,
    trouble: DomainError | None = None,
    given: Mapping[str, str] | None = None,
) -> Response:
    """The page, also with what was wrong in a form on it."""
    person = service.get_person(session, visitor.person_id)
    wrong = {each.pointer.strip("/"): each.detail for each in trouble.fields} if trouble else {}
    usual = {"name": person.name, "language": person.language or "", "email": "", "then": ""}
    shown = usual | dict(given or {})
    values: dict[str, Any] = {
        "account_tabs": TABS,
        "current": "",
        "person": person,
        "addresses": store.emails(session, person.id),
        "waiting": links.waiting(session, person.id, at=at),
        "memberships": visitor.memberships,
        "languages": [(tag, each.locale.get_display_name()) for tag, each in LANGUAGES.items()],
        "longest_name": rules.LONGEST_NAME,
        "trouble": trouble,
        "wrong": wrong,
        "given": shown,
        "then": way_back(shown["then"], otherwise=""),
    }
    status = trouble.status if trouble else 200
    return room.page(request, "account_overview.html", values, status=status)
