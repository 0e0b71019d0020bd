"""The feeds of a society: how each does, and the form that adds one, made for its connector."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.harvest.inspecting.desk import LookDesk
from app.harvest.inspecting.looking import address_field
from app.harvest.model import NewSource
from app.harvest.owning import forms, service
from app.harvest.owning.model import LONGEST_NAME
from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.problems import DomainError
from app.web.organisation.sources.counter import (
    BASE,
    FORM_BYTES,
    ON_A_PAGE,
    SCOPE,
    Counter,
    Text,
    rhythm,
    texts_of,
    window,
)
from app.web.room import Room

_DONE = {"removed"}


def build_router(room: Room, looks: LookDesk) -> APIRouter:
    router = APIRouter(include_in_schema=False, prefix=BASE)
    counter = Counter(room, looks)
    _listing(router, counter)
    _adding(router, counter)
    return router


def _listing(router: APIRouter, counter: Counter) -> None:
    editor = Depends(counter.room.guard.member(SCOPE))

    @router.api_route("", methods=["GET", "HEAD"])
    def list_sources(
        request: Request, actor: Annotated[Actor, editor], cursor: Text = "", done: Text = ""
    ) -> Response:
        with counter.room.database.read() as session:
            found = service.list_sources(
                session, actor.organisation_id, cursor=cursor or None, limit=ON_A_PAGE
            )
            values = {
                **counter.frame(session, actor),
                "sources": service.health(session, found.items),
                "next_cursor": found.next_cursor,
                "connectors": sorted(counter.registry.connectors),
                "done": done if done in _DONE else "",
            }
        return counter.page(request, "organisation_sources.html", values)


def _adding(router: APIRouter, counter: Counter) -> None:
    editor = Depends(counter.room.guard.member(SCOPE))

    @router.get("/new")
    def new_source(
        request: Request, actor: Annotated[Actor, editor], connector: Text = "", url: Text = ""
    ) -> Response:
        where = address_field(counter.registry.get(connector))
        given = {"every_hours": "24"}
        shown = {where: url} if where and url else {}
        return _form(request, counter, actor, connector=connector, given=given, shown=shown)

    @router.post("", max_body_size=FORM_BYTES)
    async def add_source(
        request: Request, organisation_id: OrganisationId, actor: Annotated[Actor, editor]
    ) -> Response:
        texts = await texts_of(request)
        return await run_in_threadpool(lambda: _add(request, counter, actor, texts))


def _add(request: Request, counter: Counter, actor: Actor, texts: Mapping[str, str]) -> Response:
    connector = texts.get("connector", "")[:64]
    config: dict[str, Any] = {}
    try:
        config = forms.read(counter.registry, connector, texts, {})
        new = NewSource(
            actor.organisation_id,
            connector,
            config,
            name=texts.get("name", "").strip(),
            every_hours=rhythm(texts),
            window=window(texts),
        )
        with counter.room.database.write() as session:
            made = service.add(
                session, new, registry=counter.registry, who=actor.who, at=counter.room.now()
            )
    except DomainError as error:
        shown = counter.registry.shown(connector, config)
        return _form(
            request, counter, actor, connector=connector, given=texts, shown=shown, trouble=error
        )
    return RedirectResponse(f"/organisations/{actor.organisation_id}/sources/{made.id}", 303)


def _form(
    request: Request,
    counter: Counter,
    actor: Actor,
    *,
    connector: str,
    given: Mapping[str, str],
    shown: Mapping[str, Any],
    trouble: DomainError | None = None,
) -> Response:
    fields = forms.form(counter.registry, connector, shown)
    with counter.room.database.read() as session:
        values = {
            **counter.frame(session, actor),
            "connector": connector,
            "fields": fields,
            "given": given,
            "longest_name": LONGEST_NAME,
        }
    return counter.page(request, "organisation_source_new.html", values, trouble)
