"""Home compliance over HTTP: stated and withdrawn by registries, kept by the engineer.

The status lists of statements are public, as those of records are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.orm import Session

from app.identity.access import Guard, OrganisationId
from app.identity.model import Actor
from app.identity.registries import own_registry
from app.platform import clock
from app.platform.db import Database
from app.platform.idempotency import KeyHeader, fingerprint, once
from app.platform.routing import together
from app.recognition.compliance import asking, issuing, lists, own, store
from app.recognition.compliance.lists import Desk
from app.recognition.compliance.model import Forms, RequestState, Statement
from app.recognition.compliance.wire import (
    MyStatements,
    ReasonIn,
    RequestOut,
    RequestPage,
    StatementOut,
    StatementPage,
    WantedIn,
)
from app.recognition.register import service as register
from app.records.status.api import serve
from app.records.status.model import Published, Purpose

PATH = "/api/v1/registries/{organisation_id}/compliance"
TAG = "recognition"
READ, DECIDE, PERSONAL = "recognition:read", "recognition:decide", "cpd:read"
PRIVATE = {"Cache-Control": "private, no-store"}
MAX_BYTES = 16 * 1024
JSON_TYPE, JWT_TYPE = "application/vc", "application/vc+jwt"
Id = Annotated[str, Path(max_length=36, pattern="^[0-9a-f-]{36}$")]
Cursor = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=200)]


@dataclass(frozen=True, slots=True)
class Door:
    """What every route of compliance needs."""

    database: Database
    guard: Guard
    desk: Desk
    now: Callable[[], datetime]

    def own(self, actor: Actor, scope: str, organisation_id: str) -> None:
        """Raises ``Forbidden`` and ``NotFound`` unless the actor may do this in the registry."""
        with self.database.read() as session:
            own_registry(session, actor, scope, organisation_id)

    def make(
        self,
        request: Request,
        actor: Actor,
        given: str,
        work: Callable[[Session, datetime], Statement],
        *,
        key: str | None,
    ) -> Response:
        """Issue something, once for each key."""
        at = self.now()

        def made(session: Session) -> Response:
            told = StatementOut.of(work(session, at)).model_dump_json()
            return Response(told, 201, PRIVATE, media_type="application/json")

        asked = fingerprint(request.method, request.url.path, given)
        return once(self.database, made, key=key, who=actor.who, request=asked, at=at)


def build_router(
    *, database: Database, guard: Guard, desk: Desk, now: Callable[[], datetime] = clock.now
) -> APIRouter:
    """All routes of home compliance."""
    door = Door(database, guard, desk, now)
    return together(
        _lists(door),
        _mine(door),
        _requests(door),
        _answering(door),
        _statements(door),
        _issuing(door),
    )


def as_file(found: Forms, statement_id: str, *, token: bool) -> Response:
    """A signed form, to be saved."""
    ending = "jwt" if token else "json"
    name = f'attachment; filename="compliance-{statement_id}.{ending}"'
    return Response(
        found.jwt if token else found.json,
        media_type=JWT_TYPE if token else JSON_TYPE,
        headers=PRIVATE | {"Content-Disposition": name},
    )


def _lists(door: Door) -> APIRouter:
    router = APIRouter(tags=["trust"], dependencies=[Depends(door.guard.public)])

    @router.head("/registries/{registry_id}/status/{number}", include_in_schema=False)
    @router.get(
        "/registries/{registry_id}/status/{number}",
        response_class=Response,
        responses={304: {"description": "It is still the one you have."}},
    )
    def registry_status_list(
        registry_id: OrganisationId,
        number: Annotated[int, Path(ge=1, le=1_000_000)],
        request: Request,
    ) -> Response:
        """Which statements of compliance a registry withdrew: JSON, or `vc+jwt` if asked for."""
        with door.database.read() as session:
            one = lists.published(session, registry_id, number)
        return serve(
            request,
            Published(
                society_id=one.registry_id,
                number=one.number,
                purpose=Purpose.REVOCATION,
                url=one.url,
                bits=b"",
                dirty_since=None,
                json=one.json,
                jwt=one.jwt,
                digest=one.digest,
                published_at=one.published_at,
                dated=False,
                valid_until=one.valid_until,
            ),
        )

    return router


def _mine(door: Door) -> APIRouter:
    router = APIRouter(prefix="/api/v1/me/compliance", tags=["me"])
    allowed = Depends(door.guard.scope(PERSONAL))

    @router.get("")
    def list_my_statements(response: Response, actor: Annotated[Actor, allowed]) -> MyStatements:
        """The statements that registries made about the person, withdrawn ones too."""
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            found = own.statements(session, actor.person_id)
        return MyStatements(items=[StatementOut.of(one) for one in found])

    @router.get("/{statement_id}.json", response_class=Response)
    def read_my_statement(statement_id: Id, actor: Annotated[Actor, allowed]) -> Response:
        """The credential with its embedded proof."""
        with door.database.read() as session:
            _, found = own.forms(session, actor.person_id, statement_id)
        return as_file(found, statement_id, token=False)

    @router.get("/{statement_id}.jwt", response_class=Response)
    def read_my_statement_token(statement_id: Id, actor: Annotated[Actor, allowed]) -> Response:
        """The credential as a token."""
        with door.database.read() as session:
            _, found = own.forms(session, actor.person_id, statement_id)
        return as_file(found, statement_id, token=True)

    return router


def _requests(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH + "/requests", tags=[TAG])
    reader, decider = Depends(door.guard.scope(READ)), Depends(door.guard.scope(DECIDE))

    @router.get("")
    def list_compliance_requests(
        *,
        organisation_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, reader],
        state: RequestState | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> RequestPage:
        """Who asked for a statement, the newest first."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            found = store.requests(
                session, organisation_id, state=state, cursor=cursor, limit=limit
            )
        items = [RequestOut.of(one) for one in found.items]
        return RequestPage(items=items, next_cursor=found.next_cursor)

    @router.post("", status_code=201, max_body_size=MAX_BYTES)
    def ask_for_compliance(
        organisation_id: OrganisationId,
        given: WantedIn,
        response: Response,
        actor: Annotated[Actor, decider],
    ) -> RequestOut:
        """Write a request down, such as one that came by letter or for an audit."""
        door.own(actor, DECIDE, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.write() as session:
            registrant = register.get(session, organisation_id, given.registrant)
            made = asking.ask(session, registrant, given.new(), at=door.now(), who=actor.who)
        return RequestOut.of(made)

    return router


def _answering(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH + "/requests", tags=[TAG])
    decider = Depends(door.guard.scope(DECIDE))

    @router.post("/{request_id}/answer", status_code=201, response_model=StatementOut)
    def answer_compliance_request(
        *,
        organisation_id: OrganisationId,
        request_id: Id,
        request: Request,
        actor: Annotated[Actor, decider],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Issue the statement that was asked for, as the ledger says."""
        door.own(actor, DECIDE, organisation_id)

        def work(session: Session, at: datetime) -> Statement:
            return issuing.answer(
                session, door.desk, organisation_id, request_id, at=at, who=actor.who
            )

        return door.make(request, actor, "", work, key=idempotency_key)

    @router.post("/{request_id}/refuse", max_body_size=MAX_BYTES)
    def refuse_compliance_request(
        organisation_id: OrganisationId,
        request_id: Id,
        given: ReasonIn,
        response: Response,
        actor: Annotated[Actor, decider],
    ) -> RequestOut:
        """Say no, and why."""
        door.own(actor, DECIDE, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.write() as session:
            made = asking.refuse(
                session, organisation_id, request_id, why=given.reason, at=door.now(),
                who=actor.who,
            )  # fmt: skip
        return RequestOut.of(made)

    return router


def _statements(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH + "/statements", tags=[TAG])
    reader = Depends(door.guard.scope(READ))

    @router.get("")
    def list_compliance_statements(
        organisation_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, reader],
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> StatementPage:
        """Every statement of the registry, those withdrawn too; the newest first."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            found = store.statements(session, organisation_id, cursor=cursor, limit=limit)
        items = [StatementOut.of(one) for one in found.items]
        return StatementPage(items=items, next_cursor=found.next_cursor)

    @router.get("/{statement_id}")
    def read_compliance_statement(
        organisation_id: OrganisationId,
        statement_id: Id,
        response: Response,
        actor: Annotated[Actor, reader],
    ) -> StatementOut:
        """One statement and what became of it."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            return StatementOut.of(issuing.get(session, organisation_id, statement_id))

    def form(organisation_id: str, statement_id: str, actor: Actor, *, token: bool) -> Response:
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            found = issuing.forms(session, organisation_id, statement_id)
        return as_file(found, statement_id, token=token)

    @router.get("/{statement_id}/credential.json", response_class=Response)
    def read_compliance_credential(
        organisation_id: OrganisationId, statement_id: Id, actor: Annotated[Actor, reader]
    ) -> Response:
        """The credential with its embedded proof."""
        return form(organisation_id, statement_id, actor, token=False)

    @router.get("/{statement_id}/credential.jwt", response_class=Response)
    def read_compliance_token(
        organisation_id: OrganisationId, statement_id: Id, actor: Annotated[Actor, reader]
    ) -> Response:
        """The credential as a token."""
        return form(organisation_id, statement_id, actor, token=True)

    return router


def _issuing(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH + "/statements", tags=[TAG])
    decider = Depends(door.guard.scope(DECIDE))

    @router.post("", status_code=201, max_body_size=MAX_BYTES, response_model=StatementOut)
    def issue_compliance_statement(
        *,
        organisation_id: OrganisationId,
        request: Request,
        given: WantedIn,
        actor: Annotated[Actor, decider],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Sign whether a registrant met a cycle. The ledger gives the answer."""
        door.own(actor, DECIDE, organisation_id)

        def work(session: Session, at: datetime) -> Statement:
            return issuing.issue(
                session, door.desk, organisation_id, given.registrant, given.new(), at=at,
                who=actor.who,
            )  # fmt: skip

        return door.make(request, actor, given.model_dump_json(), work, key=idempotency_key)

    @router.post("/{statement_id}/withdraw", max_body_size=MAX_BYTES)
    def withdraw_compliance_statement(
        organisation_id: OrganisationId,
        statement_id: Id,
        given: ReasonIn,
        response: Response,
        actor: Annotated[Actor, decider],
    ) -> StatementOut:
        """Take a statement back; verifiers see it on the next fetch of the list."""
        door.own(actor, DECIDE, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.write() as session:
            made = issuing.withdraw(
                session, door.desk, organisation_id, statement_id, why=given.reason,
                at=door.now(), who=actor.who,
            )  # fmt: skip
        return StatementOut.of(made)

    return router
