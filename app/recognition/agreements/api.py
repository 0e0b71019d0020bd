"""Agreements over HTTP: drafted, signed, exchanged and ended by registries; read by everybody.

A registry of another node gets the file that was signed and gives it back with its own signature.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from sqlalchemy.orm import Session

from app.identity.access import Guard, OrganisationId
from app.identity.model import Actor
from app.identity.registries import own_registry
from app.platform import clock
from app.platform.conditions import CHANGED_SINCE, require_match
from app.platform.db import Database
from app.platform.idempotency import KeyHeader, fingerprint, once
from app.platform.routing import together
from app.recognition.agreements import drafting, exchanging, listing, receiving
from app.recognition.agreements.carrying import FILE
from app.recognition.agreements.desk import Desk, Which
from app.recognition.agreements.model import Standing
from app.recognition.agreements.wire import (
    AgreementIn,
    AgreementOut,
    AgreementPage,
    EndingIn,
    tag,
)

REGISTRY = "/api/v1/registries/{organisation_id}"
PATH = REGISTRY + "/agreements"
TAG = "recognition"
READ, POLICY = "recognition:read", "recognition:policy"
PRIVATE = {"Cache-Control": "private, no-store"}
PUBLIC = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"}
MAX_BYTES = 512 * 1024
Id = Annotated[str, Path(max_length=36, pattern="^[0-9a-f-]{36}$")]
Version = Annotated[int, Path(ge=1, le=1000)]
Cursor = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=100)]
IfMatch = Annotated[
    str | None, Header(description="Do it only if the entity tag is still this one.")
]
_FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


@dataclass(frozen=True, slots=True)
class Door:
    """What every route of agreements needs."""

    database: Database
    guard: Guard
    desk: Desk
    now: Callable[[], datetime]

    def own(self, actor: Actor, scope: str, organisation_id: str) -> None:
        """Raises ``Forbidden`` and ``NotFound`` unless the actor may do this in the registry."""
        with self.database.read() as session:
            own_registry(session, actor, scope, organisation_id)

    def make(
        self,
        request: Request,
        actor: Actor,
        given: AgreementIn,
        work: Callable[[Session, datetime], Standing],
        *,
        key: str | None,
    ) -> Response:
        """Draft something, once for each key."""
        at = self.now()

        def made(session: Session) -> Response:
            one = work(session, at)
            headers = PRIVATE | {"ETag": tag(one)}
            told = AgreementOut.of(one).model_dump_json()
            return Response(told, 201, headers, media_type="application/json")

        asked = fingerprint(request.method, request.url.path, given.model_dump_json())
        return once(self.database, made, key=key, who=actor.who, request=asked, at=at)

    def told(self, response: Response, one: Standing) -> AgreementOut:
        """A version as its registry sees it."""
        response.headers.update(PRIVATE | {"ETag": tag(one)})
        return AgreementOut.of(one)

    def match(
        self, session: Session, organisation_id: str, which: Which, seen: str | None, at: datetime
    ) -> None:
        """Raises ``NotFound`` and ``PreconditionFailed``."""
        one = listing.one_of(session, self.desk, organisation_id, which, at=at)
        require_match(seen, tag(one))


def build_router(
    *, database: Database, guard: Guard, desk: Desk, now: Callable[[], datetime] = clock.now
) -> APIRouter:
    """All routes of agreements."""
    door = Door(database, guard, desk, now)
    return together(
        _public(door),
        _reading(door),
        _drafting(door),
        _changing(door),
        _receiving(door),
        _binding(door),
    )


def as_file(data: bytes, one: Standing, headers: dict[str, str]) -> Response:
    """The file that travels, to be saved."""
    name = f"agreement-{one.agreement.id}-{one.agreement.version}.json"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/json", headers={**headers, **disposition})


def _public(door: Door) -> APIRouter:
    router = APIRouter(
        prefix="/api/v1/agreements", tags=[TAG], dependencies=[Depends(door.guard.public)]
    )

    @router.get("")
    def list_public_agreements(
        response: Response, cursor: Cursor = None, limit: Limit = 20
    ) -> AgreementPage:
        """What registries of this node and others recognise: signed by both, in force or not."""
        response.headers.update(PUBLIC)
        with door.database.read() as session:
            found = listing.public(session, door.desk, cursor=cursor, limit=limit, at=door.now())
        items = [AgreementOut.of(one) for one in found.items]
        return AgreementPage(items=items, next_cursor=found.next_cursor)

    @router.get("/{agreement_id}/{version}/file", response_class=Response)
    def read_public_agreement_file(agreement_id: Id, version: Version) -> Response:
        """The signed file, to be checked with software of one's own."""
        with door.database.read() as session:
            which = Which(agreement_id, version)
            one = listing.public_one(session, door.desk, which, at=door.now())
            data = exchanging.file_of(session, one)
        return as_file(data, one, PUBLIC)

    return router


def _reading(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])
    reader = Depends(door.guard.scope(READ))

    @router.get("")
    def list_agreements(
        organisation_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, reader],
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> AgreementPage:
        """The registry's agreements, drafts and offers too."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            found = listing.of_registry(
                session, door.desk, organisation_id, cursor=cursor, limit=limit, at=door.now()
            )
        items = [AgreementOut.of(one) for one in found.items]
        return AgreementPage(items=items, next_cursor=found.next_cursor)

    @router.get("/{agreement_id}/{version}")
    def read_agreement(
        organisation_id: OrganisationId,
        agreement_id: Id,
        version: Version,
        response: Response,
        actor: Annotated[Actor, reader],
    ) -> AgreementOut:
        """One version; the answer's ETag is what `If-Match` wants."""
        door.own(actor, READ, organisation_id)
        which = Which(agreement_id, version)
        with door.database.read() as session:
            one = listing.one_of(session, door.desk, organisation_id, which, at=door.now())
        return door.told(response, one)

    @router.get("/{agreement_id}/{version}/file", response_class=Response)
    def read_agreement_file(
        organisation_id: OrganisationId,
        agreement_id: Id,
        version: Version,
        actor: Annotated[Actor, reader],
    ) -> Response:
        """The file for the other side: what was agreed, with the signatures so far."""
        door.own(actor, READ, organisation_id)
        which = Which(agreement_id, version)
        with door.database.read() as session:
            one = listing.one_of(session, door.desk, organisation_id, which, at=door.now())
            data = exchanging.file_of(session, one)
        return as_file(data, one, PRIVATE)

    return router


