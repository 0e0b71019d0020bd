"""Who is who, over HTTP: holders of records, types of numbers, and who says to be registered."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlalchemy.orm import Session

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.idempotency import KeyHeader
from app.platform.routing import together
from app.recognition.register import service
from app.recognition.register.door import (
    DECIDE,
    MAX_BYTES,
    PAGE,
    PATH,
    POLICY,
    PRIVATE,
    READ,
    Cursor,
    Door,
    Limit,
    created,
)
from app.recognition.register.wire import (
    HolderIn,
    HolderList,
    HolderOut,
    NumberTypes,
    NumberTypesOut,
    ReasonIn,
    RegistrantOut,
    WaitingOut,
    WaitingPage,
)

TAG = "recognition"
Id = Annotated[str, Path(max_length=64)]


def build_router(door: Door) -> APIRouter:
    """The routes of holders, numbers and statements."""
    return together(_holders(door), _undoing(door), _numbers(door), _confirming(door))


def _holders(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("/registrants/{registrant_id}/holders")
    def list_holders(
        organisation_id: OrganisationId,
        registrant_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
    ) -> HolderList:
        """The holders of records that the registrant is, and those that it was taken for."""
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            one = service.get(session, organisation_id, registrant_id)
            found = service.bindings(session, one)
        response.headers.update(PRIVATE)
        return HolderList(items=list(map(HolderOut.of, found)))

    @router.post(
        "/registrants/{registrant_id}/holders",
        status_code=201,
        response_model=HolderOut,
        max_body_size=MAX_BYTES,
    )
    def bind_holder(
        *,
        organisation_id: OrganisationId,
        registrant_id: Id,
        new: HolderIn,
        request: Request,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Say that a holder of records is this registrant. One that is another's is a conflict."""
        door.own(actor, DECIDE, organisation_id)

        def work(session: Session) -> Response:
            one = service.get(session, organisation_id, registrant_id)
            made = service.bind_holder(session, one, new.holder_id, at=door.now(), who=actor.who)
            return created(HolderOut.of(made))

        return door.create(request, actor, new, work, key=idempotency_key)

    return router


def _undoing(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.post("/holders/{binding_id}/undo", max_body_size=MAX_BYTES)
    def undo_holder(
        organisation_id: OrganisationId,
        binding_id: Id,
        why: ReasonIn,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
    ) -> HolderOut:
        """Take back that a holder is a registrant; it stays readable who said so and why."""
        door.own(actor, DECIDE, organisation_id)
        with door.database.write() as session:
            made = service.undo_binding(
                session, organisation_id, binding_id, why=why.reason, at=door.now(), who=actor.who
            )
        response.headers.update(PRIVATE)
        return HolderOut.of(made)

    return router


def _numbers(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("/number-types")
    def read_number_types(
        organisation_id: OrganisationId,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
    ) -> NumberTypesOut:
        """By which types of identifiers records may name registrants of this registry."""
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            types = service.number_types(session, organisation_id)
        return NumberTypesOut(own=service.own_type(organisation_id), types=list(types))

    @router.put("/number-types", max_body_size=MAX_BYTES)
    def set_number_types(
        organisation_id: OrganisationId,
        wanted: NumberTypes,
        actor: Annotated[Actor, Depends(door.guard.scope(POLICY))],
    ) -> NumberTypesOut:
        """Take these types for the registry's own numbers, beside the one that always is."""
        door.own(actor, POLICY, organisation_id)
        with door.database.write() as session:
            types = service.set_number_types(
                session, organisation_id, wanted.types, at=door.now(), who=actor.who
            )
        return NumberTypesOut(own=service.own_type(organisation_id), types=list(types))

    return router


def _confirming(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("/registrations")
    def list_waiting_registrations(
        organisation_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> WaitingPage:
        """People who state to be registered here and wait for the registry's answer."""
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            found = service.waiting(session, organisation_id, cursor=cursor, limit=limit)
        response.headers.update(PRIVATE)
        items = list(map(WaitingOut.of, found.items))
        return WaitingPage(items=items, next_cursor=found.next_cursor)

    @router.post("/registrations/{registration_id}/confirm")
    def confirm_registration(
        organisation_id: OrganisationId,
        registration_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
    ) -> RegistrantOut:
        """Confirm that the person is the registrant with that number, and link the two."""
        door.own(actor, DECIDE, organisation_id)
        with door.database.write() as session:
            made = service.confirm(
                session, organisation_id, registration_id, at=door.now(), who=actor.who
            )
        response.headers.update(PRIVATE)
        return RegistrantOut.of(made)

    @router.post(
        "/registrations/{registration_id}/refuse", status_code=204, max_body_size=MAX_BYTES
    )
    def refuse_registration(
        organisation_id: OrganisationId,
        registration_id: Id,
        why: ReasonIn,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
    ) -> None:
        """Say that the person is not, and why; the person can read it."""
        door.own(actor, DECIDE, organisation_id)
        with door.database.write() as session:
            service.refuse(
                session,
                organisation_id,
                registration_id,
                why=why.reason,
                at=door.now(),
                who=actor.who,
            )

    return router
