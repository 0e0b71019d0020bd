"""The tab of how one comes in: passkeys, and the browsers one is signed in with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.identity.people import model, sessions
from app.identity.signin import passkeys
from app.identity.signin.challenges import relying_party
from app.identity.signin.freshness import is_fresh
from app.platform.problems import DomainError
from app.web.account import door
from app.web.account.browsers import in_words
from app.web.account.tabs import TABS
from app.web.account.way_back import to_the_door
from app.web.room import MAX_FORM_BYTES, Room

PATH = "/account/security"


@dataclass(frozen=True, slots=True)
class Place:
    """One browser one is signed in with, in words."""

    session: model.Session
    browser: str
    system: str
    here: bool


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    Person = Annotated[Visitor, Depends(room.guard.person)]  # noqa: N806 - a type of this room

    @router.api_route(PATH, methods=["GET", "HEAD"])
    def security(request: Request, visitor: Person) -> Response:
        with room.database.read() as session:
            return security_page(request, room, session, visitor, at=room.now())

    @router.post("/account/sessions/{session_id}/end", max_body_size=MAX_FORM_BYTES)
    def end(visitor: Person, session_id: str) -> Response:
        with room.database.write() as session:
            sessions.end(session, visitor.person_id, session_id, at=room.now())
        return door.let_out(room) if session_id == visitor.session_id else _back()

    @router.post("/account/sessions/end", max_body_size=MAX_FORM_BYTES)
    def end_others(visitor: Person) -> Response:
        with room.database.write() as session:
            sessions.end_all(session, visitor.person_id, at=room.now(), but=visitor.session_id)
        return _back()

    return router


def security_page(
    request: Request,
    room: Room,
    session: Session,
    visitor: Visitor,
    *,
    at: datetime,
    trouble: DomainError | None = None,
) -> Response:
    """The page, also with what went wrong on it."""
    places = [
        Place(each, *in_words(each.browser), each.id == visitor.session_id)
        for each in sessions.of_person(session, visitor.person_id, at=at)
    ]
    values: dict[str, Any] = {
        "account_tabs": TABS,
        "current": "security",
        "places": places,
        "passkeys": passkeys.of_person(session, visitor.person_id),
        "can_add": relying_party(room.public_url, name=room.site.node_name) is not None,
        "fresh": is_fresh(visitor, at=at),
        "again": to_the_door(PATH, again=True),
        "browser": " · ".join(filter(None, in_words(door.browser_of(request)))),
        "longest_name": passkeys.LONGEST_NAME,
        "trouble": trouble,
    }
    status = trouble.status if trouble else 200
    return room.page(request, "account_security.html", values, status=status)


def _back() -> Response:
    return RedirectResponse(f"{PATH}#sessions", 303)
