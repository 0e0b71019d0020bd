"""One webhook of an organisation: its state, what was sent to it, and every form about it.

A secret is shown in the answer to the form that began it, and nowhere else: no address of a page
leads to it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.problems import DomainError, FieldProblem, Invalid
from app.web.organisation.tabs import shown
from app.web.room import MAX_FORM_BYTES, Room
from app.webhooks import deliveries, rules, service
from app.webhooks.model import Changes, DeliveryState, Endpoint
from app.webhooks.service import Desk

ON_A_PAGE = 25
Field = Annotated[str, Form(max_length=4000)]
Events = Annotated[list[str] | None, Form(max_length=50)]
EndpointId = Annotated[str, Path(max_length=64)]
_DONE = {"changed", "enabled", "disabled", "tested", "again", "replayed", "deleted"}
_Change = Callable[[Session], Any]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was wrong, and what was written in the form."""

    error: DomainError
    given: Mapping[str, Any]


def add_routes(router: APIRouter, manager: Any, counter: "Counter") -> None:
    """The routes below one webhook's address."""
    _one(router, manager, counter)
    _changing(router, manager, counter)
    _sending(router, manager, counter)


def _one(router: APIRouter, manager: Any, counter: "Counter") -> None:
    @router.api_route("/{endpoint_id}", methods=["GET", "HEAD"])
    def show_webhook(
        *,
        request: Request,
        organisation_id: OrganisationId,
        endpoint_id: EndpointId,
        actor: Annotated[Actor, manager],
        done: Annotated[str, Query(max_length=20)] = "",
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        state: Annotated[DeliveryState | None, Query()] = None,
    ) -> Response:
        return counter.one(request, actor, endpoint_id, done=done, cursor=cursor, state=state)

    @router.post("/{endpoint_id}/rotate", max_body_size=MAX_FORM_BYTES)
    def rotate_secret(
        request: Request,
        organisation_id: OrganisationId,
        endpoint_id: EndpointId,
        actor: Annotated[Actor, manager],
    ) -> Response:
        room = counter.room
        with room.database.write() as session:
            changed = service.rotate_secret(
                session, organisation_id, endpoint_id, at=room.now(), who=actor.who
            )
        secret = counter.desk.key.secret(changed.id, changed.generation)
        return counter.one(request, actor, endpoint_id, secret=secret)


def _changing(router: APIRouter, manager: Any, counter: "Counter") -> None:
    room, desk = counter.room, counter.desk

    @router.post("/{endpoint_id}/change", max_body_size=MAX_FORM_BYTES)
    def change_webhook(
        *,
        request: Request,
        organisation_id: OrganisationId,
        endpoint_id: EndpointId,
        actor: Annotated[Actor, manager],
        url: Field = "",
        description: Field = "",
        events: Events = None,
        seen: Field = "*",
    ) -> Response:
        changes = Changes(url.strip(), tuple(events or ()), description.strip())
        given = {"url": url, "description": description, "events": events or []}

        def change(session: Session) -> None:
            service.change_endpoint(
                session, organisation_id, endpoint_id, changes, desk=desk, at=room.now(),
                who=actor.who, seen=seen,
            )  # fmt: skip

        return counter.do(request, actor, endpoint_id, change, done="changed", given=given)

    @router.post("/{endpoint_id}/enabled", max_body_size=MAX_FORM_BYTES)
    def switch_webhook(
        request: Request,
        organisation_id: OrganisationId,
        endpoint_id: EndpointId,
        actor: Annotated[Actor, manager],
        wanted: Field = "",
    ) -> Response:
        changes = Changes(enabled=wanted == "yes")

        def change(session: Session) -> None:
            service.change_endpoint(
                session, organisation_id, endpoint_id, changes, desk=desk, at=room.now(),
                who=actor.who,
            )  # fmt: skip

        done = "enabled" if changes.enabled else "disabled"
        return counter.do(request, actor, endpoint_id, change, done=done)

    @router.post("/{endpoint_id}/delete", max_body_size=MAX_FORM_BYTES)
    def delete_webhook(
        organisation_id: OrganisationId, endpoint_id: EndpointId, actor: Annotated[Actor, manager]
    ) -> Response:
        with room.database.write() as session:
            service.delete_endpoint(
                session, organisation_id, endpoint_id, at=room.now(), who=actor.who
            )
        return RedirectResponse(f"/organisations/{organisation_id}/webhooks?done=deleted", 303)


