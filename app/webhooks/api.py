"""Webhooks over HTTP, for an organisation's own programs."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from app.identity import rules
from app.identity.access import Forbidden, Guard, OrganisationId
from app.identity.model import Actor
from app.platform import clock
from app.platform.conditions import CHANGED_SINCE
from app.platform.db import Database
from app.platform.idempotency import KeyHeader, fingerprint, once
from app.platform.limits import RateLimits
from app.webhooks import deliveries, service
from app.webhooks.model import DeliveryState
from app.webhooks.service import Desk
from app.webhooks.wire import (
    ChangesIn,
    DeliveryOut,
    DeliveryPage,
    EndpointIn,
    EndpointList,
    EndpointOut,
    EndpointWithSecretOut,
    ReplayIn,
    ReplayOut,
)

SCOPE = "admin:webhooks"
PAGE, MOST = 50, 200
_ID = {"max_length": 64, "examples": ["0199aef2-4c1d-7b7e-9d0e-3a1b2c4d5e6f"]}
EndpointId = Annotated[str, Path(description="The webhook's id.", **_ID)]
DeliveryId = Annotated[str, Path(description="The delivery's id.", **_ID)]
IfMatch = Annotated[
    str | None, Header(description="Do it only if the entity tag is still this one.")
]


@dataclass(frozen=True, slots=True)
class _Office:
    """What every route here works with."""

    database: Database
    desk: Desk
    limits: RateLimits
    guard: Guard
    now: Callable[[], datetime]

    def own(self, actor: Actor, organisation_id: str) -> None:
        if not rules.may(actor, SCOPE, organisation_id):
            raise Forbidden("An organisation's webhooks are its own to manage.")


def build_router(
    *,
    database: Database,
    guard: Guard,
    desk: Desk,
    limits: RateLimits,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """The routes below one organisation's ``webhooks``."""
    router = APIRouter(prefix="/api/v1/organisations/{organisation_id}/webhooks", tags=["webhooks"])
    office = _Office(database, desk, limits, guard, now)
    _deliveries(router, office)  # before the endpoints: "deliveries" is no endpoint's id
    _reading(router, office)
    _making(router, office)
    _changing(router, office)
    _sending(router, office)
    return router


def _reading(router: APIRouter, office: _Office) -> None:
    manager = Depends(office.guard.scope(SCOPE))

    @router.get("")
    def list_webhooks(
        organisation_id: OrganisationId, actor: Annotated[Actor, manager]
    ) -> EndpointList:
        """All of the organisation's webhooks, oldest first."""
        office.own(actor, organisation_id)
        with office.database.read() as session:
            found = service.list_endpoints(session, organisation_id)
        return EndpointList(items=list(map(EndpointOut.of, found)))

    @router.get("/{endpoint_id}")
    def read_webhook(
        organisation_id: OrganisationId,
        endpoint_id: EndpointId,
        response: Response,
        actor: Annotated[Actor, manager],
    ) -> EndpointOut:
        """One webhook; the answer's ETag is what `If-Match` wants."""
        office.own(actor, organisation_id)
        with office.database.read() as session:
            found = service.get_endpoint(session, organisation_id, endpoint_id)
        response.headers["ETag"] = service.tag(found)
        return EndpointOut.of(found)


