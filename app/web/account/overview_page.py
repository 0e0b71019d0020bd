"""The first tab of an account: who one is."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.identity.people import rules, service, store
from app.platform.problems import DomainError
from app.web.account.tabs import TABS
from app.web.account.way_back import Then, way_back
from app.web.room import MAX_FORM_BYTES, Room

Field = Annotated[str, Form(max_length=1000)]


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.api_route("/account", methods=["GET", "HEAD"])
    def account(
        request: Request, visitor: Annotated[Visitor, Depends(room.guard.person)], then: Then = ""
    ) -> Response:
        with room.database.read() as session:
            return overview(request, room, session, visitor, given={"then": then})

    @router.post("/account/name", max_body_size=MAX_FORM_BYTES)
    def set_name(
        request: Request,
        visitor: Annotated[Visitor, Depends(room.guard.person)],
        name: Field = "",
        then: Annotated[str, Form(alias="next", max_length=1000)] = "",
    ) -> Response:
        with room.database.write() as session:
            try:
                service.set_name(session, visitor.person_id, name, at=room.now())
            except DomainError as error:
                given = {"name": name, "then": then}
                return overview(request, room, session, visitor, trouble=error, given=given)
        return RedirectResponse(way_back(then), 303)

    return router


def overview(
    request: Request,
    room: Room,
    session: Session,
    visitor: Visitor,
    *,
    trouble: DomainError | None = None,
    given: Mapping[str, str] | None = None,
) -> Response:
    """The page, also with what was wrong in a form on it."""
    person = service.get_person(session, visitor.person_id)
    wrong = {each.pointer.strip("/"): each.detail for each in trouble.fields} if trouble else {}
    given = {"name": person.name, "then": ""} | dict(given or {})
    values: dict[str, Any] = {
        "account_tabs": TABS,
        "current": "",
        "person": person,
        "addresses": store.emails(session, person.id),
        "memberships": visitor.memberships,
        "longest_name": rules.LONGEST_NAME,
        "trouble": trouble,
        "wrong": wrong,
        "given": given,
        "then": way_back(given["then"], otherwise=""),
    }
    status = trouble.status if trouble else 200
    return room.page(request, "account_overview.html", values, status=status)
