"""An organisation's first page for its members: what it is, what one may do there, whom to ask."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.identity.people import members, overview
from app.platform.problems import DomainError
from app.web.organisation.tabs import shown
from app.web.room import MAX_FORM_BYTES, Room


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    member = Depends(room.guard.member("catalogue:read"))

    @router.api_route("/organisations/{organisation_id}", methods=["GET", "HEAD"])
    def organisation(
        request: Request, organisation_id: OrganisationId, actor: Annotated[Actor, member]
    ) -> Response:
        return _page(request, room, actor)

    @router.post("/organisations/{organisation_id}/leave", max_body_size=MAX_FORM_BYTES)
    def leave(
        request: Request, organisation_id: OrganisationId, actor: Annotated[Actor, member]
    ) -> Response:
        try:
            with room.database.write() as session:
                members.leave(session, organisation_id, actor.person_id, at=room.now())
        except DomainError as error:
            return _page(request, room, actor, trouble=error)
        return RedirectResponse("/account", 303)

    return router


def _page(
    request: Request, room: Room, actor: Actor, *, trouble: DomainError | None = None
) -> Response:
    with room.database.read() as session:
        values: dict[str, Any] = {
            **shown(session, actor, ""),
            "me": members.get_member(session, actor.organisation_id, actor.person_id),
            "owners": members.owners(session, actor.organisation_id),
            "counts": overview.counts(session, actor.organisation_id, at=room.now()),
            "trouble": trouble,
        }
    status = trouble.status if trouble else 200
    return room.page(request, "organisation_overview.html", values, status=status)
