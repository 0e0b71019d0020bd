"""Decisions that were, or would be, made anew: how far a run has come, and what it changes."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.problems import DomainError, NotFound
from app.recognition.ledger import service as ledger
from app.web.organisation.registry.bureau import (
    DECIDE,
    ON_A_PAGE,
    READ,
    Bureau,
    Cursor,
    Id,
    back,
)
from app.web.room import MAX_FORM_BYTES


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(
        include_in_schema=False, prefix="/organisations/{organisation_id}/runs/{run_id}"
    )
    room = bureau.room
    reader, decider = Depends(room.guard.member(READ)), Depends(room.guard.member(DECIDE))

    def page(
        request: Request,
        actor: Actor,
        run_id: str,
        *,
        cursor: str = "",
        trouble: DomainError | None = None,
    ) -> Response:
        with room.database.read() as session:
            run = ledger.get_run(session, actor.organisation_id, run_id)
            found = ledger.run_changes(session, run_id, cursor=cursor or None, limit=ON_A_PAGE)
            titles = {
                one.submission_id: ledger.get(session, actor.organisation_id, one.submission_id)
                for one in found.items
            }
            values = {
                **bureau.frame(session, actor, "policies"),
                "run": run,
                "changes": found.items,
                "titles": titles,
                "next_cursor": found.next_cursor,
                "cursor": cursor,
            }
        return bureau.page(request, "registry_run.html", values, trouble=trouble)

    @router.api_route("", methods=["GET", "HEAD"])
    def run(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        run_id: Id,
        cursor: Cursor = "",
    ) -> Response:
        return page(request, actor, run_id, cursor=cursor)

    @router.post("/cancel", max_body_size=MAX_FORM_BYTES)
    def cancel_run(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, decider],
        run_id: Id,
    ) -> Response:
        try:
            with room.database.write() as session:
                ledger.cancel_run(session, organisation_id, run_id, who=actor.who, at=room.now())
        except NotFound:
            raise
        except DomainError as error:
            return page(request, actor, run_id, trouble=error)
        return back(organisation_id, f"runs/{run_id}")

    return router
