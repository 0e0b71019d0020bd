"""An organisation's programs, for who manages them. A secret is shown once, where it is made."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.clients import managing, rules, service
from app.identity.clients.managing import SCOPE
from app.identity.clients.rules import NewClient
from app.identity.clients.service import OVERLAP, Made
from app.identity.model import PERSONAL_SCOPES, Actor, AuthMethod, Client, ClientKind, Kind
from app.platform.problems import DomainError, FieldProblem, Invalid
from app.web.organisation.programs import in_order
from app.web.organisation.tabs import shown
from app.web.room import MAX_FORM_BYTES, Room

MAX_BYTES = 4 * MAX_FORM_BYTES
_DONE = {"revoked"}
Field = Annotated[str, Form(max_length=40_000)]
Many = Annotated[list[str] | None, Form(max_length=50)]
ClientId = Annotated[str, Path(max_length=64)]


@dataclass(frozen=True, slots=True)
class Shown:
    """One program in the list."""

    client: Client
    scopes: list[str]
    has_secret: bool


@dataclass(frozen=True, slots=True)
class _Trouble:
    error: DomainError
    given: Mapping[str, Any]


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False, prefix="/organisations/{organisation_id}")
    manager = Depends(room.guard.member(SCOPE))
    page = _Page(room)
    _listing(router, manager, page)
    _changing(router, manager, page, room)
    return router


def _listing(router: APIRouter, manager: Any, page: "_Page") -> None:
    @router.api_route("/clients", methods=["GET", "HEAD"])
    def list_programs(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, manager],
        done: Annotated[str, Query(max_length=20)] = "",
    ) -> Response:
        return page.render(request, actor, done=done)

    @router.post("/clients", max_body_size=MAX_BYTES)
    def make_program(
        *,
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, manager],
        name: Field = "",
        kind: Field = ClientKind.SERVICE.value,
        method: Field = AuthMethod.SECRET_BASIC.value,
        scopes: Many = None,
        redirect_uris: Field = "",
        jwks: Field = "",
        jwks_uri: Field = "",
        sandbox: Field = "",
    ) -> Response:
        given = {
            "name": name,
            "kind": kind,
            "method": method,
            "scopes": scopes or [],
            "redirect_uris": redirect_uris,
            "jwks": jwks,
            "jwks_uri": jwks_uri,
            "sandbox": sandbox,
        }
        try:
            made = page.make(actor, organisation_id, given)
        except DomainError as error:
            return page.render(request, actor, trouble=_Trouble(error, given))
        return page.render(request, actor, made=made)


def _changing(router: APIRouter, manager: Any, page: "_Page", room: Room) -> None:
    @router.post("/clients/{client_id}/secret", max_body_size=MAX_FORM_BYTES)
    def renew_program_secret(
        request: Request,
        organisation_id: OrganisationId,
        client_id: ClientId,
        actor: Annotated[Actor, manager],
        at_once: Field = "",
    ) -> Response:
        try:
            with room.database.write() as session:
                made = managing.renew_secret(
                    session, actor, client_id,
                    overlap=timedelta(0) if at_once else OVERLAP, at=room.now(),
                )  # fmt: skip
        except DomainError as error:
            return page.render(request, actor, trouble=_Trouble(error, {}))
        return page.render(request, actor, made=made)

    @router.post("/clients/{client_id}/revoke", max_body_size=MAX_FORM_BYTES)
    def revoke_program(
        organisation_id: OrganisationId, client_id: ClientId, actor: Annotated[Actor, manager]
    ) -> Response:
        with room.database.write() as session:
            managing.end(session, actor, client_id, at=room.now())
        return RedirectResponse(f"/organisations/{organisation_id}/clients?done=revoked", 303)


class _Page:
    """The page, also with a secret on it, or with what was wrong in its form."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def make(self, actor: Actor, organisation_id: str, given: Mapping[str, Any]) -> Made:
        """The program that the form describes. Raises ``Invalid``."""
        new = _meant(organisation_id, given)
        with self._room.database.write() as session:
            return managing.make(session, actor, new, at=self._room.now())

    def render(
        self,
        request: Request,
        actor: Actor,
        *,
        done: str = "",
        made: Made | None = None,
        trouble: _Trouble | None = None,
    ) -> Response:
        with self._room.database.read() as session:
            frame = shown(session, actor, "clients")
            found = service.of_organisation(session, actor.organisation_id)
        usual = {
            "name": "", "kind": "service", "method": "client_secret_basic", "scopes": [],
            "redirect_uris": "", "jwks": "", "jwks_uri": "", "sandbox": "",
        }  # fmt: skip
        fields = trouble.error.fields if trouble else ()
        values: dict[str, Any] = {
            **frame,
            "programs": [
                Shown(one, list(in_order(one.scopes)), rules.keeps_secret(one))
                for one in sorted(found, key=lambda one: (one.revoked_at is not None, one.id))
            ],
            "choices": _choices(actor, frame["organisation"].kind),
            "personal": list(PERSONAL_SCOPES),
            "given": usual | dict(trouble.given if trouble else {}),
            "made": made,
            "done": done if done in _DONE else "",
            "trouble": trouble.error if trouble else None,
            # A problem of one of several addresses is shown at the field that holds them all.
            "wrong": {one.pointer.split("/")[1]: one.detail for one in reversed(fields)},
            "now": self._room.now(),
        }
        status = trouble.error.status if trouble else 200
        return self._room.page(request, "organisation_clients.html", values, status=status)


def _choices(actor: Actor, kind: Kind) -> list[str]:
    """The scopes that the actor can give to some program or other."""
    known = {
        *rules.choosable(ClientKind.SERVICE, kind),
        *rules.choosable(ClientKind.WEB, kind),
    }
    return [name for name in in_order(known) if rules.may_give(actor.scopes, {name})]


def _meant(organisation_id: str, given: Mapping[str, Any]) -> NewClient:
    """The program that a form describes. A native one keeps no secret, whatever was ticked."""
    try:
        kind = ClientKind(given["kind"])
        native = kind is ClientKind.NATIVE
        method = AuthMethod.NONE if native else AuthMethod(given["method"])
    except ValueError as error:
        mend = "Choose one of those that are shown."
        raise Invalid(mend, fields=[FieldProblem("/kind", "choice", mend)]) from error
    keyed = method is AuthMethod.PRIVATE_KEY_JWT
    return NewClient(
        organisation_id=organisation_id,
        name=given["name"],
        scopes=frozenset(given["scopes"]),
        kind=kind,
        method=method,
        jwks=_parsed(given["jwks"]) if keyed and given["jwks"].strip() else None,
        jwks_uri=given["jwks_uri"].strip() or None if keyed else None,
        redirect_uris=tuple(given["redirect_uris"].split())
        if kind is not ClientKind.SERVICE
        else (),
        sandbox=bool(given["sandbox"]),
    )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        mend = "The keys are no JSON."
        raise Invalid(mend, fields=[FieldProblem("/jwks", "keys-unusable", mend)]) from error
