"""Where a person decides what a program may do (RFC 6749 §4.1.1, RFC 9700 §4).

The request stays in the address from first to last, so the form that decides sends back nothing
but the decision. Whoever decided before, for the same program, is sent on without being asked.
"""

from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import AUTHORIZE_PATH
from app.identity.clients import redirects
from app.identity.clients import service as clients
from app.identity.model import ClientKind, Visitor
from app.identity.oauth import asking as requests
from app.identity.oauth import consent
from app.identity.oauth.asking import Asking, NotAskable, SentBack
from app.platform.problems import DomainError
from app.web.organisation.programs import in_order
from app.web.rendering import CONTENT_SECURITY_POLICY
from app.web.room import MAX_FORM_BYTES, PRIVATE, Room

MOST_PARAMETERS = 50
_AWAY = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    page = _Consent(room)
    Person = Annotated[Visitor, Depends(room.guard.person)]  # noqa: N806 - a type of this room

    @router.get(AUTHORIZE_PATH)
    def ask_for_consent(request: Request, visitor: Person) -> Response:
        try:
            return page.ask(request, visitor)
        except SentBack as refused:
            return page.away(request, refused.location)

    @router.post(AUTHORIZE_PATH, max_body_size=MAX_FORM_BYTES)
    def decide_about_consent(
        request: Request,
        visitor: Person,
        decision: Annotated[str, Form(max_length=20)] = "",
        organisation: Annotated[str, Form(max_length=64)] = "",
    ) -> Response:
        try:
            return page.decide(request, visitor, decision, organisation)
        except SentBack as refused:
            return RedirectResponse(refused.location, 303, _AWAY)

    return router


class _Consent:
    """The page, and what follows from it."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def ask(self, request: Request, visitor: Visitor) -> Response:
        with self._room.database.read() as session:
            asking = self._read(session, request)
            organisation_id = consent.remembered(session, asking, visitor)
            if organisation_id is None:
                return self._page(session, request, asking, visitor)
        return self.away(request, self._allow(asking, visitor, organisation_id))

    def decide(
        self, request: Request, visitor: Visitor, decision: str, organisation_id: str
    ) -> Response:
        with self._room.database.read() as session:
            asking = self._read(session, request)
        if decision != "allow":
            raise asking.way_back.refused("access_denied", "The person does not allow it.")
        try:
            location = self._allow(asking, visitor, organisation_id)
        except DomainError as error:
            with self._room.database.read() as session:
                return self._page(session, request, asking, visitor, trouble=error)
        return RedirectResponse(location, 303, _AWAY)

    def _allow(self, asking: Asking, visitor: Visitor, organisation_id: str) -> str:
        """Let the program in; gives where the browser takes the code."""
        with self._room.database.write() as session:
            code = consent.allow(session, asking, visitor, organisation_id, at=self._room.now())
        return asking.way_back.to(code=code)

    def away(self, request: Request, location: str) -> Response:
        """Back to the program, from an address that was asked for.

        A browser that comes here from the form of our sign-in may follow no redirect to another
        site: the policy of that page forbids its form to lead there. A page can lead it on.
        """
        if request.headers.get("sec-fetch-site") != "same-origin":
            return RedirectResponse(location, 303, _AWAY)
        values = {"location": location, "host": _host(location)}
        return self._room.site.render(
            request, "oauth_away.html", headers=PRIVATE | _AWAY, values=values
        )

    def _read(self, session: Session, request: Request) -> Asking:
        try:
            pairs = parse_qsl(
                request.url.query,
                keep_blank_values=True,
                errors="strict",
                max_num_fields=MOST_PARAMETERS,
            )
        except ValueError as error:
            raise NotAskable("The address that sent you here is garbled.") from error
        return requests.read(
            pairs,
            find_client=lambda client_id: clients.live(session, client_id),
            issuer=self._room.public_url,
        )

    def _page(
        self,
        session: Session,
        request: Request,
        asking: Asking,
        visitor: Visitor,
        *,
        trouble: DomainError | None = None,
    ) -> Response:
        uri = asking.way_back.redirect_uri
        values: dict[str, Any] = {
            "client": asking.client,
            "owner": consent.owner(session, asking.client),
            "native": asking.client.kind is ClientKind.NATIVE,
            "host": _host(uri),
            "visitor": visitor,
            "scopes": in_order(asking.scopes),
            "needs_organisation": bool(asking.for_organisation),
            "choices": consent.choices(asking, visitor),
            "action": f"{AUTHORIZE_PATH}?{request.url.query}",
            "trouble": trouble,
        }
        policy = CONTENT_SECURITY_POLICY.replace(
            "form-action 'self'", f"form-action 'self' {redirects.form_target(uri)}"
        )
        return self._room.site.render(
            request,
            "oauth_consent.html",
            status=trouble.status if trouble else 200,
            headers=PRIVATE | {"Content-Security-Policy": policy},
            values=values,
        )


def _host(uri: str) -> str:
    """Where an address leads, as a person may recognise it."""
    parts = urlsplit(uri)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"
