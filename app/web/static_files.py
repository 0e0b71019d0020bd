"""Our styles, scripts and icon, from memory; an address carries a hash, so it never expires."""

from mimetypes import guess_type

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import Guard
from app.platform.problems import NotFound
from app.web.packing import LEAST, squeezed, takes_gzip
from app.web.rendering import STATIC, static_address

_SQUEEZED = {name: squeezed(data) for name, data in STATIC.items() if len(data) >= LEAST}


def build_router(*, guard: Guard) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(guard.public)])

    @router.api_route("/static/{name}", methods=["GET", "HEAD"])
    def static_file(name: str, request: Request) -> Response:
        if name not in STATIC:
            raise NotFound(f"There is no file {name}.")
        current = static_address(name).endswith(f"?{request.url.query}")
        small = takes_gzip(request) and name in _SQUEEZED
        return Response(
            _SQUEEZED[name] if small else STATIC[name],
            media_type=guess_type(name)[0],
            headers={
                **({"Content-Encoding": "gzip"} if small else {}),
                "Vary": "Accept-Encoding",
                "Cache-Control": f"public, max-age={31_536_000 if current else 300}"
                + (", immutable" if current else ""),
                "X-Content-Type-Options": "nosniff",
            },
        )

    return router
