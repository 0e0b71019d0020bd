"""Standing over HTTP: change it for one record or for many, and read how it came about.

All of it is the issuing society's alone; to anybody else a record does not exist. What everybody
may know of it is in the status lists.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from app.identity import grants
from app.identity.access import Forbidden, Guard, OrganisationId
from app.identity.model import Actor
from app.platform import clock
from app.platform.db import Database
from app.platform.problems import NotFound
from app.platform.routing import together
from app.records.standing import batch, service
from app.records.standing.changing import possible
from app.records.standing.model import Action, Order
from app.records.standing.wire import (
    MOST,
    HistoryOut,
    ReasonIn,
    StandingBatchIn,
    StandingBatchOut,
    batch_schema,
    read_batch,
    read_lines,
    write_lines,
)
from app.records.store import find_record
from app.records.wire import RecordOut
from app.trust.signer import Signer

MAX_ORDER_BYTES = 4 * 1024
MAX_BATCH_BYTES = 2 * 1024 * 1024
NDJSON = "application/x-ndjson"
_SCOPE = "records:revoke"
_PRIVATE = {"Cache-Control": "private, no-store"}

_BATCH_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {"schema": batch_schema()},
        NDJSON: {
            "schema": {"type": "string"},
            "example": '{"id": "0190...", "action": "revoke", "reason": "error"}',
        },
    },
}


_BATCH_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What became of each; NDJSON is answered in NDJSON.",
        "content": {NDJSON: {"schema": {"type": "string"}}},
    }
}


async def _body(request: Request) -> bytes:
    return await request.body()


def build_router(
    *,
    database: Database,
    signer: Signer,
    guard: Guard,
    public_url: str,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """All routes of standing."""
    return together(
        _changing(database, signer, guard, public_url, now),
        _in_bulk(database, signer, guard, now),
        _telling(database, guard, now),
    )


def _telling(database: Database, guard: Guard, now: Callable[[], datetime]) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["records"])

    @router.get("/records/{record_id}/history")
    def record_history(
        record_id: str,
        response: Response,
        actor: Annotated[Actor, Depends(guard.scope("records:read"))],
    ) -> HistoryOut:
        """Who changed the record's standing, when and why, and what it corrected or was."""
        _own(database, record_id, actor, "records:read", at=now())
        response.headers.update(_PRIVATE)
        with database.read() as session:
            return HistoryOut.of(service.history(session, record_id))

    return router


def _changing(
    database: Database,
    signer: Signer,
    guard: Guard,
    public_url: str,
    now: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["records"])

    def change(record_id: str, order: Order, actor: Actor) -> RecordOut:
        at = now()
        _own(database, record_id, actor, _SCOPE, at=at)
        record = service.change(database, signer, record_id, order=order, at=at, who=actor.who)
        return RecordOut.of(record, public_url=public_url)

    @router.post("/records/{record_id}/revoke", max_body_size=MAX_ORDER_BYTES)
    def revoke(
        record_id: str, why: ReasonIn, actor: Annotated[Actor, Depends(guard.scope(_SCOPE))]
    ) -> RecordOut:
        """Revoke a record for good; its status list says so from now on."""
        return change(record_id, why.order(Action.REVOKE), actor)

    @router.post("/records/{record_id}/suspend", max_body_size=MAX_ORDER_BYTES)
    def suspend(
        record_id: str, why: ReasonIn, actor: Annotated[Actor, Depends(guard.scope(_SCOPE))]
    ) -> RecordOut:
        """Suspend a record: it does not hold until it is reinstated."""
        return change(record_id, why.order(Action.SUSPEND), actor)

    @router.post("/records/{record_id}/reinstate", max_body_size=MAX_ORDER_BYTES)
    def reinstate(
        record_id: str, why: ReasonIn, actor: Annotated[Actor, Depends(guard.scope(_SCOPE))]
    ) -> RecordOut:
        """Let a suspended record hold again."""
        return change(record_id, why.order(Action.REINSTATE), actor)

    return router


def _in_bulk(
    database: Database, signer: Signer, guard: Guard, now: Callable[[], datetime]
) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["records"])

    @router.post(
        "/societies/{society_id}/standing:batch",
        max_body_size=MAX_BATCH_BYTES,
        response_model=StandingBatchOut,
        openapi_extra={"requestBody": _BATCH_BODY},
        responses=_BATCH_ANSWERS,
    )
    def change_many(
        society_id: OrganisationId,
        request: Request,
        actor: Annotated[Actor, Depends(guard.scope(_SCOPE))],  # before the upload
        body: Annotated[bytes, Depends(_body)],
    ) -> Response:
        """Revoke, suspend or reinstate up to 10,000 records, each for itself.

        By their ids, or by a search that was counted first. NDJSON is one record a line.
        """
        at, who = now(), actor.who
        with database.read() as session:
            if not grants.may(session, actor, _SCOPE, society_id, at=at):
                raise Forbidden("A client changes the standing of its own society's records alone.")
        if request.headers.get("content-type", "").partition(";")[0].strip() == NDJSON:
            orders = read_lines(body)
            outcomes = batch.change_many(
                database, signer, orders, society_id=society_id, at=at, who=who
            )
            return Response(write_lines(outcomes), media_type=NDJSON, headers=_PRIVATE)
        told = _change(database, signer, read_batch(body), society_id=society_id, at=at, who=who)
        return Response(told.model_dump_json(), media_type="application/json", headers=_PRIVATE)

    return router


def _change(
    database: Database,
    signer: Signer,
    wanted: StandingBatchIn,
    *,
    society_id: str,
    at: datetime,
    who: str,
) -> StandingBatchOut:
    order = wanted.order(Action(wanted.action))
    if wanted.search is None:
        orders = [(record_id, order) for record_id in wanted.ids or ()]
        return StandingBatchOut.of(
            batch.change_many(database, signer, orders, society_id=society_id, at=at, who=who)
        )
    search = wanted.search.search()
    if wanted.expected is None:
        with database.read() as session:
            found = batch.count(session, search, order, society_id=society_id)
        return StandingBatchOut(found=found)
    return StandingBatchOut.of(
        batch.change_found(
            database,
            signer,
            search,
            order,
            society_id=society_id,
            expected=wanted.expected,
            at=at,
            who=who,
            most=MOST,
        )
    )


def _own(database: Database, record_id: str, actor: Actor, action: str, *, at: datetime) -> None:
    """Raises ``NotFound`` unless the actor may do that to the record."""
    with database.read() as session:
        found = find_record(session, record_id) if possible([record_id]) else None
        if found is None or not grants.may(session, actor, action, found[0].society_id, at=at):
            raise NotFound("There is no such record.")
