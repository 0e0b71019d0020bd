"""The audit pack: one file with everything about a cycle, to be read without any server."""

from collections.abc import Iterator
from typing import IO, Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.identity.model import Visitor
from app.recognition.planning import pack
from app.recognition.planning.outlook import outlook
from app.web.cpd.cycle_page import CYCLE, RegistrantId
from app.web.cpd.frame import Study, mine, registry_name
from app.web.cpd.showing import card
from app.web.room import PRIVATE

PACKS = "20/hour"
_PIECE = 64 * 1024


def build_router(study: Study) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    room = study.room
    Person = Annotated[Visitor, Depends(room.guard.person)]  # noqa: N806 - a type

    @router.get(CYCLE + "/pack.zip")
    def audit_pack(
        request: Request,
        registrant_id: RegistrantId,
        visitor: Person,
        notes: Annotated[str, Query(max_length=8)] = "",
    ) -> Response:
        at = room.now()
        room.limits.take("cpd-pack", visitor.person_id, rate=PACKS)
        with room.database.read() as session:
            registrant = mine(session, visitor, registrant_id)
            look = outlook(session, registrant, at=at)
            found = pack.gather(session, look, visitor.person_id, with_notes=bool(notes), at=at)
            say = study.saying(session, visitor)
            name = registry_name(session, registrant.registry_id)
            values = {
                "say": say,
                "pack": found,
                "card": card(look, name, say),
                "registry": name,
                "registrant": registrant,
                "safe_name": pack.safe_name,
            }
            summary = room.site.environment.get_template("cpd_pack.html").render(values)
            made = pack.write(session, found, summary=summary)
        named = pack.safe_name(f"cpd-{registrant.registry_id}-{look.today}.zip")
        headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{named}"'}
        return StreamingResponse(_pieces(made), media_type="application/zip", headers=headers)

    return router


def _pieces(made: IO[bytes]) -> Iterator[bytes]:
    with made:
        while piece := made.read(_PIECE):
            yield piece
