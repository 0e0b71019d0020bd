"""The records that a person keeps, for programs that the person allowed: a wallet, an LMS."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from app.identity.access import Guard
from app.identity.model import Actor
from app.identity.people.me_api import PRIVATE, person_of
from app.platform.db import Database
from app.records.keeping import service
from app.records.keeping.model import Kept
from app.records.standing.model import Standing

PAGE, MOST = 50, 200
RecordId = Annotated[str, Path(max_length=64)]
JSON, JWT = "application/json", "application/vc+jwt"


class KeptRecordOut(BaseModel):
    """A record in the person's account, as it stands now."""

    id: str
    society: str
    title: str = Field(description="As the record has it.")
    language: str | None = Field(description="The title's (BCP 47).")
    issued_at: datetime
    kept_at: datetime
    status: Standing
    superseded_by: str | None = Field(description="The record that corrected this one.")
    json_url: str
    jwt_url: str

    @classmethod
    def of(cls, kept: Kept, *, public_url: str) -> "KeptRecordOut":
        """What is told of it."""
        address = f"{public_url}/api/v1/me/records/{kept.record.id}"
        return cls(
            id=kept.record.id,
            society=kept.record.society_id,
            title=kept.title,
            language=kept.language,
            issued_at=kept.record.issued_at,
            kept_at=kept.kept_at,
            status=kept.standing,
            superseded_by=kept.record.superseded_by,
            json_url=address,
            jwt_url=f"{address}.jwt",
        )


class KeptRecordPage(BaseModel):
    """Some of the records, the newest first."""

    items: list[KeptRecordOut]
    next_cursor: str | None


def build_router(*, database: Database, guard: Guard, public_url: str) -> APIRouter:
    """The routes below ``/api/v1/me/records``."""
    router = APIRouter(prefix="/api/v1/me/records", tags=["people"])
    allowed = guard.scope("transcript:read")
    _listing(router, allowed, database, public_url)
    _reading(router, allowed, database)
    return router


def _listing(
    router: APIRouter, allowed: Callable[..., Actor], database: Database, public_url: str
) -> None:
    @router.get("")
    def list_my_records(
        response: Response,
        actor: Annotated[Actor, Depends(allowed)],
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
    ) -> KeptRecordPage:
        """The records that the person keeps here, revoked ones too, as each stands now."""
        person_id = person_of(actor)
        with database.read() as session:
            found = service.list_kept(session, person_id, cursor=cursor, limit=limit)
        response.headers.update(PRIVATE)
        items = [KeptRecordOut.of(one, public_url=public_url) for one in found.items]
        return KeptRecordPage(items=items, next_cursor=found.next_cursor)


def _reading(router: APIRouter, allowed: Callable[..., Actor], database: Database) -> None:
    @router.get("/{record_id}.jwt", response_class=Response, responses=_is(JWT))
    def my_record_jwt(record_id: RecordId, actor: Annotated[Actor, Depends(allowed)]) -> Response:
        """A record of the person's as a compact token (`vc+jwt`)."""
        with database.read() as session:
            kept = service.get_kept(session, person_of(actor), record_id)
        return Response(kept.record.jwt, media_type=JWT, headers=PRIVATE)

    @router.get("/{record_id}", response_class=Response, responses=_is(JSON))
    def my_record_json(record_id: RecordId, actor: Annotated[Actor, Depends(allowed)]) -> Response:
        """A record of the person's with its embedded proof, byte for byte as it was signed."""
        with database.read() as session:
            kept = service.get_kept(session, person_of(actor), record_id)
        return Response(kept.record.json, media_type=JSON, headers=PRIVATE)


def _is(media_type: str) -> dict[int | str, dict[str, object]]:
    return {200: {"description": "The record.", "content": {media_type: {}}}}
