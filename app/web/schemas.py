"""The schemas of what a node reads, for editors and for programs of others; open to everybody."""

import json

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app.identity.access import Guard
from app.recognition.policies import schema

_POLICY = json.dumps(schema.schema(), ensure_ascii=False, indent=1) + "\n"


def build_router(*, guard: Guard) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(guard.public)])

    @router.api_route(schema.PATH, methods=["GET", "HEAD"])
    def policy_schema() -> Response:
        return Response(
            _POLICY,
            media_type="application/schema+json",
            headers={
                "Access-Control-Allow-Origin": "*",
                "Cache-Control": "public, max-age=3600",
                "X-Content-Type-Options": "nosniff",
            },
        )

    return router
