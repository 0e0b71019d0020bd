"""The tab of a person's data: take it along, and end the account.

Both need a sign-in of just now: an export tells everything at once, and an ended account comes back
for nobody.
"""

import json
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.identity.people import account, letters
from app.identity.signin.freshness import need_fresh
from app.platform.mail import deliver
from app.platform.problems import DomainError, FieldProblem, Invalid
from app.web.account import door
from app.web.account.holdings import HOLDINGS
from app.web.account.tabs import TABS
from app.web.room import MAX_FORM_BYTES, PRIVATE, Room

GONE = "/account-ended"
EXPORTS = "10/hour"
Field = Annotated[str, Form(max_length=1000)]


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    person = Depends(room.guard.person)
    _taking(router, person, room)
    _ending(router, person, room)

    @router.get(GONE, dependencies=[Depends(room.guard.public)])
    def gone(request: Request) -> Response:
        return room.page(request, "account_ended.html", {})

    return router


def _taking(router: APIRouter, person: Any, room: Room) -> None:
    @router.api_route("/account/data", methods=["GET", "HEAD"])
    def data(request: Request, visitor: Annotated[Visitor, person]) -> Response:
        return _page(request, room, visitor)

    @router.get("/account/data/export.json")
    def export(visitor: Annotated[Visitor, person]) -> Response:
        at = room.now()
        need_fresh(visitor, at=at)
        room.limits.take("export", visitor.person_id, rate=EXPORTS)
        with room.database.write() as session:
            told = account.export(session, visitor.person_id, HOLDINGS, node=room.public_url, at=at)
        name = f'attachment; filename="account-{at:%Y-%m-%d}.json"'
        return Response(
            json.dumps(told, ensure_ascii=False, indent=1),
            media_type="application/json",
            headers={**PRIVATE, "Content-Disposition": name},
        )


def _ending(router: APIRouter, person: Any, room: Room) -> None:
    @router.post("/account/data/end", max_body_size=MAX_FORM_BYTES)
    def end(
        request: Request,
        tasks: BackgroundTasks,
        visitor: Annotated[Visitor, person],
        sure: Field = "",
    ) -> Response:
        at = room.now()
        need_fresh(visitor, at=at)
        try:
            if not sure:
                raise Invalid(
                    "Nothing was deleted.",
                    fields=[FieldProblem("/sure", "not-sure", "Tick the box if you are sure.")],
                )
            with room.database.write() as session:
                told = account.delete(session, visitor.person_id, HOLDINGS, at=at)
        except DomainError as error:
            return _page(request, room, visitor, trouble=error)
        for address in told[:1]:
            letter = letters.farewell(address, node_name=room.site.node_name)
            tasks.add_task(deliver, room.mailer, letter)
        return door.let_out(room, then=GONE)


def _page(
    request: Request, room: Room, visitor: Visitor, *, trouble: DomainError | None = None
) -> Response:
    with room.database.read() as session:
        alone = account.alone_in(session, visitor.person_id)
    fields = trouble.fields if trouble else ()
    values: dict[str, Any] = {
        "account_tabs": TABS,
        "current": "data",
        "alone_in": alone,
        "trouble": trouble,
        "wrong": {each.pointer.strip("/"): each.detail for each in fields},
    }
    status = trouble.status if trouble else 200
    return room.page(request, "account_data.html", values, status=status)
