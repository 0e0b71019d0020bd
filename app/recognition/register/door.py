"""What the routes of the register share: whose they are, creating once, and uploads."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Header, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.identity.access import Guard
from app.identity.model import Actor, Organisation
from app.identity.registries import own_registry
from app.platform.db import Database
from app.platform.idempotency import fingerprint, once

PATH = "/api/v1/registries/{organisation_id}"
PRIVATE = {"Cache-Control": "private, no-store"}
PAGE, MOST = 50, 200
MAX_BYTES = 16 * 1024
READ, DECIDE, POLICY = "recognition:read", "recognition:decide", "recognition:policy"

Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of a page.")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Text = Annotated[str, Query(max_length=200, description="Only those that hold these words.")]
IfMatch = Annotated[
    str | None, Header(description="Do it only if the entity tag is still this one.")
]
DryRun = Annotated[bool, Query(description="Read and check everything, and write nothing.")]
FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "CSV, XLSX, JSON or NDJSON; told by its first bytes.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
                "schema": {"type": "string", "format": "binary"}
            },
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    }
}


@dataclass(frozen=True, slots=True)
class Door:
    """What every route of the register needs."""

    database: Database
    guard: Guard
    now: Callable[[], datetime]

    def own(self, actor: Actor, scope: str, organisation_id: str) -> Organisation:
        """The registry, for who may do ``scope`` in it. Raises ``Forbidden``, ``NotFound``."""
        with self.database.read() as session:
            return own_registry(session, actor, scope, organisation_id)

    def create(
        self,
        request: Request,
        actor: Actor,
        given: BaseModel,
        work: Callable[[Session], Response],
        *,
        key: str | None,
    ) -> Response:
        """Do ``work`` in one transaction, once for each key."""
        asked = fingerprint(request.method, request.url.path, given.model_dump_json())
        return once(self.database, work, key=key, who=actor.who, request=asked, at=self.now())


def created(told: BaseModel, *, tag: str | None = None) -> Response:
    """The answer to what was made."""
    headers = PRIVATE | ({"ETag": tag} if tag else {})
    return Response(told.model_dump_json(), 201, headers, media_type="application/json")


async def body(request: Request) -> bytes:
    """The whole body; its route says how large it may be."""
    return await request.body()
