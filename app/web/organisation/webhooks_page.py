"""Where an organisation is told of events: the list of its webhooks, and the form that adds one."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.problems import DomainError
from app.web.organisation import webhook_page
from app.web.organisation.tabs import shown
from app.web.organisation.webhook_page import Counter, Events, Field, Trouble
from app.web.room import MAX_FORM_BYTES, Room
from app.webhooks import deliveries, rules, service
from app.webhooks.api import SCOPE
from app.webhooks.model import NewEndpoint
from app.webhooks.service import Desk


def build_router(room: Room, desk: Desk) -> APIRouter:
    """``desk`` is what entering a webhook needs of this node."""
    router = APIRouter(include_in_schema=False, prefix="/organisations/{organisation_id}/webhooks")
    manager = Depends(room.guard.member(SCOPE))
    counter = Counter(room, desk)
    _listing(router, manager, counter)
    webhook_page.add_routes(router, manager, counter)
    return router


def _listing(router: APIRouter, manager: Any, counter: Counter) -> None:
    @router.api_route("", methods=["GET", "HEAD"])
    def list_webhooks(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, manager],
        done: Annotated[str, Query(max_length=20)] = "",
    ) -> Response:
        return _page(request, counter, actor, done=done)

    @router.post("", max_body_size=MAX_FORM_BYTES)
    def add_webhook(
        *,
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, manager],
        url: Field = "",
        description: Field = "",
        events: Events = None,
    ) -> Response:
        new = NewEndpoint(url.strip(), tuple(events or ()), description.strip())
        room, desk = counter.room, counter.desk
        try:
            with room.database.write() as session:
                made = service.add_endpoint(
                    session, organisation_id, new, desk=desk, at=room.now(), who=actor.who
                )
        except DomainError as error:
            given = {"url": url, "description": description, "events": events or []}
            return _page(request, counter, actor, trouble=Trouble(error, given))
        return counter.one(request, actor, made.id, secret=desk.key.secret(made.id, 1))


def _page(
    request: Request,
    counter: Counter,
    actor: Actor,
    *,
    done: str = "",
    trouble: Trouble | None = None,
) -> Response:
    with counter.room.database.read() as session:
        frame = shown(session, actor, "webhooks")
        found = service.list_endpoints(session, actor.organisation_id)
        counts = deliveries.count_deliveries(session, found)
    empty = {"url": "", "description": "", "events": []}
    values = {
        "webhooks": found,
        "counts": counts,
        "full": len(found) >= rules.MOST_ENDPOINTS,
        "most": rules.MOST_ENDPOINTS,
        **counter.common(frame, done, trouble, empty),
    }
    return counter.page(request, "organisation_webhooks.html", values, trouble)
