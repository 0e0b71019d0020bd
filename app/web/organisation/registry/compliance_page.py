"""A registry states who met a cycle: requests that wait, statements made, statements withdrawn."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.problems import DomainError, FieldProblem, Invalid, NotFound
from app.recognition.compliance import asking, issuing, store
from app.recognition.compliance.api import as_file
from app.recognition.compliance.lists import Desk
from app.recognition.compliance.model import NewRequest, RequestState
from app.recognition.register import service as register
from app.web.organisation.registry.bureau import (
    DECIDE,
    ON_A_PAGE,
    READ,
    Bureau,
    Cursor,
    Line,
    back,
)
from app.web.room import MAX_FORM_BYTES

Id = Annotated[str, Path(max_length=36, pattern="^[0-9a-f-]{36}$")]
_EMPTY = {"number": "", "day": "", "purposes": "", "audience": "", "there": ""}


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the routes share."""

    bureau: Bureau

    @property
    def desk(self) -> Desk:
        return Desk(self.bureau.statements, self.bureau.room.public_url)

    def page(
        self,
        request: Request,
        actor: Actor,
        *,
        cursor: str = "",
        given: dict[str, str] | None = None,
        place: str = "",
        trouble: DomainError | None = None,
    ) -> Response:
        registry_id = actor.organisation_id
        with self.bureau.room.database.read() as session:
            made = store.statements(session, registry_id, cursor=cursor or None, limit=ON_A_PAGE)
            waiting = store.requests(
                session, registry_id, state=RequestState.OPEN, cursor=None, limit=ON_A_PAGE
            )
            ids = {one.registrant_id for one in made.items}
            ids |= {one.registrant_id for one in waiting.items}
            values = {
                **self.bureau.frame(session, actor, "compliance"),
                "statements": made.items,
                "next_cursor": made.next_cursor,
                "cursor": cursor,
                "waiting": waiting.items,
                "registrants": {one: register.get(session, registry_id, one) for one in ids},
                "given": given or _EMPTY,
                "place": place,
            }
        return self.bureau.page(request, "registry_compliance.html", values, trouble=trouble)


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(
        include_in_schema=False, prefix="/organisations/{organisation_id}/compliance"
    )
    pages = _Pages(bureau)
    _reading(router, pages)
    _issuing(router, pages)
    _answering(router, pages)
    return router


def _reading(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    reader = Depends(room.guard.member(READ))

    @router.api_route("", methods=["GET", "HEAD"])
    def compliance(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        cursor: Cursor = "",
    ) -> Response:
        return pages.page(request, actor, cursor=cursor)

    @router.api_route("/statements/{statement_id}.{ending}", methods=["GET", "HEAD"])
    def statement(
        organisation_id: OrganisationId,
        statement_id: Id,
        ending: Annotated[str, Path(pattern="^(json|jwt)$")],
        actor: Annotated[Actor, reader],
    ) -> Response:
        with room.database.read() as session:
            found = issuing.forms(session, organisation_id, statement_id)
        return as_file(found, statement_id, token=ending == "jwt")


def _issuing(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    decider = Depends(room.guard.member(DECIDE))

    @router.post("/statements", max_body_size=MAX_FORM_BYTES)
    def issue(
        *,
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, decider],
        number: Line = "",
        day: Line = "",
        purposes: Line = "",
        audience: Line = "",
        there: Line = "",
    ) -> Response:
        given = {
            "number": number, "day": day, "purposes": purposes, "audience": audience,
            "there": there,
        }  # fmt: skip
        new = NewRequest(day, tuple(purposes.split(",")), audience, there)
        try:
            with room.database.write() as session:
                found = register.find(session, organisation_id, " ".join(number.split()))
                if found is None:
                    mend = "Nobody in the register has this number."
                    raise Invalid(mend, fields=[FieldProblem("/registrant", "unknown", mend)])
                issuing.issue(
                    session, pages.desk, organisation_id, found.id, new, at=room.now(),
                    who=actor.who,
                )  # fmt: skip
        except DomainError as error:
            return pages.page(request, actor, given=given, place="issue", trouble=error)
        return back(organisation_id, "compliance")

    @router.post("/statements/{statement_id}/withdraw", max_body_size=MAX_FORM_BYTES)
    def withdraw(
        *,
        request: Request,
        organisation_id: OrganisationId,
        statement_id: Id,
        actor: Annotated[Actor, decider],
        reason: Line = "",
    ) -> Response:
        try:
            with room.database.write() as session:
                issuing.withdraw(
                    session, pages.desk, organisation_id, statement_id, why=reason,
                    at=room.now(), who=actor.who,
                )  # fmt: skip
        except NotFound:
            raise
        except DomainError as error:
            return pages.page(request, actor, place=statement_id, trouble=error)
        return back(organisation_id, "compliance")


def _answering(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    decider = Depends(room.guard.member(DECIDE))

    @router.post("/requests/{request_id}/{act}", max_body_size=MAX_FORM_BYTES)
    def answer(
        *,
        request: Request,
        organisation_id: OrganisationId,
        request_id: Id,
        act: Annotated[str, Path(pattern="^(answer|refuse)$")],
        actor: Annotated[Actor, decider],
        reason: Line = "",
    ) -> Response:
        at = room.now()
        try:
            with room.database.write() as session:
                if act == "answer":
                    issuing.answer(
                        session, pages.desk, organisation_id, request_id, at=at, who=actor.who
                    )
                else:
                    asking.refuse(
                        session, organisation_id, request_id, why=reason, at=at, who=actor.who
                    )
        except NotFound:
            raise
        except DomainError as error:
            return pages.page(request, actor, place=request_id, trouble=error)
        return back(organisation_id, "compliance")
