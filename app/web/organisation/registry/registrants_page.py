"""The registrants of a registry: search, add, import a file; one registrant's cycle and records."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.problems import DomainError, FieldProblem, Invalid, NotFound
from app.platform.threads import run_costly
from app.recognition.adoption.service import PolicyDoubtful
from app.recognition.ledger import service as ledger
from app.recognition.register import importing
from app.recognition.register import service as register
from app.recognition.register.model import Imported, NewRegistrant, Registrant
from app.recognition.register.sheets import MOST_BYTES
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
    uploaded,
)
from app.web.room import MAX_FORM_BYTES

_EMPTY = NewRegistrant("", "")
_FILE_BYTES = MOST_BYTES + 64 * 1024
_TOLD = 100
"""How many faults of a file a page tells."""


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the routes share."""

    bureau: Bureau

    def list(
        self,
        request: Request,
        actor: Actor,
        *,
        text: str = "",
        cursor: str = "",
        given: NewRegistrant = _EMPTY,
        imported: Imported | None = None,
        trouble: DomainError | None = None,
    ) -> Response:
        registry_id = actor.organisation_id
        with self.bureau.room.database.read() as session:
            frame = self.bureau.frame(session, actor, "registrants")
            found = register.page(
                session, registry_id, text=text, cursor=cursor or None, limit=ON_A_PAGE
            )
            waiting = register.waiting(session, registry_id, limit=ON_A_PAGE)
        values = {
            **frame,
            "text": text,
            "registrants": found.items,
            "next_cursor": found.next_cursor,
            "cursor": cursor,
            "waiting": len(waiting.items),
            "many_waiting": waiting.next_cursor is not None,
            "given": asdict(given),
            "imported": imported,
            "faults": imported.faults[:_TOLD] if imported else (),
            "more_faults": imported.faulty - _TOLD if imported else 0,
            "most_megabytes": MOST_BYTES // 1024**2,
        }
        return self.bureau.page(request, "registry_registrants.html", values, trouble=trouble)

    def one(
        self,
        request: Request,
        actor: Actor,
        registrant_id: str,
        *,
        trouble: DomainError | None = None,
        place: str = "",
        given: Mapping[str, str] | None = None,
    ) -> Response:
        at = self.bureau.room.now()
        with self.bureau.room.database.read() as session:
            frame = self.bureau.frame(session, actor, "registrants")
            one = register.get(session, actor.organisation_id, registrant_id)
            values = {
                **frame,
                **_known(session, one),
                **_cycle(session, one, on=at.date()),
                "submissions": ledger.of_registrant(session, one.id),
                "place": place,
                "given": given or {},
            }
        return self.bureau.page(request, "registry_registrant.html", values, trouble=trouble)


def _known(session: Session, one: Registrant) -> dict[str, Any]:
    return {
        "registrant": one,
        "tag": register.tag(one),
        "numbers": register.numbers(session, one)[1:],
        "person_name": register.person_name(session, one),
        "bindings": register.bindings(session, one),
    }


def _cycle(session: Session, one: Registrant, *, on: date) -> dict[str, Any]:
    """The registrant's cycle, or why there is none to show."""
    try:
        return {"cycle": ledger.cycle_view(session, one, on=on), "no_cycle": None}
    except (NotFound, PolicyDoubtful) as error:
        return {"cycle": None, "no_cycle": error}


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(
        include_in_schema=False, prefix="/organisations/{organisation_id}/registrants"
    )
    pages = _Pages(bureau)
    _add_list(router, pages)
    _add_one(router, pages)
    _add_holders(router, pages)
    return router


def _add_list(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    reader, decider = Depends(room.guard.member(READ)), Depends(room.guard.member(DECIDE))

    @router.api_route("", methods=["GET", "HEAD"])
    def list_registrants(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, reader],
        text: Asked = "",
        cursor: Cursor = "",
    ) -> Response:
        return pages.list(request, actor, text=text, cursor=cursor)

    @router.post("", max_body_size=MAX_FORM_BYTES)
    def add_registrant(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, decider],
        number: Line = "",
        name: Line = "",
        language: Line = "",
        registered_on: Line = "",
    ) -> Response:
        new = NewRegistrant(number, name, language, registered_on)
        try:
            with room.database.write() as session:
                made = register.add(session, organisation_id, new, at=room.now(), who=actor.who)
        except DomainError as error:
            return pages.list(request, actor, given=new, trouble=error)
        return back(organisation_id, f"registrants/{made.id}")

    @router.post("/import", max_body_size=_FILE_BYTES)
    async def import_registrants(
        request: Request, organisation_id: OrganisationId, *, actor: Annotated[Actor, decider]
    ) -> Response:
        _, _, data = await uploaded(request)

        def work() -> Response:
            try:
                if not data:
                    mend = "Choose a file that is not empty."
                    raise Invalid(mend, fields=[FieldProblem("/file", "file-missing", mend)])
                made = importing.import_registrants(
                    room.database, organisation_id, data, at=room.now(), who=actor.who
                )
            except DomainError as error:
                return pages.list(request, actor, trouble=error)
            return pages.list(request, actor, imported=made)

        return await run_costly(work)


def _add_one(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    reader, decider = Depends(room.guard.member(READ)), Depends(room.guard.member(DECIDE))

    @router.api_route("/{registrant_id}", methods=["GET", "HEAD"])
    def show_registrant(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, reader],
        registrant_id: Id,
    ) -> Response:
        return pages.one(request, actor, registrant_id)

    @router.post("/{registrant_id}/change", max_body_size=MAX_FORM_BYTES)
    def change_registrant(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, decider],
        registrant_id: Id,
        number: Line = "",
        name: Line = "",
        language: Line = "",
        registered_on: Line = "",
        ended_on: Line = "",
        seen: Line = "",
    ) -> Response:
        new = NewRegistrant(number, name, language, registered_on, ended_on)
        try:
            with room.database.write() as session:
                before = register.get(session, organisation_id, registrant_id)
                register.change(
                    session, before, new, at=room.now(), who=actor.who, seen=seen or None
                )
        except NotFound:
            raise
        except DomainError as error:
            return pages.one(
                request, actor, registrant_id, trouble=error, place="change", given=asdict(new)
            )
        return back(organisation_id, f"registrants/{registrant_id}")


def _add_holders(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    decider = Depends(room.guard.member(DECIDE))

    @router.post("/{registrant_id}/holders", max_body_size=MAX_FORM_BYTES)
    def bind_holder(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, decider],
        registrant_id: Id,
        holder_id: Line = "",
    ) -> Response:
        try:
            with room.database.write() as session:
                one = register.get(session, organisation_id, registrant_id)
                register.bind_holder(session, one, holder_id, at=room.now(), who=actor.who)
        except NotFound:
            raise
        except DomainError as error:
            given = {"holder_id": holder_id}
            return pages.one(
                request, actor, registrant_id, trouble=error, place="holders", given=given
            )
        return back(organisation_id, f"registrants/{registrant_id}#holders")

    @router.post("/{registrant_id}/holders/{binding_id}/undo", max_body_size=MAX_FORM_BYTES)
    def undo_binding(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, decider],
        registrant_id: Id,
        binding_id: Id,
        reason: Line = "",
    ) -> Response:
        try:
            with room.database.write() as session:
                register.undo_binding(
                    session, organisation_id, binding_id, why=reason, at=room.now(), who=actor.who
                )
        except NotFound:
            raise
        except DomainError as error:
            return pages.one(request, actor, registrant_id, trouble=error, place="holders")
        return back(organisation_id, f"registrants/{registrant_id}#holders")
