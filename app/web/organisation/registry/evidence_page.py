"""The registry's own copies of the files that were handed in with an entry by hand."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from app.identity import audit
from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.recognition.ledger import service as ledger
from app.recognition.planning import evidence
from app.web.cpd.evidence_page import as_download
from app.web.organisation.registry.bureau import READ, Bureau, Id

Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(
        include_in_schema=False,
        prefix="/organisations/{organisation_id}/submissions/{submission_id}/evidence",
    )
    Reader = Annotated[Actor, Depends(bureau.room.guard.member(READ))]  # noqa: N806 - a type

    @router.get("/{digest}")
    def given_evidence(
        organisation_id: OrganisationId, submission_id: Id, digest: Digest, actor: Reader
    ) -> Response:
        with bureau.room.database.write() as session:
            ledger.get(session, organisation_id, submission_id)
            found = evidence.fetch_given(session, organisation_id, submission_id, digest)
            audit.record(
                session,
                who=actor.who,
                action="evidence.download",
                subject=f"submission:{submission_id}",
                at=bureau.room.now(),
                organisation_id=organisation_id,
            )
        return as_download(found)

    return router