def _drafting(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])
    writer = Depends(door.guard.scope(POLICY))

    @router.post("", status_code=201, max_body_size=MAX_BYTES, response_model=AgreementOut)
    def draft_agreement(
        *,
        organisation_id: OrganisationId,
        request: Request,
        given: AgreementIn,
        actor: Annotated[Actor, writer],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Draft an agreement; nobody sees it before it is signed."""
        door.own(actor, POLICY, organisation_id)

        def work(session: Session, at: datetime) -> Standing:
            return drafting.draft(session, door.desk, actor, given.new(), at=at)

        return door.make(request, actor, given, work, key=idempotency_key)

    @router.post(
        "/{agreement_id}/versions",
        status_code=201,
        max_body_size=MAX_BYTES,
        response_model=AgreementOut,
    )
    def amend_agreement(
        *,
        organisation_id: OrganisationId,
        agreement_id: Id,
        request: Request,
        given: AgreementIn,
        actor: Annotated[Actor, writer],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Draft the next version of one that both have signed; the other party stays."""
        door.own(actor, POLICY, organisation_id)

        def work(session: Session, at: datetime) -> Standing:
            return drafting.amend(session, door.desk, actor, agreement_id, given.new(), at=at)

        return door.make(request, actor, given, work, key=idempotency_key)

    return router


def _changing(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])
    writer = Depends(door.guard.scope(POLICY))

    @router.put("/{agreement_id}/{version}", max_body_size=MAX_BYTES, responses=CHANGED_SINCE)
    def change_agreement(
        *,
        organisation_id: OrganisationId,
        agreement_id: Id,
        version: Version,
        given: AgreementIn,
        response: Response,
        actor: Annotated[Actor, writer],
        if_match: IfMatch = None,
    ) -> AgreementOut:
        """Write a draft anew."""
        door.own(actor, POLICY, organisation_id)
        at, which = door.now(), Which(agreement_id, version)
        with door.database.write() as session:
            door.match(session, organisation_id, which, if_match, at)
            one = drafting.change(session, door.desk, actor, which, given.new(), at=at)
        return door.told(response, one)

    @router.delete("/{agreement_id}/{version}", status_code=204, responses=CHANGED_SINCE)
    def discard_agreement(
        *,
        organisation_id: OrganisationId,
        agreement_id: Id,
        version: Version,
        actor: Annotated[Actor, writer],
        if_match: IfMatch = None,
    ) -> None:
        """Throw away a draft, or an offer that was taken in and not signed."""
        door.own(actor, POLICY, organisation_id)
        at, which = door.now(), Which(agreement_id, version)
        with door.database.write() as session:
            door.match(session, organisation_id, which, if_match, at)
            drafting.discard(session, door.desk, actor, which, at=at)

    return router


def _receiving(door: Door) -> APIRouter:
    router = APIRouter(prefix=REGISTRY, tags=[TAG])
    writer = Depends(door.guard.scope(POLICY))

    async def body(request: Request) -> bytes:
        return await request.body()

    @router.post("/agreements:receive", max_body_size=FILE.size + 1024, openapi_extra=_FILE_BODY)
    def receive_agreement(
        organisation_id: OrganisationId,
        data: Annotated[bytes, Depends(body)],
        response: Response,
        actor: Annotated[Actor, writer],
    ) -> AgreementOut:
        """Take in the file that the other side gave; the same again changes nothing."""
        door.own(actor, POLICY, organisation_id)
        with door.database.write() as session:
            one = receiving.receive(session, door.desk, actor, data, at=door.now())
        return door.told(response, one)

    return router


def _binding(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])
    writer = Depends(door.guard.scope(POLICY))

    @router.post("/{agreement_id}/{version}/sign", responses=CHANGED_SINCE)
    def sign_agreement(
        *,
        organisation_id: OrganisationId,
        agreement_id: Id,
        version: Version,
        response: Response,
        actor: Annotated[Actor, writer],
        if_match: IfMatch = None,
    ) -> AgreementOut:
        """Sign it in the registry's name."""
        door.own(actor, POLICY, organisation_id)
        at, which = door.now(), Which(agreement_id, version)
        with door.database.write() as session:
            door.match(session, organisation_id, which, if_match, at)
            one = exchanging.sign(session, door.desk, actor, which, at=at)
        return door.told(response, one)

    @router.post("/{agreement_id}/{version}/end", max_body_size=16 * 1024, responses=CHANGED_SINCE)
    def end_agreement(
        *,
        organisation_id: OrganisationId,
        agreement_id: Id,
        version: Version,
        given: EndingIn,
        response: Response,
        actor: Annotated[Actor, writer],
        if_match: IfMatch = None,
    ) -> AgreementOut:
        """Give notice, signed: it ends with that day."""
        door.own(actor, POLICY, organisation_id)
        at, which = door.now(), Which(agreement_id, version)
        with door.database.write() as session:
            door.match(session, organisation_id, which, if_match, at)
            one = exchanging.end(session, door.desk, actor, which, ends_on=given.ends_on, at=at)
        return door.told(response, one)

    return router
