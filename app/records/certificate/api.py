"""Certificates and badges over HTTP, for the society that issued the record.

No name can be given here: it would stand in an address, and addresses are kept in logs. The
holder's page and ``opencpd certificate`` take one.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app.identity import grants
from app.identity.access import Guard
from app.identity.model import Actor
from app.platform import clock
from app.platform.db import Database
from app.platform.problems import NotFound
from app.records import service as records
from app.records.certificate import service
from app.records.certificate.known import bundle_for
from app.records.certificate.press import Press
from app.records.certificate.service import MEDIA_TYPES, Form, Wish

_TAG = Query(description="BCP 47 tag of the page's language; by default that of the course.")


def build_router(
    *,
    database: Database,
    guard: Guard,
    press: Press,
    public_url: str,
    node_name: str,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """Include it before the routes of records, whose ids would take the endings."""
    router = APIRouter(prefix="/api/v1", tags=["records"])

    def made(record_id: str, actor: Actor, wish: Wish) -> Response:
        at = now()
        with database.read() as session:
            record = records.get_record(session, record_id)
            if not grants.may(session, actor, "records:read", record.society_id, at=at):
                raise NotFound("There is no such record.")
            known = bundle_for(session, record.json, at=at)
        body = service.make(
            press,
            record.json,
            wish,
            bundle=known,
            public_url=public_url,
            node_name=node_name,
            at=at,
        )
        return file_answer(body, form=wish.form, record_id=record_id)

    @router.get("/records/{record_id}.pdf", response_class=Response)
    def record_pdf(
        record_id: str,
        actor: Annotated[Actor, Depends(guard.scope("records:read"))],
        language: Annotated[str | None, _TAG] = None,
    ) -> Response:
        """The certificate: a page of A4 with a code, the record attached (PDF/A-3)."""
        return made(record_id, actor, Wish(Form.PDF, language))

    @router.get("/records/{record_id}.png", response_class=Response)
    def record_png(
        record_id: str,
        actor: Annotated[Actor, Depends(guard.scope("records:read"))],
        language: Annotated[str | None, _TAG] = None,
    ) -> Response:
        """The badge as a PNG with the record baked in (Open Badges 3.0)."""
        return made(record_id, actor, Wish(Form.PNG, language))

    @router.get("/records/{record_id}.svg", response_class=Response)
    def record_svg(
        record_id: str,
        actor: Annotated[Actor, Depends(guard.scope("records:read"))],
        language: Annotated[str | None, _TAG] = None,
    ) -> Response:
        """The badge as an SVG with the record baked in (Open Badges 3.0)."""
        return made(record_id, actor, Wish(Form.SVG, language))

    return router


def file_answer(body: bytes, *, form: Form, record_id: str) -> Response:
    """A file to keep, private to whoever asked."""
    return Response(
        body,
        media_type=MEDIA_TYPES[form],
        headers={
            "Cache-Control": "private, no-store",
            "Content-Disposition": f'attachment; filename="record-{record_id}.{form.value}"',
        },
    )
