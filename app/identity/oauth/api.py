"""The authorization server over HTTP: tokens given, ended and asked about; metadata; keys."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from app.identity.access import TOKEN_PATH, Guard
from app.identity.oauth.metadata import (
    INTROSPECTION_PATH,
    JWKS_PATH,
    METADATA_PATH,
    REVOCATION_PATH,
    metadata,
)
from app.identity.oauth.server import GRANT_TYPES, Desk, Endpoint, Question
from app.platform import clock
from app.platform.limits import TooManyRequests
from app.platform.requests import client_address

MAX_FORM_BYTES = 16 * 1024
FORM_TYPE = "application/x-www-form-urlencoded"
_NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}

Pairs = list[tuple[str, str]]

_PROOF = {
    "client_id": {"type": "string"},
    "client_secret": {"type": "string"},
    "client_assertion_type": {"type": "string"},
    "client_assertion": {"type": "string", "description": "RFC 7523: a token that it signed."},
}
_ERROR = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["error"],
            "properties": {
                "error": {"type": "string", "examples": ["invalid_client"]},
                "error_description": {"type": "string"},
            },
        }
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"description": "Refused by RFC 6749 §5.2.", "content": _ERROR},
    401: {"description": "The client did not prove itself.", "content": _ERROR},
    429: {
        "description": "Asked too often; `Retry-After` says when to come back.",
        "content": _ERROR,
    },
}


def _body(required: str, **properties: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": [required], "properties": {**properties, **_PROOF}}
    return {"requestBody": {"required": True, "content": {FORM_TYPE: {"schema": schema}}}}


_TOKEN = _body(
    "grant_type",
    grant_type={"type": "string", "enum": list(GRANT_TYPES)},
    scope={"type": "string"},
    code={"type": "string"},
    redirect_uri={"type": "string"},
    code_verifier={"type": "string"},
    refresh_token={"type": "string"},
)
_OF_TOKEN = _body("token", token={"type": "string"}, token_type_hint={"type": "string"})


async def _form(request: Request) -> Pairs | None:
    """The pairs of a form, or ``None`` when the body is not one."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if content_type != FORM_TYPE:
        return None
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        return None


Form = Annotated[Pairs | None, Depends(_form)]


def build_router(*, desk: Desk, guard: Guard, now: Callable[[], datetime] = clock.now) -> APIRouter:
    """The routes; every address they name is made of the node's public one, ``tokens.issuer``."""
    router = APIRouter(tags=["access"], dependencies=[Depends(guard.public)])

    def answered(endpoint: Endpoint, path: str, request: Request, form: Form) -> JSONResponse:
        question = Question(
            endpoint,
            desk.tokens.issuer + path,
            form or [],
            request.headers.get("authorization"),
            client_address(request),
        )
        try:
            answer = desk.answer(question, at=now())
        except TooManyRequests as error:
            said = {"error": "temporarily_unavailable", "error_description": error.detail}
            return JSONResponse(said, error.status, _NEVER_KEPT | error.headers)
        return JSONResponse(dict(answer.body), answer.status, _NEVER_KEPT | dict(answer.headers))

    @router.post(TOKEN_PATH, max_body_size=MAX_FORM_BYTES, openapi_extra=_TOKEN, responses=_ANSWERS)
    def token(request: Request, form: Form) -> JSONResponse:
        """Give an access token to a program that proves itself (RFC 6749 §4.1.3, §4.4 and §6)."""
        return answered(Endpoint.TOKEN, TOKEN_PATH, request, form)

    @router.post(
        REVOCATION_PATH, max_body_size=MAX_FORM_BYTES, openapi_extra=_OF_TOKEN, responses=_ANSWERS
    )
    def end_token(request: Request, form: Form) -> JSONResponse:
        """End a token of the program that asks (RFC 7009); what is no such token has ended."""
        return answered(Endpoint.REVOCATION, REVOCATION_PATH, request, form)

    @router.post(
        INTROSPECTION_PATH,
        max_body_size=MAX_FORM_BYTES,
        openapi_extra=_OF_TOKEN,
        responses=_ANSWERS,
    )
    def describe_token(request: Request, form: Form) -> JSONResponse:
        """Say whether a token of the asking program's organisation is good (RFC 7662)."""
        return answered(Endpoint.INTROSPECTION, INTROSPECTION_PATH, request, form)

    @router.get(METADATA_PATH)
    def server_metadata() -> dict[str, Any]:
        """What this authorization server offers (RFC 8414)."""
        return dict(metadata(desk.tokens.issuer))

    @router.get(JWKS_PATH)
    def jwks() -> dict[str, Any]:
        """The public keys of the access tokens (RFC 7517)."""
        return {"keys": list(desk.tokens.public_keys(at=now()))}

    return router
