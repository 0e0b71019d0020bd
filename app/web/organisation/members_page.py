"""An organisation's members and invitations, for who manages it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Form, Query
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.identity.people import invitations, letters, members, rules
from app.identity.people.managing import SCOPE
from app.identity.people.model import Member, NewInvitation
from app.platform.problems import DomainError
from app.web.organisation.fresh import need_fresh_for
from app.web.organisation.roles import Choice, choices
from app.web.organisation.tabs import shown
from app.web.room import MAX_FORM_BYTES, Room

PAGE = 100
Field = Annotated[str, Form(max_length=4000)]
Roles = Annotated[list[str] | None, Form(max_length=20)]
Cursor = Annotated[str | None, Query(max_length=200)]
_DONE = {"invited", "sent", "withdrawn", "changed", "removed"}


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What was wrong, at which form, and what was written there."""

    error: DomainError
    place: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """One member in the list."""

    member: Member
    tag: str
    choices: Sequence[Choice]


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False, prefix="/organisations/{organisation_id}")
    manager = Depends(room.guard.member(SCOPE))
    post = letters.Post(room.mailer, room.limits, room.public_url, room.site.node_name)
    _members(router, manager, room)
    _invitations(router, manager, room, post)
    return router


def _members(router: APIRouter, manager: Any, room: Room) -> None:
    @router.api_route("/members", methods=["GET", "HEAD"])
    def list_members(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, manager],
        cursor: Cursor = None,
        done: Annotated[str, Query(max_length=20)] = "",
    ) -> Response:
        return _page(request, room, actor, cursor=cursor, done=done)

    @router.post("/members/{person_id}/roles", max_body_size=MAX_FORM_BYTES)
    def change_roles(
        *,
        request: Request,
        organisation_id: OrganisationId,
        person_id: str,
        actor: Annotated[Actor, manager],
        roles: Roles = None,
        seen: Field = "*",
    ) -> Response:
        need_fresh_for(roles or (), request, room)
        try:
            with room.database.write() as session:
                members.change(session, actor, person_id, roles or [], at=room.now(), seen=seen)
        except DomainError as error:
            trouble = _Trouble(error, person_id, {"roles": roles or []})
            return _page(request, room, actor, trouble=trouble)
        return _back(organisation_id, "changed")

    @router.post("/members/{person_id}/remove", max_body_size=MAX_FORM_BYTES)
    def remove(
        request: Request,
        organisation_id: OrganisationId,
        person_id: str,
        actor: Annotated[Actor, manager],
    ) -> Response:
        try:
            with room.database.write() as session:
                members.remove(session, actor, person_id, at=room.now())
        except DomainError as error:
            trouble = _Trouble(error, person_id, {})
            return _page(request, room, actor, trouble=trouble)
        if person_id == actor.person_id:
            return RedirectResponse("/account", 303)
        return _back(organisation_id, "removed")


def _invitations(router: APIRouter, manager: Any, room: Room, post: letters.Post) -> None:
    @router.post("/invitations", max_body_size=MAX_FORM_BYTES)
    def invite(
        *,
        request: Request,
        organisation_id: OrganisationId,
        tasks: BackgroundTasks,
        actor: Annotated[Actor, manager],
        email: Field = "",
        roles: Roles = None,
        note: Field = "",
    ) -> Response:
        need_fresh_for(roles or (), request, room)
        new = NewInvitation(email, tuple(roles or ()), note)
        try:
            with room.database.write() as session:
                made = invitations.invite(session, actor, new, at=room.now())
                letter = post.invitation(session, made)
        except DomainError as error:
            given = {"email": email, "roles": roles or [], "note": note}
            trouble = _Trouble(error, "invite", given)
            return _page(request, room, actor, trouble=trouble)
        tasks.add_task(post.deliver, letter)
        return _back(organisation_id, "invited")

    @router.post("/invitations/{invitation_id}/again", max_body_size=MAX_FORM_BYTES)
    def send_again(
        *,
        request: Request,
        organisation_id: OrganisationId,
        invitation_id: str,
        tasks: BackgroundTasks,
        actor: Annotated[Actor, manager],
    ) -> Response:
        try:
            with room.database.write() as session:
                made = invitations.send_again(session, actor, invitation_id, at=room.now())
                letter = post.invitation(session, made)
        except DomainError as error:
            trouble = _Trouble(error, "invitations", {})
            return _page(request, room, actor, trouble=trouble)
        tasks.add_task(post.deliver, letter)
        return _back(organisation_id, "sent")

    @router.post("/invitations/{invitation_id}/withdraw", max_body_size=MAX_FORM_BYTES)
    def withdraw(
        request: Request,
        organisation_id: OrganisationId,
        invitation_id: str,
        actor: Annotated[Actor, manager],
    ) -> Response:
        try:
            with room.database.write() as session:
                invitations.withdraw(session, actor, invitation_id, at=room.now())
        except DomainError as error:
            trouble = _Trouble(error, "invitations", {})
            return _page(request, room, actor, trouble=trouble)
        return _back(organisation_id, "withdrawn")


def _back(organisation_id: str, done: str) -> Response:
    return RedirectResponse(f"/organisations/{organisation_id}/members?done={done}", 303)


def _page(
    request: Request,
    room: Room,
    actor: Actor,
    *,
    cursor: str | None = None,
    done: str = "",
    trouble: _Trouble | None = None,
) -> Response:
    with room.database.read() as session:
        frame = shown(session, actor, "members")
        found = members.list_members(session, actor.organisation_id, cursor=cursor, limit=PAGE)
        waiting = invitations.list_pending(
            session,
            actor.organisation_id,
            at=room.now(),
            cursor=None,
            limit=invitations.MOST_PENDING,
        )
    kind = frame["organisation"].kind
    place = trouble.place if trouble else ""
    given = {"email": "", "roles": [], "note": ""} | dict(trouble.given if trouble else {})
    fields = trouble.error.fields if trouble else ()
    values: dict[str, Any] = {
        **frame,
        "members": [
            Shown(
                one,
                members.tag(one),
                choices(kind, given["roles"] if place == one.person_id else one.roles),
            )
            for one in found.items
        ],
        "next_cursor": found.next_cursor,
        "me": actor.person_id,
        "invitations": waiting.items,
        "choices": choices(kind, given["roles"] if place == "invite" else ()),
        "given": given,
        "longest_note": rules.LONGEST_NOTE,
        "done": done if done in _DONE else "",
        "trouble": trouble.error if trouble else None,
        "place": place,
        "wrong": {each.pointer.strip("/"): each.detail for each in fields},
    }
    status = trouble.error.status if trouble else 200
    return room.page(request, "organisation_members.html", values, status=status)
