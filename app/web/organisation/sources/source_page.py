"""One feed of a society: how it does, what is to be mended, its runs, its settings, who is told."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue import service as catalogue
from app.harvest.inspecting.desk import LookDesk
from app.harvest.model import ItemIssue, Mode, Source
from app.harvest.owning import forms, service, store
from app.harvest.owning.model import LONGEST_NAME, Changes
from app.harvest.store import remote_hash
from app.harvest.telling import service as telling
from app.harvest.telling.model import Reports, Wanted
from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.identity.people import members
from app.platform.cells import harmless
from app.platform.problems import DomainError, Invalid
from app.web.feeds.chart import MOST, chart
from app.web.organisation.sources.counter import (
    BASE,
    FORM_BYTES,
    ON_A_PAGE,
    SCOPE,
    Counter,
    SourceId,
    Text,
    many_of,
    rhythm,
    texts_of,
    window,
)
from app.web.room import MAX_FORM_BYTES, PRIVATE, Room

RUNS = 15
MOST_FINDINGS = 100_000
_DONE = {"changed", "paused", "resumed", "reports", "started"}
_COLUMNS = ("severity", "code", "record", "path", "value", "message", "mend")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What of the page is wanted."""

    code: str = ""
    missing: str = ""
    cursor: str = ""
    done: str = ""


def build_router(room: Room, looks: LookDesk) -> APIRouter:
    router = APIRouter(include_in_schema=False, prefix=BASE + "/{source_id}")
    counter = Counter(room, looks)
    _showing(router, counter)
    _changing(router, counter)
    _switching(router, counter)
    return router


def _asked(code: Text = "", missing: Text = "", cursor: Text = "", done: Text = "") -> _Asked:
    return _Asked(code, missing, cursor, done)


def _showing(router: APIRouter, counter: Counter) -> None:
    editor = Depends(counter.room.guard.member(SCOPE))

    @router.api_route("", methods=["GET", "HEAD"])
    def show_source(
        request: Request,
        source_id: SourceId,
        actor: Annotated[Actor, editor],
        asked: Annotated[_Asked, Depends(_asked)],
    ) -> Response:
        return _page(request, counter, actor, source_id, asked)

    @router.get("/findings.{ending}")
    def findings(
        source_id: SourceId,
        actor: Annotated[Actor, editor],
        ending: Annotated[Literal["csv", "json"], Path()],
    ) -> Response:
        """All that stands open, as a file; it is read while it is sent."""
        with counter.room.database.read() as session:
            source = service.get(session, actor.organisation_id, source_id)
        lines = _csv(counter, source) if ending == "csv" else _json(counter, source)
        kind = "text/csv; charset=utf-8" if ending == "csv" else "application/json"
        named = f'attachment; filename="findings-{source.id}.{ending}"'
        headers = {**PRIVATE, "Content-Disposition": named}
        return StreamingResponse(lines, media_type=kind, headers=headers)


def _changing(router: APIRouter, counter: Counter) -> None:
    editor = Depends(counter.room.guard.member(SCOPE))
    room = counter.room

    @router.post("/change", max_body_size=FORM_BYTES)
    async def change_source(
        request: Request,
        organisation_id: OrganisationId,
        source_id: SourceId,
        actor: Annotated[Actor, editor],
    ) -> Response:
        texts = await texts_of(request)

        def change(session: Session) -> None:
            before = service.get(session, organisation_id, source_id)
            config = forms.read(counter.registry, before.connector, texts, before.config)
            service.change(
                session, organisation_id, source_id,
                Changes(texts.get("name", ""), config, rhythm(texts), window(texts)),
                registry=counter.registry, who=actor.who, at=room.now(),
                seen=texts.get("seen") or None,
            )  # fmt: skip

        return await run_in_threadpool(
            lambda: _do(request, counter, actor, source_id, change, done="changed")
        )

    @router.post("/reports", max_body_size=MAX_FORM_BYTES)
    async def choose_reports(
        request: Request,
        organisation_id: OrganisationId,
        source_id: SourceId,
        actor: Annotated[Actor, editor],
    ) -> Response:
        texts, chosen = await texts_of(request), await many_of(request, "contacts")

        def change(session: Session) -> None:
            wanted = texts.get("wanted", "")
            if wanted not in set(Wanted):
                raise Invalid("Say when you want to be told.")
            source = service.get(session, organisation_id, source_id)
            reports = Reports(Wanted(wanted), tuple(sorted(set(chosen))))
            telling.set_reports(session, source, reports, who=actor.who, at=room.now())

        return await run_in_threadpool(
            lambda: _do(request, counter, actor, source_id, change, done="reports")
        )


