"""The audit trail over HTTP: an organisation's own history, for its auditors' programs."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.identity import rules
from app.identity.access import Forbidden, Guard, OrganisationId
from app.identity.audit import reading
from app.identity.audit.reading import Noted
from app.identity.model import Actor
from app.platform.db import Database

SCOPE = "admin:audit"
MOST = 200


class AuditQuery(BaseModel):
    """Which part of the history is wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: str = Field(
        "",
        max_length=64,
        description="An action such as `record.issue`, or its beginning such as `record`.",
    )
    who: str = Field("", max_length=128, description="Exactly as the entries name it.")
    subject: str = Field("", max_length=200, description="Exactly as the entries name it.")
    since: AwareDatetime | None = Field(None, description="From this moment on.")
    until: AwareDatetime | None = Field(None, description="Before this moment.")
    cursor: str | None = Field(None, max_length=100, description="`next_cursor` of a page.")
    limit: int = Field(50, ge=1, le=MOST)


class AuditEntryOut(BaseModel):
    """One change of state."""

    id: int
    at: datetime
    who: str = Field(description="`client:<id>`, `person:<id>` or `system:<command>`.")
    action: str = Field(examples=["record.issue"])
    subject: str = Field(description="`<kind>:<id>` of what was changed.")
    before: Any | None
    after: Any | None
    position: int | None = Field(
        description="The row's place in the chain; null for the moment until it is sealed."
    )
    hash: str | None = Field(
        description="SHA-256 over the hash of the position before and this row as canonical JSON."
    )

    @classmethod
    def of(cls, noted: Noted) -> "AuditEntryOut":
        """What is told of a row."""
        return cls(
            id=noted.id,
            at=noted.at,
            who=noted.who,
            action=noted.action,
            subject=noted.subject,
            before=noted.before,
            after=noted.after,
            position=noted.position,
            hash=noted.hash,
        )


class AuditPage(BaseModel):
    """One page of the history, newest first."""

    entries: list[AuditEntryOut]
    next_cursor: str | None = Field(description="For `cursor`; null on the last page.")


def build_router(*, database: Database, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["access"])

    @router.get("/organisations/{organisation_id}/audit")
    def list_audit(
        organisation_id: OrganisationId,
        actor: Annotated[Actor, Depends(guard.scope(SCOPE))],
        query: Annotated[AuditQuery, Query()],
    ) -> AuditPage:
        """Who changed what in the organisation, newest first."""
        if not rules.may(actor, SCOPE, organisation_id):
            raise Forbidden(f"This client does not act for {organisation_id}.")
        wanted = reading.Filter(query.action, query.who, query.subject, query.since, query.until)
        with database.read() as session:
            found = reading.search(
                session, organisation_id, wanted, cursor=query.cursor, limit=query.limit
            )
        return AuditPage(
            entries=[AuditEntryOut.of(one) for one in found.items], next_cursor=found.next_cursor
        )

    return router
