"""What a registry lists: issuers with their tags, approvals of activities, each with its days."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.problems import DomainError, FieldProblem, Invalid, NotFound
from app.recognition.register import service as register
from app.recognition.register.model import NewApprovalListing, NewIssuerListing
from app.recognition.register.service import Ending
from app.web.organisation.registry.bureau import (
    DECIDE,
    ON_A_PAGE,
    READ,
    Asked,
    Bureau,
    Cursor,
    Id,
    Line,
    back,
)
from app.web.room import MAX_FORM_BYTES


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the routes share."""

    bureau: Bureau

    def issuers(
        self,
        request: Request,
        actor: Actor,
        *,
        text: str = "",
        cursor: str = "",
        given: Mapping[str, str] | None = None,
        place: str = "",
        trouble: DomainError | None = None,
    ) -> Response:
        with self.bureau.room.database.read() as session:
            frame = self.bureau.frame(session, actor, "issuers")
            found = register.page_issuers(
                session,
                actor.organisation_id,
                text=text,
                cursor=cursor or None,
                limit=ON_A_PAGE,
            )
        values = {
            **frame,
            "listings": found.items,
            "next_cursor": found.next_cursor,
            "text": text,
            "cursor": cursor,
            "given": given or asdict(NewIssuerListing("", "")),
            "place": place,
        }
        return self.bureau.page(request, "registry_issuers.html", values, trouble=trouble)

    def approvals(
        self,
        request: Request,
        actor: Actor,
        *,
        text: str = "",
        cursor: str = "",
        given: Mapping[str, str] | None = None,
        place: str = "",
        trouble: DomainError | None = None,
    ) -> Response:
        with self.bureau.room.database.read() as session:
            frame = self.bureau.frame(session, actor, "issuers")
            found = register.page_approvals(
                session,
                actor.organisation_id,
                text=text,
                cursor=cursor or None,
                limit=ON_A_PAGE,
            )
        values = {
            **frame,
            "listings": found.items,
            "next_cursor": found.next_cursor,
            "text": text,
            "cursor": cursor,
            "given": given or asdict(NewApprovalListing("", "")),
            "place": place,
        }
        return self.bureau.page(request, "registry_approvals.html", values, trouble=trouble)


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(include_in_schema=False, prefix="/organisations/{organisation_id}")
    pages = _Pages(bureau)
    _add_issuers(router, pages)
    _add_approvals(router, pages)
    return router


def _add_issuers(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    reader, decider = Depends(room.guard.member(READ)), Depends(room.guard.member(DECIDE))

    @router.api_route("/issuers", methods=["GET", "HEAD"])
    def list_issuers(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, reader],
        text: Asked = "",
        cursor: Cursor = "",
    ) -> Response:
        return pages.issuers(request, actor, text=text, cursor=cursor)

    @router.post("/issuers", max_body_size=MAX_FORM_BYTES)
    def add_issuer(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, decider],
        issuer_id: Line = "",
        tag: Line = "",
        valid_from: Line = "",
        valid_to: Line = "",
        note: Line = "",
    ) -> Response:
        new = NewIssuerListing(issuer_id, tag, valid_from, valid_to, note)
        try:
            with room.database.write() as session:
                register.add_issuer(session, organisation_id, new, at=room.now(), who=actor.who)
        except DomainError as error:
            return pages.issuers(request, actor, given=asdict(new), place="add", trouble=error)
        return back(organisation_id, "issuers")

    @router.post("/issuers/{listing_id}/end", max_body_size=MAX_FORM_BYTES)
    def end_issuer(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, decider],
        listing_id: Id,
        on: Line = "",
        reason: Line = "",
        struck: Line = "",
    ) -> Response:
        try:
            ending = _ending(on, reason, struck)
            with room.database.write() as session:
                register.end_issuer(
                    session, organisation_id, listing_id, ending, at=room.now(), who=actor.who
                )
        except NotFound:
            raise
        except DomainError as error:
            return pages.issuers(request, actor, place=listing_id, trouble=error)
        return back(organisation_id, "issuers")


def _add_approvals(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    reader, decider = Depends(room.guard.member(READ)), Depends(room.guard.member(DECIDE))

    @router.api_route("/approvals", methods=["GET", "HEAD"])
    def list_approvals(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, reader],
        text: Asked = "",
        cursor: Cursor = "",
    ) -> Response:
        return pages.approvals(request, actor, text=text, cursor=cursor)

    @router.post("/approvals", max_body_size=MAX_FORM_BYTES)
    def add_approval(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, decider],
        body: Line = "",
        number: Line = "",
        title: Line = "",
        issuer_id: Line = "",
        valid_from: Line = "",
        valid_to: Line = "",
    ) -> Response:
        new = NewApprovalListing(body, number, title, issuer_id, valid_from, valid_to)
        try:
            with room.database.write() as session:
                register.add_approval(session, organisation_id, new, at=room.now(), who=actor.who)
        except DomainError as error:
            return pages.approvals(request, actor, given=asdict(new), place="add", trouble=error)
        return back(organisation_id, "approvals")

    @router.post("/approvals/{listing_id}/end", max_body_size=MAX_FORM_BYTES)
    def end_approval(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, decider],
        listing_id: Id,
        on: Line = "",
        reason: Line = "",
        struck: Line = "",
    ) -> Response:
        try:
            ending = _ending(on, reason, struck)
            with room.database.write() as session:
                register.end_approval(
                    session, organisation_id, listing_id, ending, at=room.now(), who=actor.who
                )
        except NotFound:
            raise
        except DomainError as error:
            return pages.approvals(request, actor, place=listing_id, trouble=error)
        return back(organisation_id, "approvals")


def _ending(on: str, reason: str, struck: str) -> Ending:
    """What the form says; a day is needed unless the listing never held. Raises ``Invalid``."""
    if struck == "yes":
        return Ending(None, reason)
    try:
        return Ending(date.fromisoformat(on.strip()), reason)
    except ValueError:
        mend = "Write the last day as 2026-05-31, or say that it never held."
        raise Invalid(mend, fields=[FieldProblem("/on", "date-form", mend)]) from None