def _sending(router: APIRouter, manager: Any, counter: "Counter") -> None:
    room = counter.room

    @router.post("/{endpoint_id}/test", max_body_size=MAX_FORM_BYTES)
    def send_test(
        request: Request,
        organisation_id: OrganisationId,
        endpoint_id: EndpointId,
        actor: Annotated[Actor, manager],
    ) -> Response:
        def send(session: Session) -> None:
            room.limits.take(deliveries.TEST_LIMIT, organisation_id, rate=deliveries.TEST_RATE)
            deliveries.send_test(
                session, organisation_id, endpoint_id, at=room.now(), who=actor.who
            )

        return counter.do(request, actor, endpoint_id, send, done="tested")

    @router.post("/{endpoint_id}/replay", max_body_size=MAX_FORM_BYTES)
    def replay_failed(
        request: Request,
        organisation_id: OrganisationId,
        endpoint_id: EndpointId,
        actor: Annotated[Actor, manager],
        since: Field = "",
    ) -> Response:
        def replay(session: Session) -> None:
            deliveries.replay_failed(
                session, organisation_id, endpoint_id, since=_moment(since), at=room.now(),
                who=actor.who,
            )  # fmt: skip

        given = {"since": since}
        return counter.do(request, actor, endpoint_id, replay, done="replayed", given=given)

    @router.post("/{endpoint_id}/deliveries/{delivery_id}/replay", max_body_size=MAX_FORM_BYTES)
    def replay_one(
        request: Request,
        organisation_id: OrganisationId,
        endpoint_id: EndpointId,
        delivery_id: EndpointId,
        actor: Annotated[Actor, manager],
    ) -> Response:
        def replay(session: Session) -> None:
            deliveries.replay(session, organisation_id, delivery_id, at=room.now(), who=actor.who)

        return counter.do(request, actor, endpoint_id, replay, done="again")


def _moment(text: str) -> datetime:
    """What ``<input type="datetime-local">`` sends, taken for UTC. Raises ``Invalid``."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        mend = "Give day and time, such as 2026-11-23 09:30."
        raise Invalid(mend, fields=[FieldProblem("/since", "time-form", mend)]) from error


@dataclass(frozen=True, slots=True)
class Counter:
    """Shows the pages, also with what was wrong in a form on them."""

    room: Room
    desk: Desk

    def do(
        self,
        request: Request,
        actor: Actor,
        endpoint_id: str,
        change: _Change,
        *,
        done: str,
        given: Mapping[str, Any] | None = None,
    ) -> Response:
        """Change something about one webhook, and back to it."""
        try:
            with self.room.database.write() as session:
                change(session)
        except DomainError as error:
            return self.one(request, actor, endpoint_id, trouble=Trouble(error, given or {}))
        path = f"/organisations/{actor.organisation_id}/webhooks/{endpoint_id}"
        return RedirectResponse(f"{path}?done={done}", 303)

    def one(
        self,
        request: Request,
        actor: Actor,
        endpoint_id: str,
        *,
        done: str = "",
        cursor: str | None = None,
        state: DeliveryState | None = None,
        secret: str = "",
        trouble: Trouble | None = None,
    ) -> Response:
        at, own = self.room.now(), actor.organisation_id
        with self.room.database.read() as session:
            frame = shown(session, actor, "webhooks")
            webhook = service.get_endpoint(session, own, endpoint_id)
            sent = deliveries.list_deliveries(
                session, own, endpoint_id=endpoint_id, state=state, cursor=cursor, limit=ON_A_PAGE
            )
            counts = deliveries.count_deliveries(session, [webhook]).get(webhook.id, {})
        values = {
            "webhook": webhook,
            "tag": service.tag(webhook),
            "secret": secret,
            "overlap": webhook.old_until is not None and webhook.old_until > at,
            "deliveries": sent.items,
            "next_cursor": sent.next_cursor,
            "state": state or "",
            "states": list(DeliveryState),
            "counts": counts,
            "address": f"/organisations/{own}/webhooks/{webhook.id}",
            **self.common(frame, done, trouble, _as_it_is(webhook, at=at)),
        }
        return self.page(request, "organisation_webhook.html", values, trouble)

    def common(
        self,
        frame: Mapping[str, Any],
        done: str,
        trouble: Trouble | None,
        given: Mapping[str, Any],
    ) -> dict[str, Any]:
        """What both pages show; ``given`` stands in the forms unless something else was sent."""
        fields = trouble.error.fields if trouble else ()
        return {
            **frame,
            "events": rules.audible(frame["organisation"].kind),
            "given": {**given, **(trouble.given if trouble else {})},
            "done": done if done in _DONE else "",
            "trouble": trouble.error if trouble else None,
            "wrong": {each.pointer.strip("/"): each.detail for each in fields},
            "longest_url": rules.LONGEST_URL,
            "longest_description": rules.LONGEST_DESCRIPTION,
        }

    def page(
        self, request: Request, template: str, values: Mapping[str, Any], trouble: Trouble | None
    ) -> Response:
        status = trouble.error.status if trouble else 200
        return self.room.page(request, template, values, status=status)


def _as_it_is(webhook: Endpoint, *, at: datetime) -> dict[str, Any]:
    """What stands in the forms when nothing was wrong in them."""
    since = webhook.failing_since or at - timedelta(days=1)
    return {
        "url": webhook.url,
        "description": webhook.description,
        "events": webhook.events,
        "since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M"),
    }
