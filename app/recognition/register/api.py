"""The register over HTTP: registrants, entered one by one or many at once.

Below one registry, for its own programs. To every other the registry's registrants do not exist.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.orm import Session

from app.identity.access import Guard, OrganisationId
from app.identity.model import Actor
from app.platform import clock
from app.platform.conditions import CHANGED_SINCE
from app.platform.db import Database
from app.platform.idempotency import KeyHeader
from app.platform.routing import together
from app.recognition.register import holders_api, importing, lists_api, service
from app.recognition.register.door import (
    DECIDE,
    FILE_BODY,
    MAX_BYTES,
    PAGE,
    PATH,
    PRIVATE,
    READ,
    Cursor,
    Door,
    DryRun,
    IfMatch,
    Limit,
    Text,
    body,
    created,
)
from app.recognition.register.sheets import MOST_BYTES
from app.recognition.register.wire import (
    EndingIn,
    ImportedOut,
    RegistrantIn,
    RegistrantOut,
    RegistrantPage,
)

TAG = "recognition"
Id = Annotated[str, Path(max_length=64)]


def build_router(
    *, database: Database, guard: Guard, now: Callable[[], datetime] = clock.now
) -> APIRouter:
    """All routes of the register."""
    door = Door(database, guard, now)
    return together(
        _reading(door),
        _changing(door),
        _ending(door),
        _importing(door),
        holders_api.build_router(door),
        lists_api.build_router(door),
    )


def _reading(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("/registrants")
    def list_registrants(
        *,
        organisation_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        text: Text = "",
        number: Annotated[str, Query(max_length=200, description="Exactly this one.")] = "",
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> RegistrantPage:
        """The registrants, or those whose number or name has all words of `text`."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            if number.strip():
                one = service.find(session, organisation_id, number)
                items = [] if one is None else [RegistrantOut.of(one)]
                return RegistrantPage(items=items, next_cursor=None)
            found = service.page(session, organisation_id, text=text, cursor=cursor, limit=limit)
        items = list(map(RegistrantOut.of, found.items))
        return RegistrantPage(items=items, next_cursor=found.next_cursor)

    @router.get("/registrants/{registrant_id}")
    def read_registrant(
        organisation_id: OrganisationId,
        registrant_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
    ) -> RegistrantOut:
        """One registrant; the answer's ETag is what `If-Match` wants."""
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            found = service.get(session, organisation_id, registrant_id)
        response.headers.update(PRIVATE | {"ETag": service.tag(found)})
        return RegistrantOut.of(found)

    return router


def _changing(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.post(
        "/registrants", status_code=201, response_model=RegistrantOut, max_body_size=MAX_BYTES
    )
    def add_registrant(
        organisation_id: OrganisationId,
        new: RegistrantIn,
        request: Request,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Enter a registrant. A number that is, or was, somebody else's is a conflict."""
        door.own(actor, DECIDE, organisation_id)

        def work(session: Session) -> Response:
            made = service.add(
                session, organisation_id, new.entered(), at=door.now(), who=actor.who
            )
            return created(RegistrantOut.of(made), tag=service.tag(made))

        return door.create(request, actor, new, work, key=idempotency_key)

    @router.put("/registrants/{registrant_id}", responses=CHANGED_SINCE, max_body_size=MAX_BYTES)
    def change_registrant(
        *,
        organisation_id: OrganisationId,
        registrant_id: Id,
        new: RegistrantIn,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
        if_match: IfMatch = None,
    ) -> RegistrantOut:
        """Write down otherwise what is known of a registrant. A former number stays taken."""
        door.own(actor, DECIDE, organisation_id)
        with door.database.write() as session:
            before = service.get(session, organisation_id, registrant_id)
            made = service.change(
                session, before, new.entered(), at=door.now(), who=actor.who, seen=if_match
            )
        response.headers.update(PRIVATE | {"ETag": service.tag(made)})
        return RegistrantOut.of(made)

    return router


def _ending(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.post(
        "/registrants/{registrant_id}/end", responses=CHANGED_SINCE, max_body_size=MAX_BYTES
    )
    def end_registrant(
        *,
        organisation_id: OrganisationId,
        registrant_id: Id,
        ending: EndingIn,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
        if_match: IfMatch = None,
    ) -> RegistrantOut:
        """Let a registration end with a day. The registrant and all decisions stay."""
        door.own(actor, DECIDE, organisation_id)
        with door.database.write() as session:
            made = service.end(
                session,
                service.get(session, organisation_id, registrant_id),
                on=ending.on,
                why=ending.reason,
                at=door.now(),
                who=actor.who,
                seen=if_match,
            )
        response.headers.update(PRIVATE | {"ETag": service.tag(made)})
        return RegistrantOut.of(made)

    @router.delete("/registrants/{registrant_id}/person", status_code=204)
    def unlink_person(
        organisation_id: OrganisationId,
        registrant_id: Id,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
    ) -> None:
        """Take back that a person of this node is the registrant."""
        door.own(actor, DECIDE, organisation_id)
        with door.database.write() as session:
            one = service.get(session, organisation_id, registrant_id)
            service.unlink_person(session, one, at=door.now(), who=actor.who)

    return router


def _importing(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.post("/registrants:import", max_body_size=MOST_BYTES, openapi_extra=FILE_BODY)
    def import_registrants(
        organisation_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],  # before the upload
        data: Annotated[bytes, Depends(body)],
        dry_run: DryRun = False,  # noqa: FBT002 - a parameter of the address
    ) -> ImportedOut:
        """Enter and change many registrants from a CSV, XLSX, JSON or NDJSON file.

        Columns: number, name, language, registered_on, ended_on; number and name are needed. An
        empty cell leaves what is there. A faulty row is told by row and column and never stops the
        others; the same file sent again changes nothing.
        """
        door.own(actor, DECIDE, organisation_id)
        done = importing.import_registrants(
            door.database, organisation_id, data, at=door.now(), who=actor.who, dry_run=dry_run
        )
        response.headers.update(PRIVATE)
        return ImportedOut.of(done, dry_run=dry_run)

    return router
