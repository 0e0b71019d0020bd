"""How the search index stands, for who runs the node: what it lags behind, and what it refuses.

Nothing here changes what is true: an index can be thrown away and built anew at any time.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue import COURSE_CHANGED
from app.catalogue import service as catalogue
from app.identity.model import Actor
from app.platform import outbox
from app.search import SearchIndex, state
from app.web.room import MAX_FORM_BYTES, Room

ADDRESS = "/node/search"
SHOWN = 200
"""How many failing courses are listed; where there are more, the reason is one of a few."""

_DONE = {"again", "all", "rebuild"}
_Course = Annotated[str, Form(max_length=200)]


def build_router(room: Room, index: SearchIndex) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    operator = Depends(room.guard.operator)

    @router.api_route(ADDRESS, methods=["GET", "HEAD"])
    def show_index(
        request: Request,
        actor: Annotated[Actor, operator],
        done: Annotated[str, Query(max_length=20)] = "",
    ) -> Response:
        with room.database.read() as session:
            values = {
                "state": state.get(session),
                "backlog": outbox.backlog(session, COURSE_CHANGED),
                "failing": outbox.failing(session, COURSE_CHANGED, limit=SHOWN),
                "courses": catalogue.count_courses(session),
                "paused": state.pauses(session, at=room.now()),
            }
        values |= {"health": index.health(), "done": done if done in _DONE else ""}
        return room.page(request, "node_search.html", values)

    @router.post(ADDRESS + "/try-again", max_body_size=MAX_FORM_BYTES)
    def try_again(actor: Annotated[Actor, operator], course: _Course = "") -> Response:
        """One course, or all of them where none is named."""
        with room.database.write() as session:
            outbox.try_again(session, COURSE_CHANGED, course or None, at=room.now())
        return RedirectResponse(f"{ADDRESS}?done={'again' if course else 'all'}", 303)

    @router.post(ADDRESS + "/rebuild", max_body_size=MAX_FORM_BYTES)
    def rebuild(actor: Annotated[Actor, operator]) -> Response:
        with room.database.write() as session:
            state.ask_rebuild(session, at=room.now())
        return RedirectResponse(f"{ADDRESS}?done=rebuild", 303)

    return router
