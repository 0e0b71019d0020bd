"""The tab of an engineer's registrations: in which registries, under which numbers."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.identity.people import registrations
from app.identity.people.model import NewRegistration
from app.platform.problems import DomainError
from app.web.account.tabs import TABS
from app.web.room import MAX_FORM_BYTES, Room

Field = Annotated[str, Form(max_length=1000)]
RegistrationId = Annotated[str, Path(max_length=64)]
ADDRESS = "/account/registrations"
_EMPTY = {"registry": "", "number": "", "since": "", "until": ""}


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    person = Depends(room.guard.person)
    _adding(router, person, room)
    _changing(router, person, room)
    return router


def _adding(router: APIRouter, person: Any, room: Room) -> None:
    @router.api_route(ADDRESS, methods=["GET", "HEAD"])
    def list_registrations(request: Request, visitor: Annotated[Visitor, person]) -> Response:
        return _page(request, room, visitor)

    @router.post(ADDRESS, max_body_size=MAX_FORM_BYTES)
    def add(
        *,
        request: Request,
        visitor: Annotated[Visitor, person],
        registry: Field = "",
        number: Field = "",
        since: Field = "",
        until: Field = "",
    ) -> Response:
        new = NewRegistration(registry, number, since, until)
        try:
            with room.database.write() as session:
                registrations.add(session, visitor.person_id, new, at=room.now())
        except DomainError as error:
            return _page(request, room, visitor, trouble=error, given=_given(new))
        return RedirectResponse(ADDRESS, 303)


def _changing(router: APIRouter, person: Any, room: Room) -> None:
    @router.api_route(ADDRESS + "/{registration_id}", methods=["GET", "HEAD"])
    def edit(
        request: Request, registration_id: RegistrationId, visitor: Annotated[Visitor, person]
    ) -> Response:
        with room.database.read() as session:
            one = registrations.get(session, visitor.person_id, registration_id)
        given = {
            "registry": one.registry_id,
            "number": one.number,
            "since": str(one.since or ""),
            "until": str(one.until or ""),
        }
        return _page(request, room, visitor, given=given, changing=registration_id)

    @router.post(ADDRESS + "/{registration_id}", max_body_size=MAX_FORM_BYTES)
    def change(
        *,
        request: Request,
        registration_id: RegistrationId,
        visitor: Annotated[Visitor, person],
        registry: Field = "",
        number: Field = "",
        since: Field = "",
        until: Field = "",
    ) -> Response:
        new = NewRegistration(registry, number, since, until)
        try:
            with room.database.write() as session:
                registrations.change(
                    session, visitor.person_id, registration_id, new, at=room.now()
                )
        except DomainError as error:
            return _page(
                request, room, visitor, trouble=error, given=_given(new), changing=registration_id
            )
        return RedirectResponse(ADDRESS, 303)

    @router.post(ADDRESS + "/{registration_id}/remove", max_body_size=MAX_FORM_BYTES)
    def remove(registration_id: RegistrationId, visitor: Annotated[Visitor, person]) -> Response:
        with room.database.write() as session:
            registrations.remove(session, visitor.person_id, registration_id, at=room.now())
        return RedirectResponse(ADDRESS, 303)


def _given(new: NewRegistration) -> dict[str, str]:
    return {
        "registry": new.registry_id,
        "number": new.number,
        "since": new.since,
        "until": new.until,
    }


def _page(
    request: Request,
    room: Room,
    visitor: Visitor,
    *,
    trouble: DomainError | None = None,
    given: Mapping[str, str] = _EMPTY,
    changing: str = "",
) -> Response:
    with room.database.read() as session:
        found = registrations.of_person(session, visitor.person_id)
        registries = registrations.registries(session)
    fields = trouble.fields if trouble else ()
    values: dict[str, Any] = {
        "account_tabs": TABS,
        "current": "registrations",
        "registrations": found,
        "registries": registries,
        "names": {one.id: one.name for one in registries},
        "given": given,
        "changing": changing,
        "trouble": trouble,
        "wrong": {each.pointer.strip("/"): each.detail for each in fields},
        "longest_number": registrations.LONGEST_NUMBER,
        "today": str(room.now().date()),
    }
    status = trouble.status if trouble else 200
    return room.page(request, "account_registrations.html", values, status=status)