def _making(router: APIRouter, office: _Office) -> None:
    manager = Depends(office.guard.scope(SCOPE))

    @router.post("", status_code=201, response_model=EndpointWithSecretOut)
    def add_webhook(
        organisation_id: OrganisationId,
        wanted: EndpointIn,
        actor: Annotated[Actor, manager],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Make a webhook; its secret is shown in this answer alone."""
        office.own(actor, organisation_id)
        at = office.now()

        def make(session: Session) -> Response:
            made = service.add_endpoint(
                session, organisation_id, wanted.new(), desk=office.desk, at=at, who=actor.who
            )
            told = EndpointOut.of(made).model_dump(mode="json")
            return JSONResponse(told, 201, {"ETag": service.tag(made)})

        answer = once(
            office.database,
            make,
            key=idempotency_key,
            who=actor.who,
            request=fingerprint("POST", organisation_id, wanted.model_dump_json()),
            at=at,
        )
        return _with_secret(answer, office.desk)


def _with_secret(answer: Response, desk: Desk) -> Response:
    """Add the secret on the way out: what is kept of an answer must not hold it."""
    told = json.loads(bytes(answer.body))
    told["secret"] = desk.key.secret(told["id"], told["secret_generation"])
    kept = {
        name: value
        for name, value in answer.headers.items()
        if name not in {"content-length", "content-type"}
    }
    return JSONResponse(told, answer.status_code, {**kept, "Cache-Control": "no-store"})


def _changing(router: APIRouter, office: _Office) -> None:
    manager = Depends(office.guard.scope(SCOPE))

    @router.patch("/{endpoint_id}", responses=CHANGED_SINCE)
    def change_webhook(
        *,
        organisation_id: OrganisationId,
        endpoint_id: EndpointId,
        wanted: ChangesIn,
        response: Response,
        actor: Annotated[Actor, manager],
        if_match: IfMatch = None,
    ) -> EndpointOut:
        """Change the address, the events or the description; disable or enable."""
        office.own(actor, organisation_id)
        with office.database.write() as session:
            changed = service.change_endpoint(
                session,
                organisation_id,
                endpoint_id,
                wanted.changes(),
                desk=office.desk,
                at=office.now(),
                who=actor.who,
                seen=if_match,
            )
        response.headers["ETag"] = service.tag(changed)
        return EndpointOut.of(changed)

    @router.delete("/{endpoint_id}", status_code=204)
    def delete_webhook(
        organisation_id: OrganisationId, endpoint_id: EndpointId, actor: Annotated[Actor, manager]
    ) -> None:
        """Forget a webhook and its deliveries."""
        office.own(actor, organisation_id)
        with office.database.write() as session:
            service.delete_endpoint(
                session, organisation_id, endpoint_id, at=office.now(), who=actor.who
            )

    @router.post("/{endpoint_id}:rotate")
    def rotate_webhook_secret(
        organisation_id: OrganisationId,
        endpoint_id: EndpointId,
        response: Response,
        actor: Annotated[Actor, manager],
    ) -> EndpointWithSecretOut:
        """Begin a new secret, shown in this answer alone; the old one signs beside it for a day."""
        office.own(actor, organisation_id)
        with office.database.write() as session:
            changed = service.rotate_secret(
                session, organisation_id, endpoint_id, at=office.now(), who=actor.who
            )
        response.headers["Cache-Control"] = "no-store"
        secret = office.desk.key.secret(changed.id, changed.generation)
        return EndpointWithSecretOut.revealing(changed, secret)


def _sending(router: APIRouter, office: _Office) -> None:
    manager = Depends(office.guard.scope(SCOPE))

    @router.post("/{endpoint_id}:test", status_code=202)
    def test_webhook(
        organisation_id: OrganisationId, endpoint_id: EndpointId, actor: Annotated[Actor, manager]
    ) -> DeliveryOut:
        """Send an event of the type `webhook.test`, which means nothing."""
        office.own(actor, organisation_id)
        office.limits.take(deliveries.TEST_LIMIT, organisation_id, rate=deliveries.TEST_RATE)
        with office.database.write() as session:
            sent = deliveries.send_test(
                session, organisation_id, endpoint_id, at=office.now(), who=actor.who
            )
        return DeliveryOut.of(sent)

    @router.post("/{endpoint_id}:replay", status_code=202)
    def replay_failed(
        organisation_id: OrganisationId,
        endpoint_id: EndpointId,
        wanted: ReplayIn,
        actor: Annotated[Actor, manager],
    ) -> ReplayOut:
        """Send once more everything that was given up since a time."""
        office.own(actor, organisation_id)
        with office.database.write() as session:
            count = deliveries.replay_failed(
                session,
                organisation_id,
                endpoint_id,
                since=wanted.since,
                at=office.now(),
                who=actor.who,
            )
        return ReplayOut(replayed=count)


def _deliveries(router: APIRouter, office: _Office) -> None:
    manager = Depends(office.guard.scope(SCOPE))

    @router.get("/deliveries")
    def list_deliveries(
        *,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, manager],
        webhook: Annotated[
            str | None, Query(max_length=64, description="Only to this one.")
        ] = None,
        state: Annotated[DeliveryState | None, Query(description="Only those.")] = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
    ) -> DeliveryPage:
        """What was sent, is sent and could not be sent; kept for thirty days."""
        office.own(actor, organisation_id)
        with office.database.read() as session:
            found = deliveries.list_deliveries(
                session,
                organisation_id,
                endpoint_id=webhook,
                state=state,
                cursor=cursor,
                limit=limit,
            )
        items = list(map(DeliveryOut.of, found.items))
        return DeliveryPage(items=items, next_cursor=found.next_cursor)

    @router.get("/deliveries/{delivery_id}")
    def read_delivery(
        organisation_id: OrganisationId, delivery_id: DeliveryId, actor: Annotated[Actor, manager]
    ) -> DeliveryOut:
        """One delivery."""
        office.own(actor, organisation_id)
        with office.database.read() as session:
            return DeliveryOut.of(deliveries.get_delivery(session, organisation_id, delivery_id))

    @router.post("/deliveries/{delivery_id}:replay", status_code=202)
    def replay_delivery(
        organisation_id: OrganisationId, delivery_id: DeliveryId, actor: Annotated[Actor, manager]
    ) -> DeliveryOut:
        """Send a delivery once more, whatever became of it, under the same `webhook-id`."""
        office.own(actor, organisation_id)
        with office.database.write() as session:
            again = deliveries.replay(
                session, organisation_id, delivery_id, at=office.now(), who=actor.who
            )
        return DeliveryOut.of(again)
