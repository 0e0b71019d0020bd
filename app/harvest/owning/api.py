"""A society's sources over HTTP, for its own programs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from app.harvest.model import Source
from app.harvest.owning import service
from app.harvest.owning.wire import (
    RunDetailsOut,
    RunIn,
    RunOut,
    RunPage,
    SourceChangesIn,
    SourceHealthOut,
    SourceIn,
    SourceIssueOut,
    SourceIssuePage,
    SourceOut,
    SourcePage,
)
from app.harvest.registry import Registry
from app.harvest.telling import store as telling
from app.identity import rules
from app.identity.access import Forbidden, Guard, OrganisationId
from app.identity.model import Actor
from app.platform import clock
from app.platform.conditions import CHANGED_SINCE
from app.platform.db import Database
from app.platform.idempotency import KeyHeader, fingerprint, once

SCOPE = "catalogue:write"
PAGE, MOST = 50, 200
SourceId = Annotated[
    str,
    Path(max_length=36, pattern="^[a-z0-9-]+$", description="The source's id.", examples=["list"]),
]
RunId = Annotated[
    str,
    Path(max_length=36, pattern="^[a-z0-9-]+$", description="The run's id.",
         examples=["0199aef2-4c1d-7b7e-9d0e-3a1b2c4d5e6f"]),
]  # fmt: skip
Cursor = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=MOST)]
IfMatch = Annotated[
    str | None, Header(description="Do it only if the entity tag is still this one.")
]


@dataclass(frozen=True, slots=True)
class _Office:
    """What every route here works with."""

    database: Database
    registry: Registry
    guard: Guard
    now: Callable[[], datetime]

    def own(self, actor: Actor, society_id: str) -> None:
        if not rules.may(actor, SCOPE, society_id):
            raise Forbidden("A society's sources are its own to manage.")

    def shown(self, source: Source) -> dict[str, Any]:
        """The settings without their secrets."""
        return self.registry.shown(source.connector, source.config)


def build_router(
    *,
    database: Database,
    registry: Registry,
    guard: Guard,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """The routes below one society's ``sources``."""
    router = APIRouter(prefix="/api/v1/societies/{society_id}/sources", tags=["sources"])
    office = _Office(database, registry, guard, now)
    _reading(router, office)
    _making(router, office)
    _changing(router, office)
    _runs(router, office)
    _answering(router, office)
    return router


