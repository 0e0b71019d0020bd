"""The organisations of this node over HTTP, for its operator's programs."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app.identity import organisations
from app.identity.access import Guard, OrganisationId
from app.identity.model import OPERATORS_ALONE, Actor, Kind, Organisation
from app.platform import clock
from app.platform.conditions import CHANGED_SINCE
from app.platform.db import Database
from app.records import enrolment
from app.records.enrolment import NewOrganisation, Office

PAGE, MOST = 50, 200


class NewOrganisationIn(BaseModel):
    """A society or a registry that is to act through this node."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(max_length=63, description="Short, as in a host name.", examples=["cse"])
    kind: Literal["society", "registry"]
    name: str = Field(max_length=300, examples=["Chinese Society of Engineers"])
    language: str = Field("en", max_length=35, description="The name's language (BCP 47).")
    country: str | None = Field(None, max_length=2, description="A society's, by ISO 3166-1.")
    url: str | None = Field(None, max_length=2000, description="A society's own web site.")
    issues: bool = Field(default=False, description="Whether to make keys for a society's records.")


class RenameIn(BaseModel):
    """What can be changed of an organisation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(max_length=300)


class ListedOut(BaseModel):
    """An organisation of this node, as its operator sees it."""

    id: str
    kind: Kind
    name: str
    members: int
    etag: str = Field(description="What `If-Match` wants when it is changed.")

    @classmethod
    def of(cls, one: Organisation, *, members: int) -> "ListedOut":
        """What is told of it."""
        tag = organisations.tag(one)
        return cls(id=one.id, kind=one.kind, name=one.name, members=members, etag=tag)


class ListedPage(BaseModel):
    """Some of the organisations, in the order of their ids."""

    items: list[ListedOut]
    next_cursor: str | None


def build_router(
    *,
    database: Database,
    guard: Guard,
    office: Office,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """The routes of ``/api/v1/organisations`` that are the operator's."""
    router = APIRouter(prefix="/api/v1/organisations", tags=["organisations"])
    allowed = guard.scope(OPERATORS_ALONE)
    _listing(router, allowed, database)
    _changing(router, allowed, database, office, now)
    return router


def _listing(router: APIRouter, allowed: Callable[..., Actor], database: Database) -> None:
    @router.get("")
    def list_organisations(
        actor: Annotated[Actor, Depends(allowed)],
        kind: Kind | None = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
    ) -> ListedPage:
        """The organisations of this node."""
        with database.read() as session:
            organisations.require_operator(session, actor)
            found = organisations.list_organisations(session, kind=kind, cursor=cursor, limit=limit)
            counts = organisations.member_counts(session, found.items)
        items = [ListedOut.of(one, members=counts.get(one.id, 0)) for one in found.items]
        return ListedPage(items=items, next_cursor=found.next_cursor)


def _changing(
    router: APIRouter,
    allowed: Callable[..., Actor],
    database: Database,
    office: Office,
    now: Callable[[], datetime],
) -> None:
    @router.post("", status_code=201)
    def add_organisation(
        new: NewOrganisationIn, response: Response, actor: Annotated[Actor, Depends(allowed)]
    ) -> ListedOut:
        """Let a society or a registry act through this node. An id that is taken is a conflict."""
        with database.write() as session:
            organisations.require_operator(session, actor)
            made = office.add(session, NewOrganisation(**new.model_dump()), at=now(), who=actor.who)
        response.headers["ETag"] = organisations.tag(made)
        return ListedOut.of(made, members=0)

    @router.patch("/{organisation_id}", responses=CHANGED_SINCE)
    def rename_organisation(
        organisation_id: OrganisationId,
        wanted: RenameIn,
        response: Response,
        actor: Annotated[Actor, Depends(allowed)],
        if_match: Annotated[str | None, Header()] = None,
    ) -> ListedOut:
        """Call an organisation otherwise; what it signed keeps the name it was signed with."""
        with database.write() as session:
            organisations.require_operator(session, actor)
            made = enrolment.rename(
                session, organisation_id, wanted.name, at=now(), who=actor.who, seen=if_match
            )
            counts = organisations.member_counts(session, [made])
        response.headers["ETag"] = organisations.tag(made)
        return ListedOut.of(made, members=counts.get(made.id, 0))
