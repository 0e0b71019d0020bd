"""What a holder shows to somebody: the record's verdict and facts, as long as the link lasts.

A link that has ended is answered as one that never was.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import Guard
from app.platform import clock
from app.platform.db import Database
from app.records.sharing import service
from app.web.links import Desk, held
from app.web.rendering import Site

Secret = Annotated[str, Path(max_length=100)]


def build_router(
    *,
    database: Database,
    guard: Guard,
    site: Site,
    desk: Desk,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(guard.public)])

    @router.api_route("/shared/{secret}", methods=["GET", "HEAD"])
    def shared(secret: Secret, request: Request) -> Response:
        at = now()
        with database.read() as session:
            share = service.look(session, secret, at=at)
            shown = held(session, share.record_id, at=at)
        values = shown.values() | {
            "share": share,
            "address": f"/shared/{secret}",
            "can_print": desk.press.ready,
        }
        return site.render(request, "shared.html", values=values)

    @router.get("/shared/{secret}/record.{ending}")
    def shared_file(secret: Secret, ending: str) -> Response:
        at = now()
        with database.read() as session:
            share = service.look(session, secret, at=at)
            if not share.downloads:
                raise service.NoLink
            shown = held(session, share.record_id, at=at)
        return desk.file(shown, ending, at=at)

    return router
