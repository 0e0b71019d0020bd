"""An organisation's programs over HTTP, for its own programs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlalchemy.orm import Session

from app.identity import rules
from app.identity.access import Forbidden, Guard, OrganisationId
from app.identity.clients import managing, service
from app.identity.clients.managing import SCOPE
from app.identity.clients.service import Made
from app.identity.clients.wire import ClientIn, ClientMade, ClientOut, ClientPage, KeysIn, SecretIn
from app.identity.model import Actor
from app.platform import clock, idempotency
from app.platform.db import Database
from app.platform.idempotency import KeyHeader, fingerprint
from app.platform.paging import decode_cursor, encode_cursor

PAGE, MOST = 50, 200
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of a page.")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
ClientId = Annotated[str, Field(max_length=64)]


def build_router(
    *, database: Database, guard: Guard, now: Callable[[], datetime] = clock.now
) -> APIRouter:
    """The routes below one organisation."""
    router = APIRouter(prefix="/api/v1/organisations/{organisation_id}/clients", tags=["access"])
    actor = Depends(guard.scope(SCOPE))
    _reading(router, actor, database)
    _making(router, actor, database, now)
    _changing(router, actor, database, now)
    return router


def _reading(router: APIRouter, dependency: Any, database: Database) -> None:
    @router.get("")
    def list_clients(
        organisation_id: OrganisationId,
        actor: Annotated[Actor, dependency],
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> ClientPage:
        """The organisation's programs, those that were revoked too."""
        _own(actor, organisation_id)
        after = decode_cursor(cursor) if cursor else ""
        with database.read() as session:
            found = service.of_organisation(session, organisation_id, after=after, limit=limit + 1)
        more = len(found) > limit
        return ClientPage(
            items=[ClientOut.of(one) for one in found[:limit]],
            next_cursor=encode_cursor(found[limit - 1].id) if more else None,
        )

    @router.get("/{client_id}")
    def read_client(
        organisation_id: OrganisationId, client_id: ClientId, actor: Annotated[Actor, dependency]
    ) -> ClientOut:
        """One program. Its secret is not told: this node does not know it."""
        _own(actor, organisation_id)
        with database.read() as session:
            return ClientOut.of(service.get(session, organisation_id, client_id))


def _making(
    router: APIRouter, dependency: Any, database: Database, now: Callable[[], datetime]
) -> None:
    @router.post("", status_code=201, response_model=ClientMade)
    def make_client(
        *,
        organisation_id: OrganisationId,
        wanted: ClientIn,
        request: Request,
        actor: Annotated[Actor, dependency],
        key: KeyHeader = None,
    ) -> Response:
        """Make a program; a secret is shown in this answer alone.

        It can be given no scope that the asking program lacks. A repetition with the same
        `Idempotency-Key` makes nothing and answers without the secret; if the first answer was
        lost, ask for a new secret.
        """
        _own(actor, organisation_id)

        def work(session: Session) -> Made:
            return managing.make(session, actor, wanted.meant(organisation_id), at=now())

        asked = fingerprint(request.method, request.url.path, wanted.model_dump_json())
        return _once(database, work, key=key, who=actor.who, asked=asked, at=now())

    @router.post("/{client_id}/secrets", status_code=201, response_model=ClientMade)
    def renew_client_secret(
        *,
        organisation_id: OrganisationId,
        client_id: ClientId,
        wanted: SecretIn,
        request: Request,
        actor: Annotated[Actor, dependency],
        key: KeyHeader = None,
    ) -> Response:
        """Give a program another secret, shown in this answer alone; the old one lasts a little.

        A repetition with the same `Idempotency-Key` answers without the secret.
        """
        _own(actor, organisation_id)

        def work(session: Session) -> Made:
            overlap = timedelta(hours=wanted.overlap_hours)
            return managing.renew_secret(session, actor, client_id, overlap=overlap, at=now())

        asked = fingerprint(request.method, request.url.path, wanted.model_dump_json())
        return _once(database, work, key=key, who=actor.who, asked=asked, at=now())


def _changing(
    router: APIRouter, dependency: Any, database: Database, now: Callable[[], datetime]
) -> None:
    @router.put("/{client_id}/keys")
    def set_client_keys(
        organisation_id: OrganisationId,
        client_id: ClientId,
        wanted: KeysIn,
        actor: Annotated[Actor, dependency],
    ) -> ClientOut:
        """Give a program these public keys and no others."""
        _own(actor, organisation_id)
        with database.write() as session:
            changed = managing.change_keys(
                session, actor, client_id, jwks=wanted.jwks, jwks_uri=wanted.jwks_uri, at=now()
            )
        return ClientOut.of(changed)

    @router.delete("/{client_id}")
    def revoke_client(
        organisation_id: OrganisationId, client_id: ClientId, actor: Annotated[Actor, dependency]
    ) -> ClientOut:
        """End a program at once, its tokens with it; a second time changes nothing."""
        _own(actor, organisation_id)
        with database.write() as session:
            return ClientOut.of(managing.end(session, actor, client_id, at=now()))


def _once(
    database: Database,
    work: Callable[[Session], Made],
    *,
    key: str | None,
    who: str,
    asked: str,
    at: datetime,
) -> Response:
    """Do the work once for each key. What is kept for a repetition is without the secret."""
    if key is None:
        with database.write() as session:
            return _made(work(session))
    claimed = idempotency.claim(database, key, who=who, request=asked, at=at)
    if isinstance(claimed, Response):
        return claimed
    done = False
    try:
        with database.write() as session:
            made = work(session)
            idempotency.keep(session, claimed, _made(made._replace(secret=None)), at=at)
        done = True
    finally:
        if not done:
            idempotency.free(database, claimed)
    return _made(made)


def _made(made: Made) -> JSONResponse:
    body = ClientMade.of(made).model_dump(mode="json")
    return JSONResponse(body, 201, {"Cache-Control": "no-store"})


def _own(actor: Actor, organisation_id: str) -> None:
    if not rules.may(actor, SCOPE, organisation_id):
        raise Forbidden("An organisation's programs are its own to manage.")
