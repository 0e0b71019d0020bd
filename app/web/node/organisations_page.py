"""The organisations of this node: listed, added and renamed by its operator.

An organisation that was just added has no members; its first owner is invited at the same time, so
that it does not stand there without anybody who may do anything.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Form, Query
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, StringConstraints
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity import organisations
from app.identity.access import OrganisationId
from app.identity.model import Actor, Kind, Role
from app.identity.people import invitations, letters
from app.platform.mail import Message, deliver
from app.platform.problems import DomainError
from app.records import enrolment
from app.records.enrolment import NewOrganisation, Office
from app.web.organisation.fresh import need_fresh_for
from app.web.room import MAX_FORM_BYTES, Room

ADDRESS = "/node/organisations"
PAGE = 100
Field = Annotated[str, Form(max_length=2000)]
Cursor = Annotated[str | None, Query(max_length=200)]
_DONE = {"added", "renamed", "invited"}
Text = Annotated[str, StringConstraints(max_length=2000)]


class OrganisationForm(BaseModel):
    """The form as it was sent; what it says is checked where an organisation is added."""

    id: Text = ""
    kind: Text = Kind.SOCIETY
    name: Text = ""
    language: Text = "en"
    country: Text = ""
    url: Text = ""
    issues: Text = ""
    owner: Text = ""

    def wanted(self) -> NewOrganisation:
        """What is asked for."""
        return NewOrganisation(
            id=self.id.strip(),
            kind=self.kind,
            name=self.name,
            language=self.language.strip(),
            country=self.country.strip(),
            url=self.url.strip(),
            issues=bool(self.issues),
        )


_EMPTY = OrganisationForm()


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What was wrong, and at which form."""

    error: DomainError
    place: str


def build_router(room: Room, office: Office) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    operator = Depends(room.guard.operator)
    _adding(router, operator, room, office)
    _changing(router, operator, room, office)
    return router


def _adding(router: APIRouter, operator: Any, room: Room, office: Office) -> None:
    @router.api_route(ADDRESS, methods=["GET", "HEAD"])
    def list_organisations(
        request: Request,
        actor: Annotated[Actor, operator],
        cursor: Cursor = None,
        done: Annotated[str, Query(max_length=20)] = "",
    ) -> Response:
        return _page(request, room, office, cursor=cursor, done=done)

    @router.post(ADDRESS, max_body_size=MAX_FORM_BYTES)
    def add(
        request: Request,
        new: Annotated[OrganisationForm, Form()],
        tasks: BackgroundTasks,
        actor: Annotated[Actor, operator],
    ) -> Response:
        at = room.now()
        need_fresh_for([Role.OWNER] if new.owner.strip() else [], request, room)
        letter: Message | None = None
        try:
            with room.database.write() as session:
                made = office.add(session, new.wanted(), at=at, who=actor.who)
                if new.owner.strip():
                    letter = _owner(session, room, made.id, new.owner, at=at, who=actor.who)
        except DomainError as error:
            trouble = _Trouble(error, "add")
            return _page(request, room, office, trouble=trouble, given=new)
        if letter:
            tasks.add_task(deliver, room.mailer, letter)
        return RedirectResponse(f"{ADDRESS}?done=added", 303)


def _changing(router: APIRouter, operator: Any, room: Room, office: Office) -> None:
    @router.post(ADDRESS + "/{organisation_id}/name", max_body_size=MAX_FORM_BYTES)
    def rename(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, operator],
        name: Field = "",
    ) -> Response:
        try:
            with room.database.write() as session:
                enrolment.rename(session, organisation_id, name, at=room.now(), who=actor.who)
        except DomainError as error:
            return _page(request, room, office, trouble=_Trouble(error, organisation_id))
        return RedirectResponse(f"{ADDRESS}?done=renamed", 303)

    @router.post(ADDRESS + "/{organisation_id}/owner", max_body_size=MAX_FORM_BYTES)
    def invite_owner(
        *,
        request: Request,
        organisation_id: OrganisationId,
        tasks: BackgroundTasks,
        actor: Annotated[Actor, operator],
        email: Field = "",
    ) -> Response:
        need_fresh_for([Role.OWNER], request, room)
        try:
            with room.database.write() as session:
                letter = _owner(session, room, organisation_id, email, at=room.now(), who=actor.who)
        except DomainError as error:
            return _page(request, room, office, trouble=_Trouble(error, organisation_id))
        tasks.add_task(deliver, room.mailer, letter)
        return RedirectResponse(f"{ADDRESS}?done=invited", 303)


def _owner(
    session: Session, room: Room, organisation_id: str, email: str, *, at: datetime, who: str
) -> Message:
    """Invite the first owner; gives the mail that is to be sent after the answer."""
    made = invitations.invite_owner(session, organisation_id, email, at=at, who=who)
    post = letters.Post(room.mailer, room.limits, room.public_url, room.site.node_name)
    return post.invitation(session, made)


def _page(
    request: Request,
    room: Room,
    office: Office,
    *,
    cursor: str | None = None,
    done: str = "",
    trouble: _Trouble | None = None,
    given: OrganisationForm = _EMPTY,
) -> Response:
    with room.database.read() as session:
        found = organisations.list_organisations(session, kind=None, cursor=cursor, limit=PAGE)
        counts = organisations.member_counts(session, found.items)
    fields = trouble.error.fields if trouble else ()
    values: dict[str, Any] = {
        "organisations": found.items,
        "counts": counts,
        "next_cursor": found.next_cursor,
        "kinds": [Kind.SOCIETY, Kind.REGISTRY],
        "can_sign": office.can_sign,
        "given": given,
        "done": done if done in _DONE else "",
        "trouble": trouble.error if trouble else None,
        "place": trouble.place if trouble else "",
        "wrong": {_field(each.pointer): each.detail for each in fields},
        "longest_name": organisations.LONGEST_NAME,
    }
    status = trouble.error.status if trouble else 200
    return room.page(request, "node_organisations.html", values, status=status)


def _field(pointer: str) -> str:
    """The form's field that a domain's word is about."""
    name = pointer.strip("/")
    return {"names": "name", "email": "owner"}.get(name, name)
