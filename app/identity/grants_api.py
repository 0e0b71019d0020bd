"""Grants over HTTP: a society says who may act in its stead."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.identity import grants, rules
from app.identity.access import Forbidden, Guard, OrganisationId
from app.identity.model import Actor, Grant
from app.platform import clock
from app.platform.db import Database

SCOPE = "grants:manage"


class GrantIn(BaseModel):
    """Who may do what in the society's stead, and for how long."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grantee: str = Field(examples=["training-house"])
    action: str = Field(examples=["records:issue"])
    valid_from: AwareDatetime | None = Field(None, description="By default from now on.")
    valid_until: AwareDatetime | None = Field(None, description="By default until it is ended.")


class GrantOut(BaseModel):
    """A grant as it stands."""

    id: str
    society: str
    grantee: str
    action: str
    valid_from: datetime
    valid_until: datetime | None
    ended_at: datetime | None
    holds: bool = Field(description="Whether it holds at this moment.")

    @classmethod
    def of(cls, grant: Grant, *, at: datetime) -> "GrantOut":
        """What is told of ``grant``."""
        return cls(
            id=grant.id,
            society=grant.society_id,
            grantee=grant.grantee_id,
            action=grant.action,
            valid_from=grant.valid_from,
            valid_until=grant.valid_until,
            ended_at=grant.ended_at,
            holds=rules.holds(grant, at=at),
        )


class GrantList(BaseModel):
    """Every grant that a society has given."""

    grants: list[GrantOut]


def build_router(
    *, database: Database, guard: Guard, now: Callable[[], datetime] = clock.now
) -> APIRouter:
    """The routes of a society's own grants."""
    router = APIRouter(prefix="/api/v1/societies/{society_id}/grants", tags=["access"])
    manager = Depends(guard.scope(SCOPE))

    @router.post(
        "",
        status_code=201,
        responses={200: {"description": "It had been given before.", "model": GrantOut}},
    )
    def give(
        society_id: OrganisationId,
        grant: GrantIn,
        response: Response,
        actor: Annotated[Actor, manager],
    ) -> GrantOut:
        """Let another organisation act in the society's stead; the same again changes nothing."""
        _own(actor, society_id)
        with database.write() as session:
            given, new = grants.add_grant(
                session,
                society_id,
                grantee_id=grant.grantee,
                action=grant.action,
                valid_from=grant.valid_from,
                valid_until=grant.valid_until,
                at=now(),
                who=actor.who,
            )
        response.status_code = 201 if new else 200
        return GrantOut.of(given, at=now())

    @router.get("")
    def list_given(society_id: OrganisationId, actor: Annotated[Actor, manager]) -> GrantList:
        """Every grant of the society, those that have ended too."""
        _own(actor, society_id)
        with database.read() as session:
            found = grants.list_grants(session, society_id)
        return GrantList(grants=[GrantOut.of(one, at=now()) for one in found])

    @router.delete("/{grant_id}")
    def end(
        society_id: OrganisationId, grant_id: str, actor: Annotated[Actor, manager]
    ) -> GrantOut:
        """End a grant at once; what was done under it stays done."""
        _own(actor, society_id)
        with database.write() as session:
            ended = grants.end_grant(session, society_id, grant_id, at=now(), who=actor.who)
        return GrantOut.of(ended, at=now())

    return router


def _own(actor: Actor, society_id: str) -> None:
    if not rules.may(actor, SCOPE, society_id):
        raise Forbidden("A society's grants are its own to give.")
