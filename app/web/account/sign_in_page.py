"""Signing in: one page with every way in, and the way of the mailed link from end to end.

1. The form takes an address, and answers alike whether or not anybody has it: the link is made, the
   answer leaves, and then the mail.
2. The link opens a page with a button and uses nothing up, since the scanners of mail servers open
   links too.
3. The button uses the link up and signs in; an address that is new here becomes an account.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.people import rules, sessions, store
from app.identity.people import service as people
from app.identity.people.model import Method
from app.identity.signin import links
from app.identity.signin.challenges import relying_party
from app.identity.signin.links import LinkEnded, MailLink
from app.platform.mail import FolderMailer
from app.platform.problems import DomainError
from app.platform.requests import client_address
from app.web.account import door, mails, provider_page
from app.web.account.way_back import Then, way_back
from app.web.room import MAX_FORM_BYTES, Room

Field = Annotated[str, Form(max_length=1000)]
Secret = Annotated[str, Path(max_length=100)]
FROM_ONE_PLACE = "30/hour"
"""So many links one network address may ask for; an office shares one."""
TO_ONE_ADDRESS = "5 per 15 minutes"
"""So many links go to one mailbox; known or not known here, it counts alike."""


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(room.guard.public)])
    router.include_router(_asking(room))
    router.include_router(_opening(room))

    @router.post("/sign-out", max_body_size=MAX_FORM_BYTES)
    def sign_out(request: Request) -> Response:
        visitor, then = room.guard.visitor(request), "/"
        if visitor is not None:
            with room.database.write() as session:
                then = provider_page.after_leaving(session, room, visitor)
                sessions.end(session, visitor.person_id, visitor.session_id, at=room.now())
        return door.let_out(room, then=then)

    return router


def _asking(room: Room) -> APIRouter:
    router = APIRouter()

    @router.api_route("/sign-in", methods=["GET", "HEAD"])
    def sign_in(request: Request, then: Then = "", again: str = "") -> Response:
        visitor = room.guard.visitor(request)
        email = ""
        if visitor is not None:
            if not again:
                return RedirectResponse(way_back(then), 303, {"Cache-Control": "no-store"})
            with room.database.read() as session:
                email = next((a.email for a in store.emails(session, visitor.person_id)), "")
        return sign_in_page(request, room, then=then, again=bool(again), email=email)

    @router.post("/sign-in", max_body_size=MAX_FORM_BYTES)
    def ask(
        request: Request,
        email: Field = "",
        then: Annotated[str, Form(alias="next", max_length=1000)] = "",
        again: Field = "",
    ) -> Response:
        browser = door.give_asking(request, room)
        try:
            answer = _mail_link(request, room, email, then=way_back(then), browser=browser)
        except DomainError as error:
            return sign_in_page(
                request, room, then=then, again=bool(again), email=email, trouble=error
            )
        door.keep_asking(answer, room, browser)
        return answer

    @router.api_route("/sign-in/sent", methods=["GET", "HEAD"])
    def sent(request: Request) -> Response:
        browser, link = door.asking(request, room), None
        if browser is not None:
            with room.database.read() as session:
                link = links.last_asked(session, browser, at=room.now())
        if link is None:
            return RedirectResponse("/sign-in", 303, {"Cache-Control": "no-store"})
        kept = isinstance(room.mailer, FolderMailer)
        return room.page(request, "sign_in_sent.html", {"link": link, "mail_is_kept": kept})

    return router


def _mail_link(request: Request, room: Room, email: str, *, then: str, browser: str) -> Response:
    """Step 1. Nothing here depends on whether somebody has the address."""
    address = rules.email(email)
    room.limits.take("sign-in from", client_address(request), rate=FROM_ONE_PLACE)
    room.limits.take("sign-in to", address, rate=TO_ONE_ADDRESS)
    with room.database.write() as session:
        secret = links.ask(session, address, then=then, browser=browser, at=room.now())
    answer = RedirectResponse("/sign-in/sent", 303, {"Cache-Control": "no-store"})
    answer.background = mails.later(room, mails.sign_in(room, request, address, secret))
    return answer


def _opening(room: Room) -> APIRouter:
    router = APIRouter()

    @router.api_route("/sign-in/link/{secret}", methods=["GET", "HEAD"])
    def opened(request: Request, secret: Secret) -> Response:
        try:
            with room.database.read() as session:
                link = links.look(session, secret, at=room.now())
        except LinkEnded as error:
            return _ended(request, room, error)
        here = link.asked_in(door.asking(request, room))
        return room.page(request, "sign_in_link.html", {"link": link, "here": here})

    @router.post("/sign-in/link/{secret}", max_body_size=MAX_FORM_BYTES)
    def pressed(request: Request, secret: Secret) -> Response:
        at = room.now()
        try:
            with room.database.write() as session:
                link = links.use(session, secret, at=at)
                return _let_in(request, room, session, link, at=at)
        except LinkEnded as error:
            return _ended(request, room, error)

    return router


def _let_in(
    request: Request, room: Room, session: Session, link: MailLink, *, at: datetime
) -> Response:
    """Step 3."""
    person = people.person_of_email(session, link.email, at=at)
    return door.let_in(
        request, room, session, person, method=Method.EMAIL_LINK, then=link.then, at=at
    )


def _ended(request: Request, room: Room, error: LinkEnded) -> Response:
    """A link that is used up; who pressed its button twice is in already."""
    if request.method == "POST" and room.guard.visitor(request) is not None:
        return RedirectResponse(way_back(""), 303, {"Cache-Control": "no-store"})
    return sign_in_page(request, room, then="", trouble=error)


def sign_in_page(
    request: Request,
    room: Room,
    *,
    then: str,
    again: bool = False,
    email: str = "",
    trouble: DomainError | None = None,
) -> Response:
    """The page with every way in, also with what went wrong in one of them."""
    wrong = {each.pointer.strip("/"): each.detail for each in trouble.fields} if trouble else {}
    values = {
        "then": way_back(then, otherwise=""),
        "again": again,
        "email": email[:254],
        "trouble": trouble,
        "wrong": wrong,
        "providers": room.providers.listed,
        "passkeys": relying_party(room.public_url, name=room.site.node_name) is not None,
    }
    status = trouble.status if trouble else 200
    return room.page(request, "sign_in.html", values, status=status)