def _reading(router: APIRouter, office: _Office) -> None:
    manager = Depends(office.guard.scope(SCOPE))

    @router.get("")
    def list_sources(
        society_id: OrganisationId,
        actor: Annotated[Actor, manager],
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> SourcePage:
        """The society's sources, each with how it does."""
        office.own(actor, society_id)
        with office.database.read() as session:
            found = service.list_sources(session, society_id, cursor=cursor, limit=limit)
            health = service.health(session, found.items)
        items = [SourceHealthOut.telling(one, office.shown(one.source)) for one in health]
        return SourcePage(items=items, next_cursor=found.next_cursor)

    @router.get("/{source_id}")
    def read_source(
        society_id: OrganisationId,
        source_id: SourceId,
        response: Response,
        actor: Annotated[Actor, manager],
    ) -> SourceHealthOut:
        """One source; the answer's ETag is what `If-Match` wants."""
        office.own(actor, society_id)
        with office.database.read() as session:
            found = service.get(session, society_id, source_id)
            (health,) = service.health(session, [found])
        response.headers["ETag"] = service.tag(found)
        return SourceHealthOut.telling(health, office.shown(found))

    @router.get("/{source_id}/issues")
    def list_source_issues(
        *,
        society_id: OrganisationId,
        source_id: SourceId,
        actor: Annotated[Actor, manager],
        code: Annotated[str, Query(max_length=64, description="Only this code.")] = "",
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> SourceIssuePage:
        """What stands wrong with the source's items, and with its last run."""
        office.own(actor, society_id)
        with office.database.read() as session:
            source = service.get(session, society_id, source_id)
            found = service.list_issues(session, source, code=code, cursor=cursor, limit=limit)
        items = list(map(SourceIssueOut.of, found.items))
        return SourceIssuePage(items=items, next_cursor=found.next_cursor)


def _making(router: APIRouter, office: _Office) -> None:
    manager = Depends(office.guard.scope(SCOPE))

    @router.post("", status_code=201, response_model=SourceOut)
    def add_source(
        society_id: OrganisationId,
        wanted: SourceIn,
        actor: Annotated[Actor, manager],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Enter a source; it is run for the first time when a worker comes to it."""
        office.own(actor, society_id)
        at = office.now()

        def make(session: Session) -> Response:
            made = service.add(
                session, wanted.new(society_id), registry=office.registry, who=actor.who, at=at
            )
            told = SourceOut.of(made, office.shown(made)).model_dump(mode="json")
            return JSONResponse(told, 201, {"ETag": service.tag(made)})

        return once(
            office.database,
            make,
            key=idempotency_key,
            who=actor.who,
            request=fingerprint("POST", society_id, wanted.model_dump_json()),
            at=at,
        )


def _changing(router: APIRouter, office: _Office) -> None:
    manager = Depends(office.guard.scope(SCOPE))

    @router.put("/{source_id}", responses=CHANGED_SINCE)
    def change_source(
        *,
        society_id: OrganisationId,
        source_id: SourceId,
        wanted: SourceChangesIn,
        response: Response,
        actor: Annotated[Actor, manager],
        if_match: IfMatch = None,
    ) -> SourceOut:
        """Let a source be so; with other settings its next run lists everything anew."""
        office.own(actor, society_id)
        with office.database.write() as session:
            changed = service.change(
                session,
                society_id,
                source_id,
                wanted.changes(),
                registry=office.registry,
                who=actor.who,
                at=office.now(),
                seen=if_match,
            )
        response.headers["ETag"] = service.tag(changed)
        return SourceOut.of(changed, office.shown(changed))

    @router.delete("/{source_id}", status_code=202)
    def remove_source(
        society_id: OrganisationId, source_id: SourceId, actor: Annotated[Actor, manager]
    ) -> Mapping[str, str]:
        """Begin to remove a source: a worker withdraws what it brought, then forgets it."""
        office.own(actor, society_id)
        with office.database.write() as session:
            service.remove(session, society_id, source_id, who=actor.who, at=office.now())
        return {"id": source_id, "state": "being removed"}

    for action, paused in (("pause", True), ("resume", False)):
        _pausing(router, office, action, paused=paused)


def _pausing(router: APIRouter, office: _Office, action: str, *, paused: bool) -> None:
    manager = Depends(office.guard.scope(SCOPE))

    def switch_source(
        society_id: OrganisationId, source_id: SourceId, actor: Annotated[Actor, manager]
    ) -> SourceOut:
        office.own(actor, society_id)
        with office.database.write() as session:
            changed = service.pause(
                session, society_id, source_id, paused=paused, who=actor.who, at=office.now()
            )
        return SourceOut.of(changed, office.shown(changed))

    told = "Let its schedule rest; it can still be run by hand." if paused else "Let it go on."
    router.post(f"/{{source_id}}:{action}", name=f"{action}_source", description=told)(
        switch_source
    )


def _runs(router: APIRouter, office: _Office) -> None:
    manager = Depends(office.guard.scope(SCOPE))

    @router.get("/{source_id}/runs")
    def list_source_runs(
        *,
        society_id: OrganisationId,
        source_id: SourceId,
        actor: Annotated[Actor, manager],
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> RunPage:
        """The source's runs, the newest first."""
        office.own(actor, society_id)
        with office.database.read() as session:
            source = service.get(session, society_id, source_id)
            found = service.list_runs(session, source, cursor=cursor, limit=limit)
        return RunPage(items=list(map(RunOut.of, found.items)), next_cursor=found.next_cursor)

    @router.get("/{source_id}/runs/{run_id}")
    def read_source_run(
        society_id: OrganisationId,
        source_id: SourceId,
        run_id: RunId,
        actor: Annotated[Actor, manager],
    ) -> RunDetailsOut:
        """One run; its counters grow while it is running."""
        office.own(actor, society_id)
        with office.database.read() as session:
            found = service.get_run(session, society_id, source_id, run_id)
            summary = telling.summary(session, run_id)
        return RunDetailsOut.with_summary(found, summary)

    @router.post("/{source_id}/runs", status_code=202)
    def start_source_run(
        society_id: OrganisationId,
        source_id: SourceId,
        wanted: RunIn,
        actor: Annotated[Actor, manager],
    ) -> RunOut:
        """Ask for a run; the one that waits already is given when there is one."""
        office.own(actor, society_id)
        with office.database.write() as session:
            return RunOut.of(
                service.start(
                    session, society_id, source_id, mode=wanted.mode, who=actor.who,
                    at=office.now(),
                )
            )  # fmt: skip


def _answering(router: APIRouter, office: _Office) -> None:
    told = {
        "cancel": "End a run that waits, or stop one that is running; what it stored stays.",
        "release": "Let a held run withdraw what it did not see.",
        "refuse": "Let a held run withdraw nothing.",
    }
    manager = Depends(office.guard.scope(SCOPE))

    def route(what: str) -> None:
        def answer_run(
            society_id: OrganisationId,
            source_id: SourceId,
            run_id: RunId,
            actor: Annotated[Actor, manager],
        ) -> RunOut:
            office.own(actor, society_id)
            with office.database.write() as session:
                return RunOut.of(
                    service.answer(
                        session, society_id, source_id, run_id, what=what, who=actor.who,
                        at=office.now(),
                    )
                )  # fmt: skip

        path = f"/{{source_id}}/runs/{{run_id}}:{what}"
        router.post(path, name=f"{what}_source_run", description=told[what])(answer_run)

    for what in told:
        route(what)
