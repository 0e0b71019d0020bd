"""What the routes of the ledger share: whose they are, and creating once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Header, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.identity.access import Guard
from app.identity.model import Actor, Organisation
from app.identity.registries import own_registry
from app.platform.db import Database
from app.platform.idempotency import fingerprint, once

PATH = "/api/v1/registries/{organisation_id}"
TAG = "recognition"
PRIVATE = {"Cache-Control": "private, no-store"}
MAX_BYTES = 16 * 1024
READ, DECIDE = "recognition:read", "recognition:decide"

Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of a page.")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
IfMatch = Annotated[
    str | None, Header(description="Do it only if the entity tag is still this one.")
]


@dataclass(frozen=True, slots=True)
class Door:
    """What every route of the ledger needs."""

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


def created(told: BaseModel, *, tag: str | None = None, status: int = 201) -> Response:
    """The answer to what was made."""
    headers = PRIVATE | ({"ETag": tag} if tag else {})
    return Response(told.model_dump_json(), status, headers, media_type="application/json")
