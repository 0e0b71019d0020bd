"""A registry's policies over HTTP: drafted and adopted by its own programs, read by anybody.

What was adopted is public: an engineer, and another registry, can fetch the exact text and the
signed statement, and repeat a decision without asking the registry again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from sqlalchemy.orm import Session

from app.identity.access import Guard, OrganisationId
from app.identity.model import Actor
from app.identity.registries import find_registry, own_registry
from app.platform import clock
from app.platform.conditions import CHANGED_SINCE
from app.platform.db import Database
from app.platform.idempotency import KeyHeader, fingerprint, once
from app.platform.routing import together
from app.recognition.adoption import service, trusting
from app.recognition.adoption.model import PolicyVersion
from app.recognition.adoption.wire import (
    AdoptedList,
    AdoptedOut,
    AdoptedTextOut,
    ChangeList,
    ChangeOut,
    CheckedOut,
    OutlineList,
    OutlineOut,
    PolicyTextIn,
    ShippedIn,
    VersionOut,
    WithdrawIn,
)
from app.trust.statements import Statements

PATH = "/api/v1/registries/{organisation_id}/policies"
TAG = "recognition"
READ, POLICY = "recognition:read", "recognition:policy"
MAX_TEXT_BYTES = 512 * 1024
MAX_BYTES = 16 * 1024
PRIVATE = {"Cache-Control": "private, no-store"}
PUBLIC = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"}
Id = Annotated[str, Path(max_length=64)]
Version = Annotated[int, Path(ge=1, le=1_000_000)]
IfMatch = Annotated[
    str | None, Header(description="Do it only if the entity tag is still this one.")
]


@dataclass(frozen=True, slots=True)
class _Door:
    """What every route of policies needs."""

    database: Database
    guard: Guard
    statements: Statements
    now: Callable[[], datetime]

    def own(self, actor: Actor, scope: str, organisation_id: str) -> None:
        """Raises ``Forbidden`` and ``NotFound`` unless the actor may do this in the registry."""
        with self.database.read() as session:
            own_registry(session, actor, scope, organisation_id)

    def told(self, response: Response, one: PolicyVersion) -> VersionOut:
        """A version as its registry sees it."""
        response.headers.update(PRIVATE | {"ETag": service.tag(one)})
        return VersionOut.told(one, service.read(one.text))

    def create(
        self,
        request: Request,
        actor: Actor,
        given: PolicyTextIn | ShippedIn,
        work: Callable[[Session], PolicyVersion],
        *,
        key: str | None,
    ) -> Response:
        """Make a draft, once for each key."""

        def made(session: Session) -> Response:
            one = work(session)
            told = VersionOut.told(one, service.read(one.text)).model_dump_json()
            headers = PRIVATE | {"ETag": service.tag(one)}
            return Response(told, 201, headers, media_type="application/json")

        asked = fingerprint(request.method, request.url.path, given.model_dump_json())
        return once(self.database, made, key=key, who=actor.who, request=asked, at=self.now())


def build_router(
    *,
    database: Database,
    guard: Guard,
    statements: Statements,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """All routes of policies; what is public comes first, since its paths are the narrower."""
    door = _Door(database, guard, statements, now)
    return together(
        _public(door), _listing(door), _drafting(door), _changing(door), _deciding(door)
    )


def _public(door: _Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG], dependencies=[Depends(door.guard.public)])

    def adopted(organisation_id: str, policy_id: str, version: int) -> AdoptedTextOut:
        with door.database.read() as session:
            find_registry(session, organisation_id)
            one = service.get_adopted(session, organisation_id, policy_id, version)
            return AdoptedTextOut.whole(one, sound=trusting.is_sound(session, one))

    @router.get("/adopted")
    def list_adopted_policies(organisation_id: OrganisationId, response: Response) -> AdoptedList:
        """Every version that the registry ever adopted, those it withdrew too."""
        response.headers.update(PUBLIC)
        with door.database.read() as session:
            find_registry(session, organisation_id)
            found = [
                AdoptedOut.seen(one, sound=trusting.is_sound(session, one))
                for one in service.adopted(session, organisation_id)
            ]
        return AdoptedList(items=found)

    @router.get("/adopted/{policy_id}/{version}")
    def read_adopted_policy(
        organisation_id: OrganisationId, policy_id: Id, version: Version, response: Response
    ) -> AdoptedTextOut:
        """The exact text of a version that was adopted, and the registry's signed statement."""
        response.headers.update(PUBLIC)
        return adopted(organisation_id, policy_id, version)

    @router.get(
        "/adopted/{policy_id}/{version}/text",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}, "description": "The text."}},
    )
    def read_adopted_text(
        organisation_id: OrganisationId, policy_id: Id, version: Version
    ) -> Response:
        """The text alone, byte for byte as it was adopted."""
        told = adopted(organisation_id, policy_id, version)
        return Response(told.text, media_type="text/plain; charset=utf-8", headers=PUBLIC)

    return router


