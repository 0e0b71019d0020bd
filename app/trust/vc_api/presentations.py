"""``POST /presentations/verify`` of every node (W3C VCALM): who shows these records, and to whom.

Like ``/credentials/verify``: 200 when every check passed, 400 with ``errors`` otherwise, unknown
included. A caller who can put up with an unknown says so by its code in ``options.tolerate``; it is
then told as a warning. Nothing is fetched.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from app.identity.access import Guard
from app.platform import clock
from app.platform.threads import run_costly
from app.proof.errors import ProofError
from app.proof.parse import Limits
from app.trust.vc_api import wire
from app.trust.wire import ANSWERS
from app.verification.bundle import Bundle
from app.verification.options import Options
from app.verification.presentation import verify_presentation

MEMBER = "verifiablePresentation"
MAX_BYTES = 1024 * 1024
LIMITS = Limits(size=MAX_BYTES)

_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": [MEMBER],
                "properties": {
                    MEMBER: {
                        "description": "A presentation as a JSON object, or as a compact JWT.",
                        "type": ["object", "string"],
                    },
                    "options": {
                        "type": "object",
                        "properties": {
                            "challenge": {
                                "description": "What the holder was given to sign.",
                                "type": "string",
                            },
                            "domain": {
                                "description": "For whom the holder was asked to sign.",
                                "type": "string",
                            },
                            "tolerate": {
                                "description": "Codes of checks that may remain unknown.",
                                "type": "array",
                                "items": {"type": "string"},
                            },
                        },
                    },
                },
            }
        }
    },
}


async def _body(request: Request) -> bytes:
    return await request.body()


def build_router(
    *, bundle: Callable[[datetime], Bundle], guard: Guard, now: Callable[[], datetime] = clock.now
) -> APIRouter:
    """The route is public."""
    router = APIRouter(tags=["trust"], dependencies=[Depends(guard.public)])

    def answer(body: bytes) -> JSONResponse:
        at = now()
        try:
            asked = wire.to_verify(body, member=MEMBER, limits=LIMITS)
        except ProofError as error:
            return JSONResponse(wire.refusal(error), 400)
        report = verify_presentation(
            asked.data,
            bundle=bundle(at),
            at=at,
            options=Options(challenge=asked.challenge, domain=asked.domain),
        )
        excused = wire.Excused(unknown=asked.tolerate)
        told = wire.presentation_answer(report, excused=excused)
        return JSONResponse(told, 200 if told["verified"] else 400)

    @router.post(
        "/presentations/verify",
        max_body_size=MAX_BYTES,
        openapi_extra={"requestBody": _BODY},
        responses=ANSWERS,
    )
    async def verify_presented(body: Annotated[bytes, Depends(_body)]) -> JSONResponse:
        """Say whether a presentation and every record in it is acceptable, check by check."""
        return await run_costly(lambda: answer(body))

    return router
