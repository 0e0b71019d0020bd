"""Holder's links over HTTP: the issuer makes one, hands it over, renews it, ends it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from app.identity import grants
from app.identity.access import Guard
from app.identity.model import Actor
from app.platform import clock
from app.platform.db import Database
from app.platform.problems import NotFound
from app.records import service as records
from app.records.sharing import service
from app.records.sharing.model import HolderLink

MAX_BODY_BYTES = 4 * 1024
_SCOPE = "records:issue"
_PRIVATE = {"Cache-Control": "private, no-store"}


class HolderLinkIn(BaseModel):
    """How long the link is to last."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ends_at: AwareDatetime | None = Field(
        None, description="When the link ends; never, when it is left out."
    )


class HolderLinkOut(BaseModel):
    """A record's holder's link."""

    created_at: datetime
    ends_at: datetime | None
    url: str | None = Field(
        description="The secret address of the holder's page. Told once, when it is made: hand it "
        "to the holder and keep it nowhere."
    )


def build_router(
    *,
    database: Database,
    guard: Guard,
    public_url: str,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["records"])

    @router.post("/records/{record_id}/holder-link", status_code=201, max_body_size=MAX_BODY_BYTES)
    def make_holder_link(
        record_id: str,
        response: Response,
        actor: Annotated[Actor, Depends(guard.scope(_SCOPE))],
        wanted: HolderLinkIn | None = None,
    ) -> HolderLinkOut:
        """Make the link to hand to the record's holder; a link made before ends."""
        at = now()
        with database.write() as session:
            _own(session, record_id, actor, at=at)
            link = service.renew_holder_link(
                session,
                record_id,
                ends_at=wanted.ends_at if wanted else None,
                at=at,
                who=actor.who,
            )
        response.headers.update(_PRIVATE)
        return _told(link, url=f"{public_url}/holder/{link.secret}")

    @router.get("/records/{record_id}/holder-link")
    def read_holder_link(
        record_id: str,
        response: Response,
        actor: Annotated[Actor, Depends(guard.scope(_SCOPE))],
    ) -> HolderLinkOut:
        """Whether there is a link and how long it lasts; its address is not kept."""
        at = now()
        with database.read() as session:
            _own(session, record_id, actor, at=at)
            link = service.holder_link(session, record_id, at=at)
        response.headers.update(_PRIVATE)
        return _told(link, url=None)

    @router.delete("/records/{record_id}/holder-link", status_code=204)
    def end_holder_link(
        record_id: str, actor: Annotated[Actor, Depends(guard.scope(_SCOPE))]
    ) -> None:
        """End the link; what the holder shared stays shared until it ends."""
        at = now()
        with database.write() as session:
            _own(session, record_id, actor, at=at)
            service.end_holder_link(session, record_id, at=at, who=actor.who)

    return router


def _own(session: Session, record_id: str, actor: Actor, *, at: datetime) -> None:
    record = records.get_record(session, record_id)
    if not grants.may(session, actor, _SCOPE, record.society_id, at=at):
        raise NotFound("There is no such record.")


def _told(link: HolderLink, *, url: str | None) -> HolderLinkOut:
    return HolderLinkOut(created_at=link.created_at, ends_at=link.ends_at, url=url)
