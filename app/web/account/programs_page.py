"""The tab of what a person lets programs do, and of ending that."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.identity.oauth import book, consent
from app.identity.oauth.consent import Allowed
from app.web.account.tabs import TABS
from app.web.organisation.programs import in_order
from app.web.room import MAX_FORM_BYTES, Room

PATH = "/account/programs"


@dataclass(frozen=True, slots=True)
class Shown:
    """One program in the list."""

    allowed: Allowed
    scopes: list[str]


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    Person = Annotated[Visitor, Depends(room.guard.person)]  # noqa: N806 - a type of this room

    @router.api_route(PATH, methods=["GET", "HEAD"])
    def allowed_programs(request: Request, visitor: Person) -> Response:
        with room.database.read() as session:
            found = consent.allowed(session, visitor.person_id)
        values: dict[str, Any] = {
            "account_tabs": TABS,
            "current": "programs",
            "programs": [Shown(one, list(in_order(one.permission.scopes))) for one in found],
            "done": request.query_params.get("done") == "ended",
        }
        return room.page(request, "account_programs.html", values)

    @router.post(PATH + "/{permission_id}/end", max_body_size=MAX_FORM_BYTES)
    def end_program(
        visitor: Person, permission_id: Annotated[str, Path(max_length=64)]
    ) -> Response:
        with room.database.write() as session:
            book.end_permission(session, visitor.person_id, permission_id, at=room.now())
        return RedirectResponse(f"{PATH}?done=ended", 303)

    return router
