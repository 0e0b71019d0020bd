"""One run of a feed: how far it is, what it found, and the answer that a held one waits for.

While it lasts the part that changes is fetched again and again by the site's script; without one
the page asks its browser to load it anew.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.harvest import service as harvest
from app.harvest.inspecting.desk import LookDesk
from app.harvest.model import RunState
from app.harvest.owning import service
from app.harvest.telling import service as telling
from app.harvest.telling import store as kept
from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.problems import DomainError
from app.web.organisation.sources.counter import (
    BASE,
    ON_A_PAGE,
    SCOPE,
    Counter,
    RunId,
    SourceId,
    Text,
)
from app.web.room import MAX_FORM_BYTES, Room

LASTS = frozenset({RunState.QUEUED, RunState.RUNNING})


def build_router(room: Room, looks: LookDesk) -> APIRouter:
    router = APIRouter(include_in_schema=False, prefix=BASE + "/{source_id}/runs/{run_id}")
    counter = Counter(room, looks)
    editor = Depends(room.guard.member(SCOPE))

    @router.api_route("", methods=["GET", "HEAD"])
    def show_run(
        request: Request,
        source_id: SourceId,
        run_id: RunId,
        actor: Annotated[Actor, editor],
        cursor: Text = "",
    ) -> Response:
        return _page(request, counter, actor, source_id, run_id, cursor=cursor)

    @router.post("/{what}", max_body_size=MAX_FORM_BYTES)
    def answer_run(
        *,
        request: Request,
        organisation_id: OrganisationId,
        source_id: SourceId,
        run_id: RunId,
        what: Annotated[Literal["release", "refuse", "cancel"], Path()],
        actor: Annotated[Actor, editor],
    ) -> Response:
        def change(session: Session) -> None:
            service.answer(
                session, organisation_id, source_id, run_id, what=what, who=actor.who,
                at=room.now(),
            )  # fmt: skip

        return counter.do(
            change,
            then=f"/organisations/{organisation_id}/sources/{source_id}/runs/{run_id}",
            otherwise=lambda error: _page(
                request, counter, actor, source_id, run_id, trouble=error
            ),
        )

    return router


def _page(
    request: Request,
    counter: Counter,
    actor: Actor,
    source_id: str,
    run_id: str,
    *,
    cursor: str = "",
    trouble: DomainError | None = None,
) -> Response:
    with counter.room.database.read() as session:
        source = service.get(session, actor.organisation_id, source_id)
        run = service.get_run(session, actor.organisation_id, source_id, run_id)
        vanishing = service.list_vanishing(session, run, cursor=cursor or None, limit=ON_A_PAGE)
        values = {
            **counter.frame(session, actor),
            "source": source,
            "run": run,
            "lasts": run.state in LASTS,
            "vanishing": vanishing.items,
            "next_cursor": vanishing.next_cursor,
            "cursor": cursor,
            "report": harvest.get_report(session, run_id),
            "summary": kept.summary(session, run_id),
            "letters": telling.letters(session, run_id),
        }
    return counter.page(request, "organisation_source_run.html", values, trouble)
