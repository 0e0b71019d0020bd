"""To a provider and back: signing in, or linking, with an account that somebody has elsewhere.

1. A button sends a form, which another site cannot (``csrf``): a link would let strangers begin it,
   and have an account of theirs linked to somebody else's.
2. The answer is a page that leads on by itself. A redirect would be stopped by our own content
   security policy, whose ``form-action`` also holds for where a form's answer leads, and from there
   on to wherever the provider redirects.
3. The provider sends the browser back. What comes with it counts once, in the browser that went,
   and only if it is the answer of the provider that was asked.
4. A code is turned into who it is, and that opens an account, makes one, or waits to be linked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.background import BackgroundTasks
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.identity.oidc import client, rules, service
from app.identity.oidc.client import Redeemed
from app.identity.oidc.model import Attempt, Purpose
from app.identity.oidc.service import AttemptUnknown
from app.identity.oidc.tokens import read_logout_token
from app.identity.people import sessions
from app.identity.people.model import Method, Person
from app.platform.problems import DomainError
from app.platform.requests import client_address
from app.platform.settings import OidcProvider
from app.web.account import door, mails
from app.web.account.way_back import way_back
from app.web.room import MAX_FORM_BYTES, Room

logger = structlog.get_logger(__name__)

IDENTITIES = "/account/identities"
FROM_ONE_PLACE = "60/minute"
"""So often one network address may go to a provider; an office shares one."""
FROM_ONE_PROVIDER = "1200/minute"
"""So often one network address may say that a sign-in has ended; nobody says it twice."""

Field = Annotated[str, Form(max_length=1000)]
Text = Annotated[str, Query(max_length=4096)]
Token = Annotated[str, Form(max_length=MAX_FORM_BYTES)]


class NotSignedIn(DomainError):
    """The provider says that nobody signed in."""

    code = "not-signed-in"
    status = 400


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a provider sends a browser back with (RFC 6749 §4.1.2, RFC 9207 §2)."""

    state: Text = ""
    code: Text = ""
    error: Text = ""
    iss: Annotated[str | None, Query(max_length=4096)] = None


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Somebody who came back as somebody."""

    provider: OidcProvider
    attempt: Attempt
    redeemed: Redeemed
    browser: str
    at: datetime


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(room.guard.public)])

    @router.post("/sign-in/oidc/{provider_id}", max_body_size=MAX_FORM_BYTES)
    def go(
        request: Request,
        provider_id: str,
        then: Annotated[str, Form(alias="next", max_length=1000)] = "",
    ) -> Response:
        try:
            return away(request, room, provider_id, then=way_back(then))
        except DomainError as error:
            return trouble_page(request, room, error)

    @router.get("/sign-in/oidc/{provider_id}/callback")
    def come_back(
        request: Request, provider_id: str, given: Annotated[_Answer, Depends()]
    ) -> Response:
        try:
            return _come_back(request, room, provider_id, given)
        except DomainError as problem:
            logger.warning("a sign-in ended", provider=provider_id, code=problem.code)
            return trouble_page(request, room, problem)

    @router.api_route("/sign-in/oidc/{provider_id}/left", methods=["GET", "HEAD"])
    def left(request: Request, provider_id: str) -> Response:
        provider = room.providers.get(provider_id)
        address = way_out(room, provider)
        return room.page(request, "oidc_left.html", {"provider": provider, "address": address})

    @router.post("/sign-in/oidc/{provider_id}/logout", max_body_size=MAX_FORM_BYTES)
    def logout(request: Request, provider_id: str, logout_token: Token) -> Response:
        """Back-channel log-out (OpenID Connect Back-Channel Logout 1.0 §2.5)."""
        room.limits.take("logout tokens", client_address(request), rate=FROM_ONE_PROVIDER)
        _log_out(room, room.providers.get(provider_id), logout_token, at=room.now())
        return Response(status_code=200, headers={"Cache-Control": "no-store"})

    return router


def away(
    request: Request,
    room: Room,
    provider_id: str,
    *,
    then: str,
    link_to: Visitor | None = None,
) -> Response:
    """The page that leads on to a provider (step 2)."""
    provider, at = room.providers.get(provider_id), room.now()
    room.limits.take("to a provider", client_address(request), rate=FROM_ONE_PLACE)
    room.providers.metadata(provider, at=at)  # asked while no transaction is open
    browser = door.give_asking(request, room)
    again = link_to is not None or room.guard.visitor(request) is not None
    with room.database.write() as session:
        state, attempt = service.begin(
            session, provider, browser=browser, then=then, link_to=link_to, at=at
        )
    address = client.way_there(
        room.providers,
        provider,
        attempt,
        state=state,
        public_url=room.public_url,
        again=again,
        at=at,
    )
    answer = away_page(request, room, provider, address)
    door.keep_asking(answer, room, browser)
    return answer


def away_page(request: Request, room: Room, provider: OidcProvider, address: str) -> Response:
    """A page that leads on by itself, and by a link where it may not."""
    return room.page(request, "oidc_away.html", {"provider": provider, "address": address})


def way_out(room: Room, provider: OidcProvider) -> str | None:
    """Where to sign out at the provider too; ``None`` where it offers that not, or not now."""
    try:
        metadata = room.providers.metadata(provider, at=room.now())
    except DomainError:
        return None
    return client.way_out(metadata, provider, then=f"{room.public_url}/")


def after_leaving(session: Session, room: Room, visitor: Visitor) -> str:
    """The page to show who signs out: one that offers to sign out at the provider too, or ours."""
    issuer = service.issuer_of_session(session, visitor.session_id)
    for provider in room.providers.listed:
        if provider.issuer == issuer:
            return f"/sign-in/oidc/{provider.id}/left"
    return "/"


def trouble_page(request: Request, room: Room, error: DomainError) -> Response:
    """What went wrong on the way, and where to begin again."""
    begin = IDENTITIES if room.guard.visitor(request) is not None else "/sign-in"
    values = {"trouble": error, "begin": begin}
    return room.page(request, "oidc_trouble.html", values, status=error.status)


def _come_back(request: Request, room: Room, provider_id: str, given: _Answer) -> Response:
    """Step 3."""
    provider, at = room.providers.get(provider_id), room.now()
    browser = door.asking(request, room)
    if browser is None or not given.state:
        raise AttemptUnknown
    with room.database.write() as session:
        attempt = service.come_back(session, provider, state=given.state, browser=browser, at=at)
    metadata = room.providers.metadata(provider, at=at)
    rules.check_issuer(given.iss, issuer=provider.issuer, names_itself=metadata.names_itself)
    if given.error or not given.code:
        # Its own words are not shown: they come through the browser, and so from anybody.
        raise NotSignedIn(f"Nobody was signed in at {provider.label}. Begin again if you want to.")
    redeemed = client.redeem(
        room.providers,
        provider,
        attempt,
        code=given.code,
        public_url=room.public_url,
        at=at,
    )
    arrival = _Arrival(provider, attempt, redeemed, browser, at)
    return (_link if attempt.purpose is Purpose.LINK else _sign_in)(request, room, arrival)


def _link(request: Request, room: Room, arrival: _Arrival) -> Response:
    """Step 4 for who is signed in: still the same person, in the same session."""
    visitor, attempt, at = room.guard.visitor(request), arrival.attempt, arrival.at
    if visitor is None or (visitor.person_id, visitor.session_id) != (
        attempt.person_id,
        attempt.session_id,
    ):
        raise AttemptUnknown
    said = client.introduce(room.providers, arrival.provider, arrival.redeemed, at=at)
    with room.database.write() as session:
        service.link(
            session,
            visitor.person_id,
            issuer=said.issuer,
            subject=said.subject,
            shown=said.shown,
            at=at,
        )
        told = tell_linked(room, session, request, visitor, said.issuer)
    return RedirectResponse(f"{IDENTITIES}?done=linked", 303, background=told)


def tell_linked(
    room: Room, session: Session, request: Request, visitor: Visitor, issuer: str
) -> BackgroundTasks:
    """The news of another way in, to who owns the account."""
    _ = room.site.translations.gettext
    said = _("The sign-in with {name} was linked to it; with it one can sign in.")
    told = said.format(name=room.providers.label(issuer))
    return mails.tell(room, session, request, visitor.person_id, told, at=room.now())


def _sign_in(request: Request, room: Room, arrival: _Arrival) -> Response:
    """Step 4 for who wants to come in."""
    at, who = arrival.at, arrival.redeemed
    with room.database.write() as session:
        known = service.recognise(session, issuer=who.issuer, subject=who.subject, at=at)
        if known is not None:
            return _let_in(request, room, session, known, arrival)
    said = client.introduce(room.providers, arrival.provider, who, at=at)
    with room.database.write() as session:
        found = service.sign_in(session, arrival.provider, said, browser=arrival.browser, at=at)
        if isinstance(found, Person):
            return _let_in(request, room, session, found, arrival)
    return RedirectResponse("/sign-in/known", 303, {"Cache-Control": "no-store"})


def _let_in(
    request: Request, room: Room, session: Session, person: Person, arrival: _Arrival
) -> Response:
    who = arrival.redeemed

    def began(secret: str) -> None:
        session_id = sessions.id_of(session, secret)
        if session_id is not None:
            service.note_session(
                session, session_id, issuer=who.issuer, subject=who.subject, sid=who.sid
            )

    return door.let_in(
        request,
        room,
        session,
        person,
        method=Method.OIDC,
        then=arrival.attempt.then,
        at=arrival.at,
        began=began,
    )


def _log_out(room: Room, provider: OidcProvider, token: str, *, at: datetime) -> None:
    metadata = room.providers.metadata(provider, at=at)
    ended = read_logout_token(
        token,
        issuer=provider.issuer,
        client_id=provider.client_id,
        algorithms=metadata.algorithms,
        find_keys=lambda known: room.providers.keys(provider, known=known, at=at),
        at=at,
    )
    with room.database.write() as session:
        number = service.end_from_afar(session, provider, ended, at=at)
    logger.info("a provider ended sign-ins", provider=provider.id, sessions=number)
