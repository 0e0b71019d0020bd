"""A person's own affairs over HTTP, for programs that the person allowed.

A token says for whom it acts; a program that acts for its own organisation alone has no person here
and is refused, whatever its scopes.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from app.identity.access import Forbidden, Guard
from app.identity.model import Actor
from app.identity.people import registrations, service, store
from app.identity.people.model import Answer, Registration
from app.platform.db import Database

PRIVATE = {"Cache-Control": "private, no-store"}


class MeOut(BaseModel):
    """Who the person is."""

    id: str = Field(description="The person's id on this node; it never changes.")
    name: str = Field(description="As the person writes it; may be empty.")
    language: str | None = Field(description="The language to write to the person in (BCP 47).")
    email: str | None = Field(description="The primary address, which the person can read.")


class RegistrationOut(BaseModel):
    """A registration as the person states it; a registry compares it with its register."""

    id: str
    registry: str = Field(description="The registry's id on this node.")
    number: str
    since: date | None
    until: date | None = Field(description="Nothing while it lasts.")
    answer: Answer | None = Field(description="The registry's; nothing before it has given one.")
    answered_at: datetime | None
    note: str | None = Field(description="What the registry says to it.")

    @classmethod
    def of(cls, one: Registration) -> "RegistrationOut":
        """What is told of it."""
        return cls(
            id=one.id,
            registry=one.registry_id,
            number=one.number,
            since=one.since,
            until=one.until,
            answer=one.answer,
            answered_at=one.answered_at,
            note=one.answer_note,
        )


class RegistrationList(BaseModel):
    """All registrations of the person."""

    registrations: list[RegistrationOut]


def person_of(actor: Actor) -> str:
    """The person for whom the actor acts. Raises ``Forbidden`` where there is none."""
    if not actor.person_id:
        raise Forbidden(
            "This token acts for an organisation and for no person. Ask for one that a person "
            "allows, by the authorization code flow."
        )
    return actor.person_id


def build_router(*, database: Database, guard: Guard) -> APIRouter:
    """The routes of ``/api/v1/me`` that identity answers."""
    router = APIRouter(prefix="/api/v1/me", tags=["people"])
    _profile(router, guard.scope("profile:read"), database)
    _registrations(router, guard.scope("registrations:read"), database)
    return router


def _profile(router: APIRouter, allowed: Callable[..., Actor], database: Database) -> None:
    @router.get("")
    def read_me(response: Response, actor: Annotated[Actor, Depends(allowed)]) -> MeOut:
        """Who the person is that the token acts for."""
        person_id = person_of(actor)
        with database.read() as session:
            person = service.get_person(session, person_id)
            address = next(iter(store.emails(session, person_id)), None)
        response.headers.update(PRIVATE)
        return MeOut(
            id=person.id,
            name=person.name,
            language=person.language,
            email=address.email if address else None,
        )


def _registrations(router: APIRouter, allowed: Callable[..., Actor], database: Database) -> None:
    @router.get("/registrations")
    def read_my_registrations(
        response: Response, actor: Annotated[Actor, Depends(allowed)]
    ) -> RegistrationList:
        """In which registries the person is registered, and under which numbers."""
        person_id = person_of(actor)
        with database.read() as session:
            service.get_person(session, person_id)
            found = registrations.of_person(session, person_id)
        response.headers.update(PRIVATE)
        return RegistrationList(registrations=list(map(RegistrationOut.of, found)))