def _switching(router: APIRouter, counter: Counter) -> None:
    editor = Depends(counter.room.guard.member(SCOPE))
    room = counter.room

    @router.post("/{what}", max_body_size=MAX_FORM_BYTES)
    async def switch_source(
        request: Request,
        organisation_id: OrganisationId,
        source_id: SourceId,
        what: Annotated[Literal["pause", "resume", "run", "remove"], Path()],
        actor: Annotated[Actor, editor],
    ) -> Response:
        texts = await texts_of(request)
        who, at = actor.who, room.now()

        def change(session: Session) -> None:
            if what == "run":
                mode = texts.get("mode", "")
                if mode not in set(Mode):
                    raise Invalid("Say what is to be read.")
                service.start(session, organisation_id, source_id, mode=Mode(mode), who=who, at=at)
            elif what == "remove":
                if texts.get("sure") != "yes":
                    raise Invalid("Say that you are sure.")
                service.remove(session, organisation_id, source_id, who=who, at=at)
            else:
                paused = what == "pause"
                service.pause(session, organisation_id, source_id, paused=paused, who=who, at=at)

        done = {"pause": "paused", "resume": "resumed", "run": "started", "remove": ""}[what]
        gone = f"/organisations/{organisation_id}/sources?done=removed"
        then = gone if what == "remove" else ""
        return await run_in_threadpool(
            lambda: _do(request, counter, actor, source_id, change, done=done, then=then)
        )


def _do(
    request: Request,
    counter: Counter,
    actor: Actor,
    source_id: str,
    change: Callable[[Session], None],
    *,
    done: str,
    then: str = "",
) -> Response:
    back = f"/organisations/{actor.organisation_id}/sources/{source_id}?done={done}"
    return counter.do(
        change,
        then=then or back,
        otherwise=lambda error: _page(request, counter, actor, source_id, _Asked(), trouble=error),
    )


def _page(
    request: Request,
    counter: Counter,
    actor: Actor,
    source_id: str,
    asked: _Asked,
    *,
    trouble: DomainError | None = None,
) -> Response:
    with counter.room.database.read() as session:
        source = service.get(session, actor.organisation_id, source_id)
        (health,) = service.health(session, [source])
        summaries = telling.summaries(session, source.id, limit=MOST)
        runs = service.list_runs(session, source, cursor=None, limit=RUNS)
        last = service.last_run_id(session, source)
        reports, contacts = telling.get_reports(session, source)
        values: dict[str, Any] = {
            **counter.frame(session, actor),
            "one": health,
            "source": source,
            "summaries": summaries,
            "chart": chart(summaries),
            "runs": runs.items,
            "codes": telling.codes_of(session, source.id, last),
            **_details(session, source, asked),
            "asked": asked,
            "done": asked.done if asked.done in _DONE else "",
            "modes": list(Mode),
            "wanted": list(Wanted),
            "reports": reports,
            "contacts": contacts,
            "members": members.list_members(
                session, actor.organisation_id, cursor=None, limit=telling.MOST_CONTACTS
            ).items,
            **_settings(counter, source),
        }
    return counter.page(request, "organisation_source.html", values, trouble)


def _settings(counter: Counter, source: Source) -> Mapping[str, Any]:
    """The form; without one when the connector is not there any more."""
    known = source.connector in counter.registry.connectors
    shown = counter.registry.shown(source.connector, source.config)
    return {
        "fields": forms.form(counter.registry, source.connector, shown) if known else None,
        "tag": service.tag(source),
        "longest_name": LONGEST_NAME,
    }


def _details(session: Session, source: Source, asked: _Asked) -> Mapping[str, Any]:
    """The items with one code, or the courses that lack one thing, page by page."""
    cursor = asked.cursor or None
    issues: list[tuple[str, ItemIssue]] = []
    lacking: list[Any] = []
    following = None
    if asked.code:
        found = service.list_issues(
            session, source, code=asked.code, cursor=cursor, limit=ON_A_PAGE
        )
        issues = [
            (remote_hash(one.remote_id) if one.remote_id is not None else "", one)
            for one in found.items
        ]
        following = found.next_cursor
    elif asked.missing:
        courses = catalogue.list_lacking(
            session, source.id, asked.missing, cursor=cursor, limit=ON_A_PAGE
        )
        lacking, following = list(courses.items), courses.next_cursor
    return {"issues": issues, "lacking": lacking, "next_cursor": following}


def _told(one: ItemIssue) -> dict[str, str | None]:
    return {
        "severity": one.severity, "code": one.code, "record": one.remote_id, "path": one.path,
        "value": one.value, "message": one.message, "mend": one.hint,
    }  # fmt: skip


def _findings(counter: Counter, source: Source) -> Iterator[dict[str, str | None]]:
    with counter.room.database.read() as session:
        last = service.last_run_id(session, source)
        found = store.iter_issues(session, source.id, run_id=last)
        for _, one in zip(range(MOST_FINDINGS), found, strict=False):
            yield _told(one)


def _csv(counter: Counter, source: Source) -> Iterator[str]:
    """With a mark at its beginning by which Excel knows UTF-8."""
    kept = io.StringIO()
    writer = csv.writer(kept)
    writer.writerow(_COLUMNS)
    yield "\ufeff" + kept.getvalue()
    for told in _findings(counter, source):
        kept.seek(0)
        kept.truncate()
        writer.writerow([harmless(told[name] or "") for name in _COLUMNS])
        yield kept.getvalue()


def _json(counter: Counter, source: Source) -> Iterator[str]:
    yield "["
    for number, told in enumerate(_findings(counter, source)):
        yield (",\n" if number else "\n") + json.dumps(told, ensure_ascii=False)
    yield "\n]\n"
