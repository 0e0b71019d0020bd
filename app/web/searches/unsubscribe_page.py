"""Ending the mails of saved searches from a mail, without signing in (RFC 8058).

The address holds a token that cannot be guessed and that ends these mails and does nothing else.
Opening it shows a button alone, since programs that look for harm open every link of a mail; what
is posted there, by that button or by a mail program in one go, ends them. It says nothing of whose
they were.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from app.search.saved import service
from app.web.room import MAX_FORM_BYTES, Room

Token = Annotated[str, Path(max_length=100)]


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(room.guard.public)])

    @router.api_route("/unsubscribe/{token}", methods=["GET", "HEAD"])
    def ask(request: Request, token: Token) -> Response:
        with room.database.read() as session:
            service.whose(session, token)
        return room.page(request, "unsubscribe.html", {"token": token, "ended": False})

    @router.post("/unsubscribe/{token}", max_body_size=MAX_FORM_BYTES)
    def end(request: Request, token: Token) -> Response:
        with room.database.write() as session:
            service.end_mails(session, token, at=room.now())
        return room.page(request, "unsubscribe.html", {"token": token, "ended": True})

    return router
