"""The page behind the link of an invitation: who invites to what, and the button to accept.

Whoever has the link may look; accepting takes an account that the invited address belongs to. The
address is shown to its owner alone, to others only so far that they recognise it.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.identity.people import invitations, rules
from app.web.room import MAX_FORM_BYTES, Room

Secret = Annotated[str, Path(max_length=100)]


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.api_route(
        "/invitations/{secret}",
        methods=["GET", "HEAD"],
        dependencies=[Depends(room.guard.public)],
    )
    def invitation(request: Request, secret: Secret) -> Response:
        visitor = room.guard.visitor(request)
        with room.database.read() as session:
            opened = invitations.open_invitation(session, secret, at=room.now())
            found = opened.invitation
            mine = visitor is not None and invitations.is_for(session, found, visitor.person_id)
        values = {
            "opened": opened,
            "roles_given": sorted(found.roles),
            "mine": mine,
            "visitor": visitor,
            "address": found.email if mine else rules.masked(found.email),
            "here": f"/invitations/{secret}",
        }
        return room.page(request, "invitation.html", values)

    @router.post("/invitations/{secret}", max_body_size=MAX_FORM_BYTES)
    def accept(secret: Secret, visitor: Annotated[Visitor, Depends(room.guard.person)]) -> Response:
        with room.database.write() as session:
            organisation = invitations.accept(session, secret, visitor.person_id, at=room.now())
        return RedirectResponse(f"/organisations/{organisation.id}", 303)

    return router
