"""Trust over HTTP: documents that publish keys, the signed bundle, and anybody's record verified.

``POST /credentials/verify`` follows the W3C VC API: 200 when every check passed, 400 with errors
otherwise, unknown status included. Nothing is fetched to verify: what this node does not know, it
says it does not know.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from app.identity.access import Guard, OrganisationId
from app.platform import clock
from app.platform.db import Database
from app.platform.routing import together
from app.platform.threads import run_costly
from app.trust import bulk_api, receipts, service
from app.trust.documents import did_document, jwk_set, key_history
from app.trust.model import Issuer
from app.trust.publishing import Served
from app.trust.signer import Signer
from app.trust.wire import ANSWERS, answer_of, asked_of
from app.verification.bundle import Bundle
from app.verification.options import Options
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
                    "options": {
                        "type": "object",
                        "properties": {
                            "receipt": {
                                "description": "Answer with a signed receipt of the checks too.",
                                "type": "boolean",
                            }
                        },
                    },
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
    *,
    database: Database,
    guard: Guard,
    signer: Signer,
    bundle: Callable[[datetime], Bundle],
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """All routes but the one for bulk verification are public."""

    def node() -> Issuer:
        with database.read() as session:
            return service.node_issuer(session)

    return together(
        _documents(database, guard),
        _publication(database, guard, signer, now),
        _verification(database, guard, signer, bundle, now),
        bulk_api.build_router(bundle=bundle, node=node, signer=signer, guard=guard, now=now),
    )


def _documents(database: Database, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["trust"], dependencies=[Depends(guard.public)])

    @router.get("/.well-known/did.json")
    def node_did() -> JSONResponse:
        """The DID document of the node itself."""
        with database.read() as session:
            return JSONResponse(did_document(service.node_issuer(session)), headers=PUBLIC)

    @router.get("/.well-known/jwks.json")
    def node_jwks() -> JSONResponse:
        """The public keys of everybody who signs on this node."""
        with database.read() as session:
            return JSONResponse(jwk_set(service.own_issuers(session)), headers=PUBLIC)

    @router.get("/.well-known/keys.json")
    def node_keys() -> JSONResponse:
        """Every key of the node with its history, those that count no more too."""
        with database.read() as session:
            return JSONResponse(key_history(service.node_issuer(session)), headers=PUBLIC)

    _of_societies(router, database)
    _of_registries(router, database)
    return router


def _of_societies(router: APIRouter, database: Database) -> None:
    @router.get("/societies/{society_id}/did.json")
    def society_did(society_id: OrganisationId) -> JSONResponse:
        """The DID document of a society that issues records here."""
        with database.read() as session:
            document = did_document(service.issuer_of(session, society_id))
        return JSONResponse(document, headers=PUBLIC)

    @router.get("/societies/{society_id}/jwks.json")
    def society_jwks(society_id: OrganisationId) -> JSONResponse:
        """The public keys of one society."""
        with database.read() as session:
            keys = jwk_set([service.issuer_of(session, society_id)])
        return JSONResponse(keys, headers=PUBLIC)

    @router.get("/societies/{society_id}/keys.json")
    def society_keys(society_id: OrganisationId) -> JSONResponse:
        """Every key of a society with its history, those that count no more too."""
        with database.read() as session:
            history = key_history(service.issuer_of(session, society_id))
        return JSONResponse(history, headers=PUBLIC)


def _of_registries(router: APIRouter, database: Database) -> None:
    @router.get("/registries/{registry_id}/did.json")
    def registry_did(registry_id: OrganisationId) -> JSONResponse:
        """The DID document of a registry that signs statements here."""
        with database.read() as session:
            document = did_document(service.registry_issuer(session, registry_id))
        return JSONResponse(document, headers=PUBLIC)

    @router.get("/registries/{registry_id}/jwks.json")
    def registry_jwks(registry_id: OrganisationId) -> JSONResponse:
        """The public keys of one registry."""
        with database.read() as session:
            keys = jwk_set([service.registry_issuer(session, registry_id)])
        return JSONResponse(keys, headers=PUBLIC)

    @router.get("/registries/{registry_id}/keys.json")
    def registry_keys(registry_id: OrganisationId) -> JSONResponse:
        """Every key of a registry with its history, those that count no more too."""
        with database.read() as session:
            history = key_history(service.registry_issuer(session, registry_id))
        return JSONResponse(history, headers=PUBLIC)


def _publication(
    database: Database, guard: Guard, signer: Signer, now: Callable[[], datetime]
) -> APIRouter:
    router = APIRouter(tags=["trust"], dependencies=[Depends(guard.public)])
    served = Served(database, signer, now=now)

    @router.head("/trust/bundle", include_in_schema=False)
    @router.get("/trust/bundle", response_class=Response)
    def trust_bundle(request: Request) -> Response:
        """The signed trust bundle: what partners import, and what goes on a stick."""
        made = served.newest()
        tag = f'"{made.digest}"'
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Cache-Control": "no-cache",
            "ETag": tag,
            "Content-Disposition": f'attachment; filename="trust-bundle-{made.version}.json"',
        }
        known = {part.strip() for part in request.headers.get("if-none-match", "").split(",")}
        if tag in known:
            return Response(status_code=304, headers=headers)
        return Response(made.body, media_type="application/json", headers=headers)

    return router


def _verification(
    database: Database,
    guard: Guard,
    signer: Signer,
    bundle: Callable[[datetime], Bundle],
    now: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(tags=["trust"], dependencies=[Depends(guard.public)])

    def answer(body: bytes) -> JSONResponse:
        at, options, asked = now(), Options(), asked_of(body)
        known = bundle(at)
        report = verify(asked.record, bundle=known, at=at, options=options)
        told: dict[str, Any] = answer_of(report)
        if asked.receipt:
            with database.read() as session:
                node = service.node_issuer(session)
            told["receipt"] = receipts.sign(
                report, node=node, signer=signer, bundle=known, made_at=at, options=options
            )
        return JSONResponse(told, 200 if told["verified"] else 400)

    @router.post(
        "/credentials/verify",
        max_body_size=MAX_VERIFY_BYTES,
        openapi_extra={"requestBody": _VERIFY_BODY},
        responses=ANSWERS,
    )
    async def verify_credential(body: Annotated[bytes, Depends(_body)]) -> JSONResponse:
        """Say whether a record is acceptable, check by check."""
        return await run_costly(lambda: answer(body))

    return router
