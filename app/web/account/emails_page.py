"""The e-mail addresses of an account: added by a link that is mailed to them, one of them primary.

Each change wants a sign-in of just now and is told to the primary address as it was before: whoever
moves in by a browser left open can neither bring his own address nor stop the news of it.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.background import BackgroundTasks
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.identity.people import addresses, rules
from app.identity.signin import links
from app.identity.signin.freshness import need_fresh
from app.identity.signin.links import LinkEnded, MailLink
from app.platform.problems import DomainError
from app.web.account import mails
from app.web.account.overview_page import overview
from app.web.room import MAX_FORM_BYTES, Room

Field = Annotated[str, Form(max_length=1000)]
Secret = Annotated[str, Path(max_length=100)]
BY_ONE_PERSON = "10/hour"
TO_ONE_ADDRESS = "5 per 15 minutes"


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    router.include_router(_adding(room))
    router.include_router(_changing(room))
    return router


def _adding(room: Room) -> APIRouter:
    router = APIRouter()
    Person = Annotated[Visitor, Depends(room.guard.person)]  # noqa: N806 - a type of this room
    _ = room.site.translations.gettext

    @router.post("/account/emails", max_body_size=MAX_FORM_BYTES)
    def ask(request: Request, visitor: Person, email: Field = "") -> Response:
        at = room.now()
        need_fresh(visitor, at=at)
        with room.database.write() as session:
            try:
                address = rules.email(email)
                addresses.room_for_more(session, visitor.person_id)
                room.limits.take("address by", visitor.person_id, rate=BY_ONE_PERSON)
                room.limits.take("sign-in to", address, rate=TO_ONE_ADDRESS)
            except DomainError as error:
                given = {"email": email}
                return overview(request, room, session, visitor, at=at, trouble=error, given=given)
            secret = links.ask(
                session, address, then="/account", at=at, person_id=visitor.person_id
            )
        answer = RedirectResponse("/account#emails", 303)
        answer.background = mails.later(room, mails.add_address(room, request, address, secret))
        return answer

    @router.api_route("/account/emails/link/{secret}", methods=["GET", "HEAD"])
    def opened(request: Request, visitor: Person, secret: Secret) -> Response:
        with room.database.read() as session:
            link = _own(links.look(session, secret, adds=True, at=room.now()), visitor)
        return room.page(request, "account_email_link.html", {"link": link})

    @router.post("/account/emails/link/{secret}", max_body_size=MAX_FORM_BYTES)
    def pressed(request: Request, visitor: Person, secret: Secret) -> Response:
        at = room.now()
        with room.database.write() as session:
            link = _own(links.look(session, secret, adds=True, at=at), visitor)
            links.use(session, secret, adds=True, at=at)
            said = _("An e-mail address was added to it; with it one can sign in.")
            told = _tell(request, room, session, visitor, said)
            addresses.add(session, visitor.person_id, link.email, at=at)
        return _back(told)

    return router


def _changing(room: Room) -> APIRouter:
    router = APIRouter()
    Person = Annotated[Visitor, Depends(room.guard.person)]  # noqa: N806 - a type of this room
    _ = room.site.translations.gettext

    @router.post("/account/emails/primary", max_body_size=MAX_FORM_BYTES)
    def make_primary(request: Request, visitor: Person, email: Field = "") -> Response:
        at = room.now()
        need_fresh(visitor, at=at)
        with room.database.write() as session:
            said = _("Its mail goes to another of its addresses from now on.")
            told = _tell(request, room, session, visitor, said)
            addresses.make_primary(session, visitor.person_id, email, at=at)
        return _back(told)

    @router.post("/account/emails/remove", max_body_size=MAX_FORM_BYTES)
    def remove(request: Request, visitor: Person, email: Field = "") -> Response:
        at = room.now()
        need_fresh(visitor, at=at)
        with room.database.write() as session:
            said = _("An e-mail address was removed from it.")
            told = _tell(request, room, session, visitor, said)
            try:
                addresses.remove(session, visitor.person_id, email, at=at)
            except DomainError as error:
                return overview(request, room, session, visitor, at=at, trouble=error)
        return _back(told)

    return router


def _tell(
    request: Request, room: Room, session: Session, visitor: Visitor, said: str
) -> BackgroundTasks:
    return mails.tell(room, session, request, visitor.person_id, said, at=room.now())


def _own(link: MailLink, visitor: Visitor) -> MailLink:
    """Somebody else's link adds nothing here: an account must not take in what others mailed it."""
    if link.person_id != visitor.person_id:
        raise LinkEnded
    return link


def _back(told: BackgroundTasks) -> Response:
    return RedirectResponse("/account#emails", 303, background=told)
