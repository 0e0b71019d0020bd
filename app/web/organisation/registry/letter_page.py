"""The letter about a decision, in two languages: as a page, and as PDF to print or send."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.recognition.deciding import words
from app.recognition.office.letters import service as letters
from app.recognition.office.letters.service import Letter
from app.web.organisation.registry.bureau import READ, Asked, Bureau, Id
from app.web.room import PRIVATE

Languages = Annotated[list[str], Query(alias="language", max_length=2)]


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the routes share."""

    bureau: Bureau

    def letter(
        self,
        session: Session,
        actor: Actor,
        submission_id: str,
        decision: str,
        language: list[str],
    ) -> Letter:
        return letters.letter(
            session,
            actor.organisation_id,
            submission_id,
            decision_id=decision,
            languages=[tag for tag in language if tag],
            public_url=self.bureau.room.public_url,
        )


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(
        include_in_schema=False,
        prefix="/organisations/{organisation_id}/submissions/{submission_id}",
    )
    pages, room = _Pages(bureau), bureau.room
    reader = Depends(room.guard.member(READ))

    @router.api_route("/letter", methods=["GET", "HEAD"])
    def letter_page(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, reader],
        submission_id: Id,
        decision: Asked = "",
        language: Languages = [],  # noqa: B006 - FastAPI makes a new one for each request
    ) -> Response:
        with room.database.read() as session:
            made = pages.letter(session, actor, submission_id, decision, language)
            values = {
                **bureau.frame(session, actor, "inbox"),
                "submission_id": submission_id,
                "letter": made,
                "languages": words.LANGUAGES,
            }
        return bureau.page(request, "registry_letter.html", values)

    @router.get("/letter.pdf")
    def letter_pdf(
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, reader],
        submission_id: Id,
        decision: Asked = "",
        language: Languages = [],  # noqa: B006 - FastAPI makes a new one for each request
    ) -> Response:
        at = room.now()
        with room.database.write() as session:
            made = pages.letter(session, actor, submission_id, decision, language)
            letters.note(session, organisation_id, submission_id, made, who=actor.who, at=at)
        body = letters.printed(bureau.press, made, at=at)
        name = f'attachment; filename="letter-{made.matter.decision.id}.pdf"'
        return Response(
            body, media_type="application/pdf", headers={**PRIVATE, "Content-Disposition": name}
        )

    return router
