"""The tab of linked sign-ins: which accounts elsewhere open this one.

Linking and unlinking need a sign-in of just now: who finds a browser open must not be able to move
in, nor to lock its owner out.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.background import BackgroundTasks
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.identity.oidc import service
from app.identity.signin.freshness import need_fresh
from app.platform.problems import DomainError
from app.platform.routing import together
from app.web.account import door, mails
from app.web.account.provider_page import IDENTITIES, away, tell_linked
from app.web.account.tabs import TABS
from app.web.account.way_back import to_the_door
from app.web.room import MAX_FORM_BYTES, Room

_DONE = frozenset({"linked", "unlinked"})


def build_router(room: Room) -> APIRouter:
    return together(_reading(room), _changing(room))


def _reading(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.api_route("/sign-in/known", methods=["GET", "HEAD"])
    def known(request: Request, _: Annotated[None, Depends(room.guard.public)]) -> Response:
        """For who signed in elsewhere with an address that has an account here already."""
        values = {"door": to_the_door(IDENTITIES)}
        return room.page(request, "oidc_known.html", values)

    @router.api_route(IDENTITIES, methods=["GET", "HEAD"])
    def identities(
        request: Request,
        visitor: Annotated[Visitor, Depends(room.guard.person)],
        done: str = "",
    ) -> Response:
        with room.database.read() as session:
            return _page(request, room, session, visitor, done=done if done in _DONE else "")

    return router


def _changing(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    person = Depends(room.guard.person)
    _ = room.site.translations.gettext

    @router.post(IDENTITIES + "/link/{provider_id}", max_body_size=MAX_FORM_BYTES)
    def link(request: Request, provider_id: str, visitor: Annotated[Visitor, person]) -> Response:
        need_fresh(visitor, at=room.now())
        try:
            return away(request, room, provider_id, then=IDENTITIES, link_to=visitor)
        except DomainError as error:
            with room.database.read() as session:
                return _page(request, room, session, visitor, trouble=error)

    @router.post(IDENTITIES + "/waiting", max_body_size=MAX_FORM_BYTES)
    def link_waiting(request: Request, visitor: Annotated[Visitor, person]) -> Response:
        at, browser = room.now(), door.asking(request, room) or ""
        need_fresh(visitor, at=at)
        try:
            with room.database.write() as session:
                found = service.link_waiting(session, browser, visitor.person_id, at=at)
                told = tell_linked(room, session, request, visitor, found.issuer)
        except DomainError as error:
            with room.database.read() as session:
                return _page(request, room, session, visitor, trouble=error)
        return _done("linked", told)

    @router.post(IDENTITIES + "/waiting/forget", max_body_size=MAX_FORM_BYTES)
    def forget(request: Request, visitor: Annotated[Visitor, person]) -> Response:
        browser = door.asking(request, room) or ""
        with room.database.write() as session:
            service.forget_waiting(session, browser, visitor.person_id, at=room.now())
        return _done()

    @router.post(IDENTITIES + "/{identity_id}/unlink", max_body_size=MAX_FORM_BYTES)
    def unlink(request: Request, identity_id: str, visitor: Annotated[Visitor, person]) -> Response:
        at = room.now()
        need_fresh(visitor, at=at)
        with room.database.write() as session:
            try:
                gone = service.unlink(
                    session, visitor, identity_id, issuers=room.providers.issuers, at=at
                )
            except DomainError as error:
                return _page(request, room, session, visitor, trouble=error)
            said = _("The sign-in with {name} was unlinked from it.")
            told = mails.tell(
                room,
                session,
                request,
                visitor.person_id,
                said.format(name=room.providers.label(gone.issuer)),
                at=at,
            )
        return _done("unlinked", told)

    return router


def _done(what: str = "", told: BackgroundTasks | None = None) -> Response:
    return RedirectResponse(
        f"{IDENTITIES}?done={what}" if what else IDENTITIES, 303, background=told
    )


def _page(
    request: Request,
    room: Room,
    session: Session,
    visitor: Visitor,
    *,
    done: str = "",
    trouble: DomainError | None = None,
) -> Response:
    at: datetime = room.now()
    browser = door.asking(request, room)
    held = service.identities(session, visitor.person_id)
    linked = {one.issuer for one in held}
    ways = service.ways_in(session, visitor.person_id, issuers=room.providers.issuers)
    waits = service.waiting(session, browser, visitor.person_id, at=at) if browser else None
    values: dict[str, Any] = {
        "account_tabs": TABS,
        "current": "identities",
        "identities": held,
        "label": room.providers.label,
        "others": [one for one in room.providers.listed if one.issuer not in linked],
        "known": bool(room.providers.listed or held),
        "waiting": waits,
        "only_way": ways < 2,
        "done": done,
        "trouble": trouble,
    }
    status = trouble.status if trouble else 200
    return room.page(request, "account_identities.html", values, status=status)
