"""People who say that they are in the register, to be compared and answered."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.problems import DomainError, NotFound
from app.recognition.register import service as register
from app.web.organisation.registry.bureau import (
    DECIDE,
    ON_A_PAGE,
    READ,
    Bureau,
    Cursor,
    Id,
    Line,
    back,
)
from app.web.room import MAX_FORM_BYTES


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the routes share."""

    bureau: Bureau

    def list(
        self,
        request: Request,
        actor: Actor,
        *,
        cursor: str = "",
        place: str = "",
        trouble: DomainError | None = None,
    ) -> Response:
        with self.bureau.room.database.read() as session:
            frame = self.bureau.frame(session, actor, "registrants")
            found = register.waiting(
                session, actor.organisation_id, cursor=cursor or None, limit=ON_A_PAGE
            )
        values = {
            **frame,
            "waiting": found.items,
            "next_cursor": found.next_cursor,
            "cursor": cursor,
            "place": place,
        }
        return self.bureau.page(request, "registry_registrations.html", values, trouble=trouble)


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(
        include_in_schema=False, prefix="/organisations/{organisation_id}/registrations"
    )
    pages, room = _Pages(bureau), bureau.room
    reader, decider = Depends(room.guard.member(READ)), Depends(room.guard.member(DECIDE))

    @router.api_route("", methods=["GET", "HEAD"])
    def list_registrations(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        cursor: Cursor = "",
    ) -> Response:
        return pages.list(request, actor, cursor=cursor)

    @router.post("/{registration_id}/confirm", max_body_size=MAX_FORM_BYTES)
    def confirm_registration(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, decider],
        registration_id: Id,
    ) -> Response:
        try:
            with room.database.write() as session:
                register.confirm(
                    session, organisation_id, registration_id, at=room.now(), who=actor.who
                )
        except NotFound:
            raise
        except DomainError as error:
            return pages.list(request, actor, place=registration_id, trouble=error)
        return back(organisation_id, "registrations")

    @router.post("/{registration_id}/refuse", max_body_size=MAX_FORM_BYTES)
    def refuse_registration(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, decider],
        registration_id: Id,
        reason: Line = "",
    ) -> Response:
        try:
            with room.database.write() as session:
                register.refuse(
                    session,
                    organisation_id,
                    registration_id,
                    why=reason,
                    at=room.now(),
                    who=actor.who,
                )
        except NotFound:
            raise
        except DomainError as error:
            return pages.list(request, actor, place=registration_id, trouble=error)
        return back(organisation_id, "registrations")

    return router
