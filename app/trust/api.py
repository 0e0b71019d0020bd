"""Trust over HTTP: documents that publish keys, and the verification of anybody's record.

``POST /credentials/verify`` follows the W3C VC API: 200 when every check passed, 400 with errors
otherwise, unknown status included. Nothing is fetched to verify: what this node does not know, it
says it does not know.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from app.identity.access import Guard, OrganisationId
from app.platform import clock
from app.platform.db import Database
from app.trust import service
from app.trust.documents import did_document, jwk_set
from app.trust.wire import answer_of, record_of
from app.verification.verify import verify

MAX_VERIFY_BYTES = 256 * 1024
PUBLIC = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
"""Keys are read by verifiers everywhere, those that run in a browser among them."""

_VERIFY_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["verifiableCredential"],
                "properties": {
                    "verifiableCredential": {
                        "description": "A record as a JSON object, or as a compact JWT.",
                        "type": ["object", "string"],
                    },
                    "options": {"type": "object"},
                },
            }
        },
        "application/vc": {"schema": {"type": "object"}},
        "application/vc+jwt": {"schema": {"type": "string"}},
    },
}


async def _body(request: Request) -> bytes:
    return await request.body()


def build_router(
    *, database: Database, guard: Guard, now: Callable[[], datetime] = clock.now
) -> APIRouter:
    """All routes are public."""
    router = APIRouter(tags=["trust"], dependencies=[Depends(guard.public)])

    @router.get("/.well-known/did.json")
    def node_did() -> JSONResponse:
        """The DID document of the node itself."""
        with database.read() as session:
            return JSONResponse(did_document(service.node_issuer(session)), headers=PUBLIC)

    @router.get("/societies/{society_id}/did.json")
    def society_did(society_id: OrganisationId) -> JSONResponse:
        """The DID document of a society that issues records here."""
        with database.read() as session:
            document = did_document(service.issuer_of(session, society_id))
        return JSONResponse(document, headers=PUBLIC)

    @router.get("/.well-known/jwks.json")
    def node_jwks() -> JSONResponse:
        """The public keys of everybody who signs on this node."""
        with database.read() as session:
            return JSONResponse(jwk_set(service.own_issuers(session)), headers=PUBLIC)

    @router.get("/societies/{society_id}/jwks.json")
    def society_jwks(society_id: OrganisationId) -> JSONResponse:
        """The public keys of one society."""
        with database.read() as session:
            keys = jwk_set([service.issuer_of(session, society_id)])
        return JSONResponse(keys, headers=PUBLIC)

    @router.post(
        "/credentials/verify",
        max_body_size=MAX_VERIFY_BYTES,
        openapi_extra={"requestBody": _VERIFY_BODY},
        responses={400: {"description": "Not accepted; `errors` says why."}},
    )
    def verify_credential(body: Annotated[bytes, Depends(_body)]) -> JSONResponse:
        """Say whether a record is acceptable, check by check."""
        at = now()
        with database.read() as session:
            bundle = service.bundle(session, at=at)
        answer: dict[str, Any] = answer_of(verify(record_of(body), bundle=bundle, at=at))
        return JSONResponse(answer, 200 if answer["verified"] else 400)

    return router
