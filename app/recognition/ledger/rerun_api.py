"""Runs over HTTP: let decisions be made anew, or see what that would change, and follow it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlalchemy.orm import Session

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.idempotency import KeyHeader
from app.recognition.ledger import service
from app.recognition.ledger.door import (
    DECIDE,
    PATH,
    PRIVATE,
    READ,
    TAG,
    Cursor,
    Door,
    Limit,
    created,
)
from app.recognition.ledger.model import Cause
from app.recognition.ledger.taking import RerunIn
from app.recognition.ledger.wire import ChangeOut, ChangePage, RunOut, RunPage

MAX_BYTES = 128 * 1024
Id = Annotated[str, Path(max_length=64)]


def build_router(door: Door) -> APIRouter:
    """The routes of runs."""
    router = APIRouter(prefix=PATH, tags=[TAG])
    _add_starting(router, door)
    _add_following(router, door)
    return router


def _add_starting(router: APIRouter, door: Door) -> None:
    @router.post("/reruns", status_code=202, max_body_size=MAX_BYTES, response_model=RunOut)
    def start_rerun(
        *,
        organisation_id: OrganisationId,
        request: Request,
        given: RerunIn,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Let decisions be made anew by the rules of today, in the background.

        With `dry` nothing is decided: what would change is listed. A dry run may name a version of
        a policy that is not adopted yet.
        """
        door.own(actor, DECIDE, organisation_id)

        def work(session: Session) -> Response:
            run = service.rerun(
                session,
                organisation_id,
                given.scope(),
                cause=Cause.CORRECTED if given.verify else Cause.POLICY,
                why=given.why,
                dry=given.dry,
                who=actor.who,
                at=door.now(),
            )
            return created(RunOut.of(run), status=202)

        return door.create(request, actor, given, work, key=idempotency_key)

    @router.post("/reruns/{rerun_id}/cancel", max_body_size=1024)
    def cancel_rerun(
        organisation_id: OrganisationId,
        rerun_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
    ) -> RunOut:
        """Stop a run; what it has decided stays decided."""
        door.own(actor, DECIDE, organisation_id)
        with door.database.write() as session:
            run = service.cancel_run(
                session, organisation_id, rerun_id, who=actor.who, at=door.now()
            )
        response.headers.update(PRIVATE)
        return RunOut.of(run)


def _add_following(router: APIRouter, door: Door) -> None:
    @router.get("/reruns")
    def list_reruns(
        *,
        organisation_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> RunPage:
        """Runs, the newest first."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            found = service.run_page(session, organisation_id, cursor=cursor, limit=limit)
        return RunPage(reruns=list(map(RunOut.of, found.items)), next_cursor=found.next_cursor)

    @router.get("/reruns/{rerun_id}")
    def read_rerun(
        organisation_id: OrganisationId,
        rerun_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
    ) -> RunOut:
        """How far a run has come."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            return RunOut.of(service.get_run(session, organisation_id, rerun_id))

    @router.get("/reruns/{rerun_id}/changes")
    def list_changes(
        *,
        organisation_id: OrganisationId,
        rerun_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> ChangePage:
        """What a run changed, or would change: old, new, why; as far as it has come."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            service.get_run(session, organisation_id, rerun_id)
            found = service.run_changes(session, rerun_id, cursor=cursor, limit=limit)
        return ChangePage(
            changes=list(map(ChangeOut.of, found.items)), next_cursor=found.next_cursor
        )
