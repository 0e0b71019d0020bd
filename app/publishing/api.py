"""Publishing over HTTP, one course at a time: put, read, patch, withdraw; runs and offers.

A society publishes its own courses and nobody else's: no grant covers the catalogue. A client of
the sandbox meets the same addresses and answers, and whatever it does stays there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.identity.access import Guard, OrganisationId
from app.identity.model import Actor
from app.platform import clock
from app.platform.db import Database
from app.platform.problems import MEDIA_TYPE
from app.publishing import batch_api, documents, service, wire
from app.publishing.answers import ItemOut, ListedOut, PageOut, PushedOut
from app.publishing.encoded import RemoteId, RunId
from app.publishing.model import Conditions, Document, Done, Outcome, Place, State, Wanted
from app.publishing.room import JSON, Room, refuse_other_kinds, whole_schema
from app.publishing.service import Push

MERGE_PATCH = "application/merge-patch+json"


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {MEDIA_TYPE: {"schema": schema}}}


Answers: TypeAlias = dict[int | str, dict[str, Any]]

_GONE: Answers = {410: _problem("The course was withdrawn; PUT it to offer it again.")}
_STALE: Answers = {412: _problem("It is not as the condition says; `ETag` tells how it is.")}
_KIND: Answers = {415: _problem("The body is of another kind, or compressed.")}
_UNCHANGED: Answers = {304: {"description": "Not changed since the version in If-None-Match."}}


def _described(
    model: type[BaseModel], media_type: str, *, example: Mapping[str, Any]
) -> dict[str, Any]:
    schema = whole_schema(model)
    content = {media_type: {"schema": schema, "example": dict(example)}}
    return {"requestBody": {"required": True, "content": content}}


_CREATED: Answers = {
    201: {"description": "It was not there, or had been withdrawn.", "model": ItemOut},
    200: {"description": "It was there; `outcome` says whether it changed.", "model": ItemOut},
}
IfMatch = Annotated[
    str | None,
    Header(max_length=1000, description="The `ETag` of the version that is to be changed."),
]
IfNoneMatch = Annotated[
    str | None, Header(max_length=1000, description="`*`: only if it is not there yet.")
]
Validate = Annotated[
    bool, Query(description="Store nothing; tell what would become of it and every finding.")
]


def _body(media_type: str) -> Callable[..., Any]:
    async def body(request: Request) -> Any:
        """The JSON that was sent. Raises ``room.UnsupportedMedia``, ``documents.Unreadable``."""
        refuse_other_kinds(request, (media_type,))
        return documents.read(await request.body())

    return body


@dataclass(frozen=True, slots=True)
class _Ask:
    """One request to change a course."""

    room: Room
    actor: Actor
    society_id: str
    remote_id: str
    conditions: Conditions
    validate: bool = False

    def put(self, document: Document) -> Response:
        """Let it be so."""
        if self.validate:
            return self._checked(document=document)
        return self._answer(
            lambda session, push: service.put(session, push, self.remote_id, document)
        )

    def edit(self, change: Callable[[Document], Document]) -> Response:
        """Change what stands."""
        if self.validate:
            return self._checked(change=change)
        return self._answer(
            lambda session, push: service.edit(session, push, self.remote_id, change)
        )

    def _checked(self, **what: Any) -> Response:
        with self.room.database.read() as session:
            push = self._push(session)
            done = service.check(session, push, self.remote_id, **what)
        return self._told(push.place, done, 200)

    def _answer(self, work: Callable[[Session, Push], Done]) -> Response:
        with self.room.database.write() as session:
            push = self._push(session)
            done = work(session, push)
        return self._told(push.place, done, 201 if done.outcome is Outcome.NEW else 200)

    def _push(self, session: Session) -> Push:
        return self.room.push(session, self.actor, self.society_id, conditions=self.conditions)

    def _told(self, place: Place, done: Done, status: int) -> Response:
        item = ItemOut.of(place, self.remote_id, done)
        headers = {"ETag": done.pushed.etag} if done.pushed and done.pushed.live else {}
        return Response(item.model_dump_json(), status, headers, media_type=JSON)


def build_router(
    *, database: Database, guard: Guard, quota: int, now: Callable[[], datetime] = clock.now
) -> APIRouter:
    """``quota`` is how many live courses one society may have pushed."""
    room = Room(database, guard, quota, now)
    router = APIRouter(prefix="/api/v1/societies/{society_id}", tags=["publishing"])
    batch_api.add_batch(router, room)
    _add_reading(router, room)
    _add_put(router, room)
    _add_patch(router, room)
    _add_withdrawal(router, room)
    _add_runs(router, room)
    _add_offers(router, room)
    _add_sandbox(router, room)
    return router


def _add_reading(router: APIRouter, room: Room) -> None:
    @router.get("/courses")
    def list_pushed_courses(
        *,
        society_id: OrganisationId,
        actor: Annotated[Actor, Depends(room.guard.scope("catalogue:read", sandbox=True))],
        state: Annotated[State | None, Query(description="`live` or `withdrawn`.")] = None,
        issue: Annotated[str | None, Query(max_length=64, description="Its code.")] = None,
        text: Annotated[str | None, Query(max_length=200, description="In title or id.")] = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> PageOut:
        """What the society has pushed, the newest first, narrowed by what is asked for."""
        wanted = Wanted(state, issue, text)
        with room.database.read() as session:
            place = room.place(session, actor, society_id, "catalogue:read")
            page = service.listing(session, place, wanted, cursor=cursor, limit=limit)
        return PageOut(
            items=[ListedOut.of(one) for one in page.items],
            next_cursor=page.next_cursor,
            sandbox=place.sandbox,
        )

    @router.get("/courses/{remote_id}", response_model=PushedOut, responses={**_GONE, **_UNCHANGED})
    def read_pushed_course(
        society_id: OrganisationId,
        remote_id: RemoteId,
        actor: Annotated[Actor, Depends(room.guard.scope("catalogue:read", sandbox=True))],
        if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
    ) -> Response:
        """What was pushed, what the catalogue made of it, and what is to be mended."""
        with room.database.read() as session:
            place = room.place(session, actor, society_id, "catalogue:read")
            pushed = service.get(session, place, remote_id)
        headers = {"ETag": pushed.etag, "Cache-Control": "private, no-cache"}
        if if_none_match is not None and room.is_known(if_none_match, pushed):
            return Response(status_code=304, headers=headers)
        body = PushedOut.of(place, pushed).model_dump_json()
        return Response(body, headers=headers, media_type=JSON)


def _add_put(router: APIRouter, room: Room) -> None:
    @router.put(
        "/courses/{remote_id}",
        max_body_size=documents.MOST_BYTES,
        response_model=ItemOut,
        openapi_extra=_described(wire.CourseIn, JSON, example=wire.EXAMPLE),
        responses={**_CREATED, **_STALE, **_KIND},
    )
    def put_course(
        *,
        society_id: OrganisationId,
        remote_id: RemoteId,
        actor: Annotated[Actor, Depends(room.guard.scope("catalogue:write", sandbox=True))],
        untrusted: Annotated[Any, Depends(_body(JSON))],
        if_match: IfMatch = None,
        if_none_match: IfNoneMatch = None,
        validate: Validate = False,
    ) -> Response:
        """Publish a course under the society's own id, or let it be what this says.

        A withdrawn course is offered again. Sending the same again changes nothing.
        """
        conditions = Conditions(if_match, if_none_match)
        ask = _Ask(room, actor, society_id, remote_id, conditions, validate)
        return ask.put(wire.course(untrusted))


def _add_patch(router: APIRouter, room: Room) -> None:
    @router.patch(
        "/courses/{remote_id}",
        max_body_size=documents.MOST_BYTES,
        response_model=ItemOut,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    MERGE_PATCH: {"schema": {"type": "object"}, "example": {"level": None}}
                },
            }
        },
        responses={**_GONE, **_STALE, **_KIND},
    )
    def patch_course(
        *,
        society_id: OrganisationId,
        remote_id: RemoteId,
        actor: Annotated[Actor, Depends(room.guard.scope("catalogue:write", sandbox=True))],
        untrusted: Annotated[Any, Depends(_body(MERGE_PATCH))],
        if_match: IfMatch = None,
        validate: Validate = False,
    ) -> Response:
        """Change some fields of what was pushed, by JSON Merge Patch (RFC 7396)."""
        ask = _Ask(room, actor, society_id, remote_id, Conditions(if_match), validate)
        return ask.edit(lambda held: wire.course(documents.merged(held, untrusted)))


def _add_withdrawal(router: APIRouter, room: Room) -> None:
    @router.delete("/courses/{remote_id}", status_code=204, responses=_STALE)
    def withdraw_course(
        society_id: OrganisationId,
        remote_id: RemoteId,
        actor: Annotated[Actor, Depends(room.guard.scope("catalogue:write", sandbox=True))],
        if_match: IfMatch = None,
    ) -> Response:
        """Withdraw a course. Doing it twice changes nothing.

        It stays withdrawn whatever the society's own feeds say, until it is published again.
        """
        with room.database.write() as session:
            push = room.push(session, actor, society_id, conditions=Conditions(if_match))
            service.withdraw(session, push, remote_id)
        return Response(status_code=204)


def _add_runs(router: APIRouter, room: Room) -> None:
    @router.put(
        "/courses/{remote_id}/runs/{run_id}",
        max_body_size=documents.MOST_BYTES,
        response_model=ItemOut,
        openapi_extra=_described(wire.RunIn, JSON, example=wire.EXAMPLE["runs"][0]),
        responses={
            **_GONE,
            **_STALE,
            **_KIND,
            201: {"description": "A new run.", "model": ItemOut},
        },
    )
    def put_run(
        *,
        society_id: OrganisationId,
        remote_id: RemoteId,
        run_id: RunId,
        actor: Annotated[Actor, Depends(room.guard.scope("catalogue:write", sandbox=True))],
        untrusted: Annotated[Any, Depends(_body(JSON))],
        if_match: IfMatch = None,
    ) -> Response:
        """Add one dated delivery to a course, or let it be what this says."""
        run = wire.run(untrusted)
        made: list[bool] = []

        def change(held: Document) -> Document:
            made.append(not service.has_run(held, run_id))
            return service.with_run(run_id, run)(held)

        ask = _Ask(room, actor, society_id, remote_id, Conditions(if_match))
        answer = ask.edit(change)
        answer.status_code = 201 if made[-1] else 200
        return answer

    @router.delete(
        "/courses/{remote_id}/runs/{run_id}", status_code=204, responses={**_GONE, **_STALE}
    )
    def remove_run(
        society_id: OrganisationId,
        remote_id: RemoteId,
        run_id: RunId,
        actor: Annotated[Actor, Depends(room.guard.scope("catalogue:write", sandbox=True))],
        if_match: IfMatch = None,
    ) -> Response:
        """Take one dated delivery away from a course."""
        ask = _Ask(room, actor, society_id, remote_id, Conditions(if_match))
        etag = ask.edit(service.without_run(run_id)).headers["ETag"]
        return Response(status_code=204, headers={"ETag": etag})


def _add_offers(router: APIRouter, room: Room) -> None:
    @router.put(
        "/courses/{remote_id}/offers",
        max_body_size=documents.MOST_BYTES,
        response_model=ItemOut,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    JSON: {
                        "schema": {
                            "type": "array",
                            "items": whole_schema(wire.OfferIn),
                        },
                        "example": wire.EXAMPLE["offers"],
                    }
                },
            }
        },
        responses={**_GONE, **_STALE, **_KIND},
    )
    def put_offers(
        *,
        society_id: OrganisationId,
        remote_id: RemoteId,
        actor: Annotated[Actor, Depends(room.guard.scope("catalogue:write", sandbox=True))],
        untrusted: Annotated[Any, Depends(_body(JSON))],
        if_match: IfMatch = None,
    ) -> Response:
        """Let these be the course's prices."""
        offers = wire.offers(untrusted)
        ask = _Ask(room, actor, society_id, remote_id, Conditions(if_match))
        return ask.edit(service.replaced(offers=offers))


def _add_sandbox(router: APIRouter, room: Room) -> None:
    @router.delete("/sandbox", status_code=204)
    def empty_sandbox(
        society_id: OrganisationId,
        actor: Annotated[Actor, Depends(room.guard.scope("catalogue:write", sandbox=True))],
    ) -> Response:
        """Forget everything that the society's clients of the sandbox have tried out."""
        with room.database.write() as session:
            room.place(session, actor, society_id, "catalogue:write")
            service.empty_sandbox(session, society_id, who=actor.who, at=room.now())
        return Response(status_code=204)
