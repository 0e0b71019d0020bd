"""Our stylesheet, script and icon, from memory; an address carries a hash, so it never expires."""

from mimetypes import guess_type

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import Guard
from app.platform.problems import NotFound
from app.web.rendering import STATIC, static_address


def build_router(*, guard: Guard) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(guard.public)])

    @router.api_route("/static/{name}", methods=["GET", "HEAD"])
    def static_file(name: str, request: Request) -> Response:
        if name not in STATIC:
            raise NotFound(f"There is no file {name}.")
        current = static_address(name).endswith(f"?{request.url.query}")
        return Response(
            STATIC[name],
            media_type=guess_type(name)[0],
            headers={
                "Cache-Control": f"public, max-age={31_536_000 if current else 300}"
                + (", immutable" if current else ""),
                "X-Content-Type-Options": "nosniff",
            },
        )

    return router
