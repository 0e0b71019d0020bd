"""Records over HTTP: completions in, records out to their issuer, status lists out to everybody.

A record is personal data: only the society that issued it may read it here, and to anybody else it
does not exist. A status list says nothing about anybody and is public.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response

from app.identity import grants
from app.identity.access import Forbidden, Guard, OrganisationId
from app.identity.model import Actor
from app.platform import clock
from app.platform.db import Database
from app.platform.problems import FieldProblem, Invalid, NotFound
from app.platform.routing import together
from app.records import batch_api, service
from app.records.model import IssuedRecord
from app.records.rosters import api as rosters_api
from app.records.standing import api as standing_api
from app.records.status import api as status_api
from app.records.status.api import JWT
from app.records.wire import CompletionIn, RecordOut
from app.trust.signer import Signer

MAX_COMPLETION_BYTES = 64 * 1024
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_PRIVATE = {"Cache-Control": "private, no-store"}


def build_router(
    *,
    database: Database,
    signer: Signer,
    guard: Guard,
    public_url: str,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """All routes of records; those for status lists are public."""
    return together(
        _issuing(database, signer, guard, public_url, now),
        _reading(database, guard, now),
        *(
            part.build_router(
                database=database, signer=signer, guard=guard, public_url=public_url, now=now
            )
            for part in (batch_api, rosters_api, standing_api)
        ),
        status_api.build_router(database=database, guard=guard),
    )


def _issuing(
    database: Database,
    signer: Signer,
    guard: Guard,
    public_url: str,
    now: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["records"])

    @router.post(
        "/societies/{society_id}/completions",
        status_code=201,
        max_body_size=MAX_COMPLETION_BYTES,
        responses={200: {"description": "It was issued before.", "model": RecordOut}},
    )
    def complete(
        society_id: OrganisationId,
        completion: CompletionIn,
        response: Response,
        actor: Annotated[Actor, Depends(guard.scope("records:issue"))],
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> RecordOut:
        """Issue the record of a completion; the same request again gives the same record."""
        with database.read() as session:
            if not grants.may(session, actor, "records:issue", society_id, at=now()):
                raise Forbidden("A client issues for its own society, or with a society's grant.")
        record = service.complete(
            database,
            signer,
            completion.completion(),
            society_id=society_id,
            idempotency_key=_idempotency_key(idempotency_key),
            public_url=public_url,
            at=now(),
            who=actor.who,
        )
        response.status_code = 201 if record.created else 200
        response.headers.update(_PRIVATE)
        return RecordOut.of(record, public_url=public_url)

    return router


def _reading(database: Database, guard: Guard, now: Callable[[], datetime]) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["records"])

    @router.get("/records/{record_id}.jwt", response_class=Response)
    def record_jwt(
        record_id: str, actor: Annotated[Actor, Depends(guard.scope("records:read"))]
    ) -> Response:
        """The record as a compact token (`vc+jwt`)."""
        record = _own_record(database, record_id, actor, at=now())
        return Response(record.jwt, media_type=JWT, headers=_PRIVATE)

    @router.get("/records/{record_id}", response_class=Response)
    def record_json(
        record_id: str, actor: Annotated[Actor, Depends(guard.scope("records:read"))]
    ) -> Response:
        """The record with its embedded proof, byte for byte as it was signed."""
        record = _own_record(database, record_id, actor, at=now())
        return Response(record.json, media_type="application/json", headers=_PRIVATE)

    return router


def _own_record(database: Database, record_id: str, actor: Actor, *, at: datetime) -> IssuedRecord:
    with database.read() as session:
        record = service.get_record(session, record_id)
        if not grants.may(session, actor, "records:read", record.society_id, at=at):
            raise NotFound("There is no such record.")
    return record


def _idempotency_key(key: str | None) -> str:
    if key is None or not _KEY.fullmatch(key):
        raise Invalid(
            "This request needs an Idempotency-Key.",
            fields=[
                FieldProblem(
                    "Idempotency-Key",
                    "idempotency-key",
                    "Send up to 200 visible ASCII characters, the same when you send this again.",
                )
            ],
        )
    return key
