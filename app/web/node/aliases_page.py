"""The names, domains and ROR identifiers by which societies are known, for who runs the node."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue import service as catalogue
from app.catalogue.naming import service as naming
from app.catalogue.naming.book import AliasKind
from app.identity.model import Actor
from app.platform.problems import DomainError, NotFound
from app.web.room import MAX_FORM_BYTES, Room
from app.web.wording import accepted_languages, best

ADDRESS = "/node/aliases"
_DONE = {"added", "removed"}
_Field = Annotated[str, Form(max_length=2000)]
_Id = Annotated[str, Path(max_length=36)]


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    operator = Depends(room.guard.operator)

    @router.api_route(ADDRESS, methods=["GET", "HEAD"])
    def list_aliases(
        request: Request,
        actor: Annotated[Actor, operator],
        done: Annotated[str, Query(max_length=20)] = "",
    ) -> Response:
        return _page(request, room, done=done)

    @router.post(ADDRESS, max_body_size=MAX_FORM_BYTES)
    def add_alias(
        *,
        request: Request,
        actor: Annotated[Actor, operator],
        society: _Field = "",
        kind: _Field = "",
        value: _Field = "",
    ) -> Response:
        try:
            with room.database.write() as session:
                naming.add(session, society, kind, value, by=actor.who, at=room.now())
        except DomainError as trouble:
            given = {"society": society, "kind": kind, "value": value}
            return _page(request, room, trouble=trouble, given=given)
        return RedirectResponse(f"{ADDRESS}?done=added", 303)

    @router.post(ADDRESS + "/{alias_id}/remove", max_body_size=MAX_FORM_BYTES)
    def remove_alias(
        request: Request, alias_id: _Id, actor: Annotated[Actor, operator]
    ) -> Response:
        try:
            with room.database.write() as session:
                naming.remove(session, alias_id, by=actor.who, at=room.now())
        except NotFound as trouble:
            return _page(request, room, trouble=trouble)
        return RedirectResponse(f"{ADDRESS}?done=removed", 303)

    return router


def _page(
    request: Request,
    room: Room,
    *,
    done: str = "",
    trouble: DomainError | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    wanted = accepted_languages(request.headers.get("accept-language"))
    with room.database.read() as session:
        societies = catalogue.list_societies(session)
        aliases = naming.listing(session)
    values = {
        "societies": [(one, best(one.names, wanted)) for one in societies],
        "aliases": {
            one.id: [each for each in aliases if each.society_id == one.id] for one in societies
        },
        "kinds": list(AliasKind),
        "given": given or {},
        "done": done if done in _DONE else "",
        "trouble": trouble,
        "wrong": {each.pointer.strip("/"): each.detail for each in trouble.fields}
        if trouble
        else {},
        "current": "aliases",
    }
    return room.page(
        request, "node_aliases.html", values, status=trouble.status if trouble else 200
    )