def _listing(door: _Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("")
    def list_policies(
        organisation_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
    ) -> OutlineList:
        """Every version of the registry's policies, drafts too."""
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            found = service.versions(session, organisation_id)
        response.headers.update(PRIVATE)
        return OutlineList(items=list(map(OutlineOut.of, found)))

    @router.get("/{version_id}")
    def read_policy(
        organisation_id: OrganisationId,
        version_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
    ) -> VersionOut:
        """One version with its text; the answer's ETag is what `If-Match` wants."""
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            found = service.get(session, organisation_id, version_id)
        return door.told(response, found)

    @router.get("/{version_id}/changes")
    def compare_policies(
        organisation_id: OrganisationId,
        version_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        since: Annotated[
            str | None,
            Query(max_length=64, description="The id of another version; else the one before."),
        ] = None,
    ) -> ChangeList:
        """What differs between two versions, in words."""
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            old, new, found = service.compare(session, organisation_id, version_id, since=since)
        response.headers.update(PRIVATE)
        return ChangeList(
            old=OutlineOut.of(old) if old else None,
            new=OutlineOut.of(new),
            changes=list(map(ChangeOut.of, found)),
        )

    return router


def _drafting(door: _Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.post("", status_code=201, response_model=VersionOut, max_body_size=MAX_TEXT_BYTES)
    def draft_policy(
        organisation_id: OrganisationId,
        given: PolicyTextIn,
        request: Request,
        actor: Annotated[Actor, Depends(door.guard.scope(POLICY))],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Keep a text as the draft of a version. A number that was adopted is a conflict."""
        door.own(actor, POLICY, organisation_id)
        return door.create(
            request,
            actor,
            given,
            lambda session: service.draft(session, actor, given.text, at=door.now()),
            key=idempotency_key,
        )

    @router.post(":check", max_body_size=MAX_TEXT_BYTES)
    def check_policy(
        organisation_id: OrganisationId,
        given: PolicyTextIn,
        actor: Annotated[Actor, Depends(door.guard.scope(POLICY))],
    ) -> CheckedOut:
        """Look a text through: its faults with their lines and mends, and advice. Keeps nothing."""
        door.own(actor, POLICY, organisation_id)
        policy, faults, findings = service.check(given.text, at=door.now())
        return CheckedOut.of(policy, faults, findings)

    @router.post(":import", status_code=201, response_model=VersionOut, max_body_size=MAX_BYTES)
    def import_policy(
        organisation_id: OrganisationId,
        given: ShippedIn,
        request: Request,
        actor: Annotated[Actor, Depends(door.guard.scope(POLICY))],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Begin a draft with one of the illustrative policies that come with OpenCPD.

        None of them was adopted by the body it names. The draft is the registry's own to change.
        """
        door.own(actor, POLICY, organisation_id)
        return door.create(
            request,
            actor,
            given,
            lambda session: service.import_shipped(session, actor, given.name, at=door.now()),
            key=idempotency_key,
        )

    return router


def _changing(door: _Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.put("/{version_id}", responses=CHANGED_SINCE, max_body_size=MAX_TEXT_BYTES)
    def change_policy(
        *,
        organisation_id: OrganisationId,
        version_id: Id,
        given: PolicyTextIn,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(POLICY))],
        if_match: IfMatch = None,
    ) -> VersionOut:
        """Write a draft anew. What was adopted is not changed."""
        door.own(actor, POLICY, organisation_id)
        with door.database.write() as session:
            made = service.change(
                session, actor, version_id, given.text, at=door.now(), seen=if_match
            )
        return door.told(response, made)

    @router.delete("/{version_id}", status_code=204, responses=CHANGED_SINCE)
    def discard_policy(
        organisation_id: OrganisationId,
        version_id: Id,
        actor: Annotated[Actor, Depends(door.guard.scope(POLICY))],
        if_match: IfMatch = None,
    ) -> None:
        """Throw a draft away. What was adopted stays."""
        door.own(actor, POLICY, organisation_id)
        with door.database.write() as session:
            service.discard(session, actor, version_id, at=door.now(), seen=if_match)

    return router


def _deciding(door: _Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.post("/{version_id}/adopt", responses=CHANGED_SINCE)
    def adopt_policy(
        organisation_id: OrganisationId,
        version_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(POLICY))],
        if_match: IfMatch = None,
    ) -> VersionOut:
        """Adopt a draft under the registry's signature; it decides from then on.

        Where two members may, another person than its author must.
        """
        door.own(actor, POLICY, organisation_id)
        with door.database.write() as session:
            made = service.adopt(
                session, door.statements, actor, version_id, at=door.now(), seen=if_match
            )
        return door.told(response, made)

    @router.post("/{version_id}/withdraw", responses=CHANGED_SINCE, max_body_size=MAX_BYTES)
    def withdraw_policy(
        *,
        organisation_id: OrganisationId,
        version_id: Id,
        how: WithdrawIn,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(POLICY))],
        if_match: IfMatch = None,
    ) -> VersionOut:
        """Let a version decide no more from a day on. It stays readable, and so does the reason."""
        door.own(actor, POLICY, organisation_id)
        with door.database.write() as session:
            made = service.withdraw(
                session,
                actor,
                version_id,
                why=how.reason,
                at=door.now(),
                on=how.on,
                seen=if_match,
            )
        return door.told(response, made)

    return router
