"""Looking at a feed over HTTP: for anybody, nothing stored."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.requests import Request

from app.harvest.inspecting.desk import LookDesk
from app.harvest.inspecting.forms import asked_by_form
from app.harvest.inspecting.looking import Asked
from app.harvest.inspecting.wire import FeedIn, LookedOut
from app.identity.access import Guard
from app.platform.problems import FieldProblem, Invalid
from app.platform.requests import client_address

_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "application/json": {"schema": FeedIn.model_json_schema()},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "connector": {"type": "string", "maxLength": 64},
                    "config": {"type": "string", "description": "A JSON object."},
                },
            }
        },
    },
}


def build_router(*, guard: Guard, desk: LookDesk) -> APIRouter:
    """One route, which reads a feed or a file and says what is wrong with it."""
    router = APIRouter(prefix="/api/v1", tags=["sources"], dependencies=[Depends(guard.public)])

    @router.post("/validate", openapi_extra={"requestBody": _BODY})
    async def validate_feed(request: Request) -> LookedOut:
        """Look at a feed of courses: coded findings, counters and a preview. Nothing is stored.

        Send the feed's address as JSON, or a file as `multipart/form-data`. At most a thousand
        items are read, for less than a minute.
        """
        asked = await _asked(request)
        who = client_address(request)
        return LookedOut.of(await run_in_threadpool(lambda: desk.look(asked, who=who)))

    return router


async def _asked(request: Request) -> Asked:
    kind = request.headers.get("content-type", "").lower()
    if kind.startswith("multipart/form-data"):
        return await asked_by_form(request)
    try:
        wanted = FeedIn.model_validate_json(await request.body())
    except ValidationError as error:
        fields = [
            FieldProblem("/" + "/".join(map(str, one["loc"])), one["type"], one["msg"])
            for one in error.errors(include_url=False, include_input=False)
        ]
        raise Invalid("The request does not fit its description.", fields=fields) from None
    return Asked(url=wanted.url, connector=wanted.connector, config=wanted.config)
