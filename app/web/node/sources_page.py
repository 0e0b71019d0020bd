"""All feeds of this node and how they do, for its operator."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.harvest import service as harvest
from app.harvest.inspecting.desk import LookDesk
from app.harvest.owning import service
from app.identity.model import Actor
from app.web.organisation.sources.counter import ON_A_PAGE, Text
from app.web.room import Room


def build_router(room: Room, looks: LookDesk) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    operator = Depends(room.guard.operator)

    @router.api_route("/node/sources", methods=["GET", "HEAD"])
    def list_all_sources(
        request: Request, actor: Annotated[Actor, operator], cursor: Text = ""
    ) -> Response:
        with room.database.read() as session:
            found = service.list_sources(session, None, cursor=cursor or None, limit=ON_A_PAGE)
            values = {
                "sources": service.health(session, found.items),
                "next_cursor": found.next_cursor,
                "backlog": harvest.backlog(session, at=room.now()),
                "broken": looks.registry.broken,
            }
        return room.page(request, "node_sources.html", values)

    return router
