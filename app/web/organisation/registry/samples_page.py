"""Audit samples: announced, drawn, and what an auditor takes along of who was drawn."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.problems import DomainError, NotFound
from app.recognition.office.samples import evidence
from app.recognition.office.samples import service as samples
from app.recognition.office.samples.model import NewSample
from app.recognition.register import service as register
from app.web.organisation.registry.bureau import (
    DECIDE,
    ON_A_PAGE,
    READ,
    Bureau,
    Cursor,
    Id,
    Line,
    back,
)
from app.web.room import MAX_FORM_BYTES, PRIVATE

_USUAL = NewSample("2")


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the routes share."""

    bureau: Bureau

    def list(
        self,
        request: Request,
        actor: Actor,
        *,
        cursor: str = "",
        given: NewSample = _USUAL,
        trouble: DomainError | None = None,
    ) -> Response:
        with self.bureau.room.database.read() as session:
            found = samples.page(
                session, actor.organisation_id, cursor=cursor or None, limit=ON_A_PAGE
            )
            values = {
                **self.bureau.frame(session, actor, "samples"),
                "samples": found.items,
                "next_cursor": found.next_cursor,
                "cursor": cursor,
                "given": given,
            }
        return self.bureau.page(request, "registry_samples.html", values, trouble=trouble)

    def one(
        self,
        request: Request,
        actor: Actor,
        sample_id: str,
        *,
        start: int = 0,
        trouble: DomainError | None = None,
    ) -> Response:
        registry_id = actor.organisation_id
        with self.bureau.room.database.read() as session:
            sample = samples.get(session, registry_id, sample_id)
            shown = sample.chosen[start : start + ON_A_PAGE]
            values = {
                **self.bureau.frame(session, actor, "samples"),
                "sample": sample,
                "chosen": [register.get(session, registry_id, one) for one in shown],
                "start": start,
                "further": start + ON_A_PAGE if start + ON_A_PAGE < len(sample.chosen) else None,
            }
        return self.bureau.page(request, "registry_sample.html", values, trouble=trouble)


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(include_in_schema=False, prefix="/organisations/{organisation_id}/samples")
    pages = _Pages(bureau)
    _add_list(router, pages)
    _add_one(router, pages)
    return router


def _add_list(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    reader, decider = Depends(room.guard.member(READ)), Depends(room.guard.member(DECIDE))

    @router.api_route("", methods=["GET", "HEAD"])
    def list_samples(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        cursor: Cursor = "",
    ) -> Response:
        return pages.list(request, actor, cursor=cursor)

    @router.post("", max_body_size=MAX_FORM_BYTES)
    def announce_sample(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, decider],
        percent: Line = "",
        public_source: Line = "",
    ) -> Response:
        new = NewSample(percent, public_source)
        try:
            with room.database.write() as session:
                made = samples.announce(session, actor, new, at=room.now())
        except DomainError as error:
            return pages.list(request, actor, given=new, trouble=error)
        return back(organisation_id, f"samples/{made.id}")


def _add_one(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    reader, decider = Depends(room.guard.member(READ)), Depends(room.guard.member(DECIDE))

    @router.api_route("/{sample_id}", methods=["GET", "HEAD"])
    def show_sample(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        sample_id: Id,
        start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> Response:
        return pages.one(request, actor, sample_id, start=start)

    @router.post("/{sample_id}/draw", max_body_size=MAX_FORM_BYTES)
    def draw_sample(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, decider],
        sample_id: Id,
        public_value: Line = "",
    ) -> Response:
        try:
            with room.database.write() as session:
                samples.draw(session, actor, sample_id, public_value, at=room.now())
        except NotFound:
            raise
        except DomainError as error:
            return pages.one(request, actor, sample_id, trouble=error)
        return back(organisation_id, f"samples/{sample_id}")

    @router.get("/{sample_id}/list.txt")
    def sampled_list(
        organisation_id: OrganisationId, actor: Annotated[Actor, reader], sample_id: Id
    ) -> Response:
        """The list that is drawn from, as its hash is taken: an id a line."""
        with room.database.read() as session:
            sample = samples.get(session, organisation_id, sample_id)
            ids = samples.listed(session, sample)
        text = "".join(f"{one}\n" for one in ids)
        name = f'attachment; filename="sample-{sample.number}-list.txt"'
        headers = {**PRIVATE, "Content-Disposition": name}
        return Response(text.encode(), media_type="text/plain; charset=utf-8", headers=headers)

    @router.get("/{sample_id}/evidence/{registrant_id}.zip")
    def sample_evidence(
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        sample_id: Id,
        registrant_id: Id,
    ) -> Response:
        pieces = evidence.bundle(room.database, actor, sample_id, registrant_id, at=room.now())
        name = f'attachment; filename="evidence-{registrant_id}.zip"'
        headers = {**PRIVATE, "Content-Disposition": name}
        return StreamingResponse(pieces, media_type="application/zip", headers=headers)
