"""The authorization server over HTTP: token endpoint, metadata, public keys."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from app.identity import service
from app.identity.access import TOKEN_PATH, Guard
from app.identity.model import Client
from app.identity.oauth.server import answer_token_request, metadata
from app.identity.oauth.tokens import AccessTokens
from app.platform import clock
from app.platform.db import Database

JWKS_PATH = "/oauth/jwks.json"
MAX_FORM_BYTES = 8 * 1024
FORM_TYPE = "application/x-www-form-urlencoded"

_BODY = {
    "required": True,
    "content": {
        FORM_TYPE: {
            "schema": {
                "type": "object",
                "required": ["grant_type"],
                "properties": {
                    "grant_type": {"const": "client_credentials"},
                    "scope": {"type": "string"},
                    "client_id": {"type": "string"},
                    "client_secret": {"type": "string"},
                },
            }
        }
    },
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
}


async def _form(request: Request) -> list[tuple[str, str]] | None:
    """The pairs of a form, or ``None`` when the body is not one."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if content_type != FORM_TYPE:
        return None
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        return None


def build_router(
    *,
    database: Database,
    guard: Guard,
    tokens: AccessTokens,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """``tokens.issuer`` is the node's public address."""
    router = APIRouter(tags=["access"], dependencies=[Depends(guard.public)])

    @router.post(
        TOKEN_PATH,
        max_body_size=MAX_FORM_BYTES,
        openapi_extra={"requestBody": _BODY},
        responses=_ANSWERS,
    )
    def token(
        request: Request, form: Annotated[list[tuple[str, str]] | None, Depends(_form)]
    ) -> JSONResponse:
        """Give an access token to a client that proves itself (RFC 6749 §4.4)."""

        def find_client(client_id: str) -> Client | None:
            with database.read() as session:
                return service.live_client(session, client_id)

        answer = answer_token_request(
            form or [],
            authorization=request.headers.get("authorization"),
            endpoint=tokens.issuer + TOKEN_PATH,
            find_client=find_client,
            tokens=tokens,
            at=now(),
        )
        return JSONResponse(dict(answer.body), answer.status, dict(answer.headers))

    @router.get("/.well-known/oauth-authorization-server")
    def server_metadata() -> dict[str, Any]:
        """What this authorization server offers (RFC 8414)."""
        return dict(metadata(tokens.issuer, token_path=TOKEN_PATH, jwks_path=JWKS_PATH))

    @router.get(JWKS_PATH)
    def jwks() -> dict[str, Any]:
        """The public key of the access tokens (RFC 7517)."""
        public = tokens.key.as_dict(private=False)
        key = {**public, "kid": tokens.key.thumbprint(), "alg": "ES256", "use": "sig"}
        return {"keys": [key]}

    return router
