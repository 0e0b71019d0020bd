"""A registry's lists over HTTP: the issuers that it knows, and approvals of activities."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.orm import Session

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.idempotency import KeyHeader
from app.platform.routing import together
from app.recognition.register import importing, service
from app.recognition.register.door import (
    DECIDE,
    FILE_BODY,
    MAX_BYTES,
    PAGE,
    PATH,
    POLICY,
    READ,
    Cursor,
    Door,
    DryRun,
    Limit,
    Text,
    body,
    created,
)
from app.recognition.register.listing import Ending
from app.recognition.register.sheets import MOST_BYTES
from app.recognition.register.wire import (
    ApprovalListingIn,
    ApprovalListingOut,
    ApprovalListingPage,
    EndingIn,
    ImportedOut,
    IssuerListingIn,
    IssuerListingOut,
    IssuerListingPage,
    ReasonIn,
)

TAG = "recognition"
Id = Annotated[str, Path(max_length=64)]
On = Annotated[date | None, Query(description="Only those that hold on this day.")]


def build_router(door: Door) -> APIRouter:
    """The routes of both lists."""
    return together(
        _issuers(door),
        _importing_issuers(door),
        _ending_issuers(door),
        _approvals(door),
        _importing_approvals(door),
        _ending_approvals(door),
    )


def _issuers(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("/issuers")
    def list_issuers(
        *,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        text: Text = "",
        on: On = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> IssuerListingPage:
        """What the registry says of issuers, what ended and what was struck too."""
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            found = service.page_issuers(
                session, organisation_id, text=text, on=on, cursor=cursor, limit=limit
            )
        items = list(map(IssuerListingOut.of, found.items))
        return IssuerListingPage(items=items, next_cursor=found.next_cursor)

    @router.post(
        "/issuers", status_code=201, response_model=IssuerListingOut, max_body_size=MAX_BYTES
    )
    def list_issuer(
        organisation_id: OrganisationId,
        new: IssuerListingIn,
        request: Request,
        actor: Annotated[Actor, Depends(door.guard.scope(POLICY))],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Give an issuer a tag for some days; the registry's policies ask for it."""
        door.own(actor, POLICY, organisation_id)

        def work(session: Session) -> Response:
            made = service.add_issuer(
                session, organisation_id, new.entered(), at=door.now(), who=actor.who
            )
            return created(IssuerListingOut.of(made))

        return door.create(request, actor, new, work, key=idempotency_key)

    return router


def _importing_issuers(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.post("/issuers:import", max_body_size=MOST_BYTES, openapi_extra=FILE_BODY)
    def import_issuers(
        organisation_id: OrganisationId,
        actor: Annotated[Actor, Depends(door.guard.scope(POLICY))],  # before the upload
        data: Annotated[bytes, Depends(body)],
        dry_run: DryRun = False,  # noqa: FBT002 - a parameter of the address
    ) -> ImportedOut:
        """List many issuers from a file: issuer_id, tag, valid_from, valid_to, note."""
        door.own(actor, POLICY, organisation_id)
        done = importing.import_issuers(
            door.database, organisation_id, data, at=door.now(), who=actor.who, dry_run=dry_run
        )
        return ImportedOut.of(done, dry_run=dry_run)

    return router


def _ending_issuers(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    def end(organisation_id: str, listing_id: str, actor: Actor, how: Ending) -> IssuerListingOut:
        door.own(actor, POLICY, organisation_id)
        with door.database.write() as session:
            made = service.end_issuer(
                session, organisation_id, listing_id, how, at=door.now(), who=actor.who
            )
        return IssuerListingOut.of(made)

    @router.post("/issuers/{listing_id}/end", max_body_size=MAX_BYTES)
    def end_issuer(
        organisation_id: OrganisationId,
        listing_id: Id,
        ending: EndingIn,
        actor: Annotated[Actor, Depends(door.guard.scope(POLICY))],
    ) -> IssuerListingOut:
        """Let a tag hold up to a day and no longer."""
        return end(organisation_id, listing_id, actor, Ending(ending.on, ending.reason))

    @router.post("/issuers/{listing_id}/strike", max_body_size=MAX_BYTES)
    def strike_issuer(
        organisation_id: OrganisationId,
        listing_id: Id,
        why: ReasonIn,
        actor: Annotated[Actor, Depends(door.guard.scope(POLICY))],
    ) -> IssuerListingOut:
        """Say that a tag was a mistake and never held."""
        return end(organisation_id, listing_id, actor, Ending(None, why.reason))

    return router


def _approvals(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("/approvals")
    def list_approvals(
        *,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        text: Text = "",
        on: On = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> ApprovalListingPage:
        """The approvals that the registry lists, what ended and what was struck too."""
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            found = service.page_approvals(
                session, organisation_id, text=text, on=on, cursor=cursor, limit=limit
            )
        items = list(map(ApprovalListingOut.of, found.items))
        return ApprovalListingPage(items=items, next_cursor=found.next_cursor)

    @router.post(
        "/approvals", status_code=201, response_model=ApprovalListingOut, max_body_size=MAX_BYTES
    )
    def list_approval(
        organisation_id: OrganisationId,
        new: ApprovalListingIn,
        request: Request,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """List an approval of an activity with its days; a record may claim it by its number."""
        door.own(actor, DECIDE, organisation_id)

        def work(session: Session) -> Response:
            made = service.add_approval(
                session, organisation_id, new.entered(), at=door.now(), who=actor.who
            )
            return created(ApprovalListingOut.of(made))

        return door.create(request, actor, new, work, key=idempotency_key)

    return router


def _importing_approvals(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.post("/approvals:import", max_body_size=MOST_BYTES, openapi_extra=FILE_BODY)
    def import_approvals(
        organisation_id: OrganisationId,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],  # before the upload
        data: Annotated[bytes, Depends(body)],
        dry_run: DryRun = False,  # noqa: FBT002 - a parameter of the address
    ) -> ImportedOut:
        """List many approvals from a file: body, number, title, issuer_id, valid_from, valid_to."""
        door.own(actor, DECIDE, organisation_id)
        done = importing.import_approvals(
            door.database, organisation_id, data, at=door.now(), who=actor.who, dry_run=dry_run
        )
        return ImportedOut.of(done, dry_run=dry_run)

    return router


def _ending_approvals(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    def end(organisation_id: str, listing_id: str, actor: Actor, how: Ending) -> ApprovalListingOut:
        door.own(actor, DECIDE, organisation_id)
        with door.database.write() as session:
            made = service.end_approval(
                session, organisation_id, listing_id, how, at=door.now(), who=actor.who
            )
        return ApprovalListingOut.of(made)

    @router.post("/approvals/{listing_id}/end", max_body_size=MAX_BYTES)
    def end_approval(
        organisation_id: OrganisationId,
        listing_id: Id,
        ending: EndingIn,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
    ) -> ApprovalListingOut:
        """Let an approval hold up to a day and no longer."""
        return end(organisation_id, listing_id, actor, Ending(ending.on, ending.reason))

    @router.post("/approvals/{listing_id}/strike", max_body_size=MAX_BYTES)
    def strike_approval(
        organisation_id: OrganisationId,
        listing_id: Id,
        why: ReasonIn,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
    ) -> ApprovalListingOut:
        """Say that an approval was a mistake and never held."""
        return end(organisation_id, listing_id, actor, Ending(None, why.reason))

    return router
