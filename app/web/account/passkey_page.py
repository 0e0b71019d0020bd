"""Adding a passkey, and signing in with one.

Two steps each, since the browser's part between them is a script's: a question is fetched, and the
answer comes as a form like any other, so what follows is an ordinary page.
"""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.identity.people import service as people
from app.identity.people.model import Method
from app.identity.signin import challenges, passkeys
from app.identity.signin.challenges import PasskeyRefused, Question, RelyingParty, relying_party
from app.identity.signin.freshness import need_fresh
from app.platform.problems import DomainError
from app.platform.requests import client_address
from app.web.account import door, mails
from app.web.account.security_page import PATH, security_page
from app.web.account.sign_in_page import sign_in_page
from app.web.room import MAX_FORM_BYTES, Room

Field = Annotated[str, Form(max_length=1000)]
Answer = Annotated[str, Form(max_length=20_000)]
MAX_ANSWER_BYTES = 64 * 1024
FROM_ONE_PLACE = "120/hour"


def build_router(room: Room) -> APIRouter:
    """No routes where browsers know no passkeys: at an address without a name, or without TLS."""
    router = APIRouter(include_in_schema=False)
    party = relying_party(room.public_url, name=room.site.node_name)
    if party is not None:
        router.include_router(_signing_in(room, party))
        router.include_router(_adding(room, party))
    router.include_router(_removing(room))
    return router


def _signing_in(room: Room, party: RelyingParty) -> APIRouter:
    router = APIRouter(dependencies=[Depends(room.guard.public)])

    @router.post("/sign-in/passkey/question", max_body_size=MAX_FORM_BYTES)
    def question(request: Request) -> Response:
        room.limits.take("passkey from", client_address(request), rate=FROM_ONE_PLACE)
        browser = door.give_asking(request, room)
        with room.database.write() as session:
            asked = challenges.ask_who(session, party, browser=browser, at=room.now())
        answer = _said(asked)
        door.keep_asking(answer, room, browser)
        return answer

    @router.post("/sign-in/passkey", max_body_size=MAX_ANSWER_BYTES)
    def sign_in(
        request: Request,
        question: Field = "",
        answer: Answer = "",
        then: Annotated[str, Form(alias="next", max_length=1000)] = "",
    ) -> Response:
        at, browser = room.now(), door.asking(request, room) or ""
        try:
            with room.database.write() as session:
                taken = challenges.take_challenge(session, question, browser=browser, at=at)
            with room.database.write() as session:
                person_id = passkeys.who(session, party, taken, _read(answer), at=at)
                person = people.get_person(session, person_id)
                return door.let_in(
                    request, room, session, person, method=Method.PASSKEY, then=then, at=at
                )
        except PasskeyRefused as error:
            return sign_in_page(request, room, then=then, trouble=error)

    return router


def _adding(room: Room, party: RelyingParty) -> APIRouter:
    router = APIRouter()
    Person = Annotated[Visitor, Depends(room.guard.person)]  # noqa: N806 - a type of this room
    _ = room.site.translations.gettext

    @router.post("/account/passkeys/question", max_body_size=MAX_FORM_BYTES)
    def question(visitor: Person) -> Response:
        at = room.now()
        need_fresh(visitor, at=at)
        with room.database.write() as session:
            person = people.get_person(session, visitor.person_id)
            return _said(
                challenges.ask_to_add(session, party, person, browser=visitor.session_id, at=at)
            )

    @router.post("/account/passkeys", max_body_size=MAX_ANSWER_BYTES)
    def add(
        request: Request,
        visitor: Person,
        question: Field = "",
        answer: Answer = "",
        name: Field = "",
    ) -> Response:
        at, mine = room.now(), visitor.person_id
        need_fresh(visitor, at=at)
        try:
            with room.database.write() as session:
                taken = challenges.take_challenge(
                    session, question, browser=visitor.session_id, at=at
                )
            with room.database.write() as session:
                passkeys.add(session, party, taken, _read(answer), person_id=mine, name=name, at=at)
                said = _("A passkey was added to it; with it one can sign in.")
                told = mails.tell(room, session, request, mine, said, at=at)
        except DomainError as error:
            with room.database.read() as session:
                return security_page(request, room, session, visitor, at=at, trouble=error)
        return RedirectResponse(f"{PATH}#passkeys", 303, background=told)

    return router


def _removing(room: Room) -> APIRouter:
    router = APIRouter()
    Person = Annotated[Visitor, Depends(room.guard.person)]  # noqa: N806 - a type of this room
    _ = room.site.translations.gettext

    @router.post("/account/passkeys/{passkey_id}/remove", max_body_size=MAX_FORM_BYTES)
    def remove(request: Request, visitor: Person, passkey_id: str) -> Response:
        at = room.now()
        need_fresh(visitor, at=at)
        with room.database.write() as session:
            try:
                passkeys.remove(session, visitor.person_id, passkey_id, at=at)
            except DomainError as error:
                return security_page(request, room, session, visitor, at=at, trouble=error)
            said = _("A passkey was removed from it.")
            told = mails.tell(room, session, request, visitor.person_id, said, at=at)
        return RedirectResponse(f"{PATH}#passkeys", 303, background=told)

    return router


def _said(asked: Question) -> Response:
    said = {"question": asked.id, "options": asked.options}
    return JSONResponse(said, headers={"Cache-Control": "no-store"})


def _read(answer: str) -> dict[str, Any]:
    """The authenticator's answer as the script sent it. Raises ``PasskeyRefused``."""
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise PasskeyRefused from error
    if not isinstance(found, dict):
        raise PasskeyRefused
    return found
