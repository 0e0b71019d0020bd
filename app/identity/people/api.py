"""An organisation's members and invitations over HTTP, for its own programs.

What a program may give it must have: a client whose scopes are fewer than an owner's makes nobody
an owner. A client of a sandbox manages no people: these are the organisation's own.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Query, Response
from pydantic import Field

from app.identity import rules
from app.identity.access import Forbidden, Guard, OrganisationId
from app.identity.model import Actor
from app.identity.people import invitations, letters, members
from app.identity.people.managing import SCOPE
from app.identity.people.model import NewInvitation
from app.identity.people.wire import (
    InvitationIn,
    InvitationOut,
    InvitationPage,
    MemberOut,
    MemberPage,
    OrganisationOut,
    RolesIn,
)
from app.identity.service import get_organisation
from app.platform import clock
from app.platform.conditions import CHANGED_SINCE
from app.platform.db import Database
from app.platform.limits import RateLimits
from app.platform.mail import Mailer

PAGE, MOST = 50, 200
IfMatch = Annotated[
    str | None, Header(description="Do it only if the entity tag is still this one.")
]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of a page.")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
MemberId = Annotated[str, Field(max_length=64)]


def build_router(
    *,
    database: Database,
    guard: Guard,
    mailer: Mailer,
    limits: RateLimits,
    public_url: str,
    node_name: str,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """The routes below one organisation."""
    router = APIRouter(
        prefix="/api/v1/organisations/{organisation_id}",
        tags=["organisations"],
    )
    actor = Depends(guard.scope(SCOPE))
    post = letters.Post(mailer, limits, public_url, node_name)
    _reading(router, actor, database)
    _changing(router, actor, database, now)
    _inviting(router, actor, database, post, now)
    _waiting(router, actor, database, now)
    return router


def _reading(router: APIRouter, dependency: Any, database: Database) -> None:
    @router.get("")
    def read_organisation(
        organisation_id: OrganisationId, actor: Annotated[Actor, dependency]
    ) -> OrganisationOut:
        """What the organisation is to this node."""
        _own(actor, organisation_id)
        with database.read() as session:
            return OrganisationOut.of(get_organisation(session, organisation_id))

    @router.get("/members")
    def list_members(
        organisation_id: OrganisationId,
        actor: Annotated[Actor, dependency],
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> MemberPage:
        """The members and their roles."""
        _own(actor, organisation_id)
        with database.read() as session:
            found = members.list_members(session, organisation_id, cursor=cursor, limit=limit)
        return MemberPage(items=list(map(MemberOut.of, found.items)), next_cursor=found.next_cursor)

    @router.get("/members/{person_id}")
    def read_member(
        organisation_id: OrganisationId,
        person_id: MemberId,
        response: Response,
        actor: Annotated[Actor, dependency],
    ) -> MemberOut:
        """One member; the answer's ETag is what `If-Match` wants."""
        _own(actor, organisation_id)
        with database.read() as session:
            found = members.get_member(session, organisation_id, person_id)
        response.headers["ETag"] = members.tag(found)
        return MemberOut.of(found)


def _changing(
    router: APIRouter, dependency: Any, database: Database, now: Callable[[], datetime]
) -> None:
    @router.put("/members/{person_id}", responses=CHANGED_SINCE)
    def set_roles(
        *,
        organisation_id: OrganisationId,
        person_id: MemberId,
        wanted: RolesIn,
        response: Response,
        actor: Annotated[Actor, dependency],
        if_match: IfMatch = None,
    ) -> MemberOut:
        """Give a member these roles and no others; the last owner stays one."""
        _own(actor, organisation_id)
        with database.write() as session:
            found = members.change(session, actor, person_id, wanted.roles, at=now(), seen=if_match)
        response.headers["ETag"] = members.tag(found)
        return MemberOut.of(found)

    @router.delete("/members/{person_id}", status_code=204, responses=CHANGED_SINCE)
    def remove_member(
        organisation_id: OrganisationId,
        person_id: MemberId,
        actor: Annotated[Actor, dependency],
        if_match: IfMatch = None,
    ) -> None:
        """End a membership, and with it the invitations that the person made."""
        _own(actor, organisation_id)
        with database.write() as session:
            members.remove(session, actor, person_id, at=now(), seen=if_match)


def _inviting(
    router: APIRouter,
    dependency: Any,
    database: Database,
    post: letters.Post,
    now: Callable[[], datetime],
) -> None:
    @router.post("/invitations", status_code=201)
    def invite(
        organisation_id: OrganisationId,
        wanted: InvitationIn,
        tasks: BackgroundTasks,
        actor: Annotated[Actor, dependency],
    ) -> InvitationOut:
        """Invite somebody by e-mail. An address that is invited already is a conflict."""
        _own(actor, organisation_id)
        new = NewInvitation(wanted.email, tuple(wanted.roles), wanted.note)
        with database.write() as session:
            made = invitations.invite(session, actor, new, at=now())
            letter = post.invitation(session, made)
        tasks.add_task(post.deliver, letter)
        return InvitationOut.of(made)

    @router.post("/invitations/{invitation_id}/send")
    def send_invitation_again(
        organisation_id: OrganisationId,
        invitation_id: MemberId,
        tasks: BackgroundTasks,
        actor: Annotated[Actor, dependency],
    ) -> InvitationOut:
        """Mail it again, with a new address and its full time; the mail before opens nothing."""
        _own(actor, organisation_id)
        with database.write() as session:
            made = invitations.send_again(session, actor, invitation_id, at=now())
            letter = post.invitation(session, made)
        tasks.add_task(post.deliver, letter)
        return InvitationOut.of(made)

    @router.delete("/invitations/{invitation_id}", status_code=204)
    def withdraw_invitation(
        organisation_id: OrganisationId,
        invitation_id: MemberId,
        actor: Annotated[Actor, dependency],
    ) -> None:
        """End an invitation that nobody accepted yet."""
        _own(actor, organisation_id)
        with database.write() as session:
            invitations.withdraw(session, actor, invitation_id, at=now())


def _waiting(
    router: APIRouter, dependency: Any, database: Database, now: Callable[[], datetime]
) -> None:
    @router.get("/invitations")
    def list_invitations(
        organisation_id: OrganisationId,
        actor: Annotated[Actor, dependency],
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> InvitationPage:
        """The invitations that wait for an answer."""
        _own(actor, organisation_id)
        with database.read() as session:
            found = invitations.list_pending(
                session, organisation_id, at=now(), cursor=cursor, limit=limit
            )
        items = list(map(InvitationOut.of, found.items))
        return InvitationPage(items=items, next_cursor=found.next_cursor)

    @router.get("/invitations/{invitation_id}")
    def read_invitation(
        organisation_id: OrganisationId,
        invitation_id: MemberId,
        actor: Annotated[Actor, dependency],
    ) -> InvitationOut:
        """One that waits for an answer."""
        _own(actor, organisation_id)
        with database.read() as session:
            found = invitations.get_pending(session, organisation_id, invitation_id, at=now())
        return InvitationOut.of(found)


def _own(actor: Actor, organisation_id: str) -> None:
    if not rules.may(actor, SCOPE, organisation_id):
        raise Forbidden("An organisation's people are its own to manage.")
    if actor.sandbox:
        raise Forbidden("A client of a sandbox manages no people.")
