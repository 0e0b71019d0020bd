"""The records in a person's account: kept from a holder's page, shown as they stand today.

The address of a holder's page is its key, so it is never handed on to the door as the page to come
back to: who is not signed in signs in first and opens the link again.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity import service as identity
from app.identity.model import Visitor
from app.platform.problems import NotFound
from app.records.keeping import service
from app.records.sharing import service as sharing
from app.web.account.tabs import TABS
from app.web.links import Desk, held
from app.web.room import MAX_FORM_BYTES, PRIVATE, Room

PAGE = 50
Secret = Annotated[str, Path(max_length=100)]
RecordId = Annotated[str, Path(max_length=64)]
Cursor = Annotated[str | None, Query(max_length=200)]


def build_router(room: Room, desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    person = Depends(room.guard.person)
    _list(router, person, room)
    _one(router, person, room, desk, room.now)

    @router.post("/holder/{secret}/keep", max_body_size=MAX_FORM_BYTES)
    def keep(secret: Secret, visitor: Annotated[Visitor, person]) -> Response:
        at = room.now()
        with room.database.write() as session:
            link = sharing.enter(session, secret, at=at)
            service.keep(session, link, visitor.person_id, at=at)
        return RedirectResponse(f"/holder/{secret}#keep", 303)

    return router


def _list(router: APIRouter, person: Any, room: Room) -> None:
    @router.api_route("/account/records", methods=["GET", "HEAD"])
    def records(
        request: Request, visitor: Annotated[Visitor, person], cursor: Cursor = None
    ) -> Response:
        with room.database.read() as session:
            found = service.list_kept(session, visitor.person_id, cursor=cursor, limit=PAGE)
            issuers = {
                society_id: _name(session, society_id)
                for society_id in {one.record.society_id for one in found.items}
            }
        values = {
            "account_tabs": TABS,
            "current": "records",
            "records": found.items,
            "next_cursor": found.next_cursor,
            "issuers": issuers,
        }
        return room.page(request, "account_records.html", values)

    @router.post("/account/records/{record_id}/remove", max_body_size=MAX_FORM_BYTES)
    def remove(record_id: RecordId, visitor: Annotated[Visitor, person]) -> Response:
        with room.database.write() as session:
            service.remove(session, visitor.person_id, record_id, at=room.now())
        return RedirectResponse("/account/records", 303)


def _one(
    router: APIRouter, person: Any, room: Room, desk: Desk, now: Callable[[], datetime]
) -> None:
    @router.api_route("/account/records/{record_id}", methods=["GET", "HEAD"])
    def record(
        request: Request, record_id: RecordId, visitor: Annotated[Visitor, person]
    ) -> Response:
        at = now()
        with room.database.read() as session:
            kept = service.get_kept(session, visitor.person_id, record_id)
            shown = held(session, record_id, at=at)
        values = shown.values() | {
            "account_tabs": TABS,
            "current": "records",
            "kept": kept,
            "address": f"/account/records/{record_id}",
            "can_print": desk.press.ready,
        }
        return room.page(request, "account_record.html", values)

    @router.get("/account/records/{record_id}/record.{ending}")
    def record_file(
        record_id: RecordId, ending: str, visitor: Annotated[Visitor, person]
    ) -> Response:
        at = now()
        with room.database.read() as session:
            service.get_kept(session, visitor.person_id, record_id)
            shown = held(session, record_id, at=at)
        answer = desk.file(shown, ending, at=at)
        answer.headers.update(PRIVATE)
        return answer


def _name(session: Session, society_id: str) -> str:
    try:
        return identity.get_organisation(session, society_id).name
    except NotFound:  # a society may have left the node; its records have not
        return society_id
