"""The holder's page: the record in plain words, its standing today, its forms, its share links.

The holder needs no account; the address is the key. Who has one can keep the record in it.
Everything works without JavaScript, and what changes something is a POST, which ``csrf`` refuses
from other sites.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, params
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import Guard
from app.identity.model import Visitor
from app.platform import clock
from app.platform.db import Database
from app.platform.problems import DomainError, NotFound
from app.platform.routing import together
from app.records import service as records
from app.records.certificate.content import qr_png
from app.records.certificate.languages import LANGUAGES
from app.records.certificate.service import LONGEST_NAME, Wish
from app.records.certificate.service import Form as RecordForm
from app.records.keeping import service as keeping
from app.records.sharing import service
from app.records.sharing.model import HolderLink, NewShare
from app.records.sharing.service import LONGEST_LABEL, LONGEST_SHARE
from app.web.links import Desk, held
from app.web.rendering import Site

Secret = Annotated[str, Path(max_length=100)]
Field = Annotated[str, Form(max_length=1000)]
_USUAL_DAYS = 30
_MAX_BODY_BYTES = 16 * 1024


def end_of(day: str) -> datetime | None:
    """The moment after a day written as ISO 8601 has ended everywhere but a few islands (UTC)."""
    try:
        return datetime.combine(date.fromisoformat(day), time(0), UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        return None


def build_router(
    *,
    database: Database,
    guard: Guard,
    site: Site,
    desk: Desk,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    page = _Page(site, desk)
    return together(
        _reading(database, guard, page, desk, now), _sharing(database, guard, page, now)
    )


def _door(guard: Guard) -> Sequence[params.Depends]:
    """Open to anybody; who is signed in is noted before a transaction begins."""

    def meet(request: Request) -> None:
        request.state.visitor = guard.visitor(request)

    return [Depends(guard.public), Depends(meet)]


def _reading(
    database: Database, guard: Guard, page: "_Page", desk: Desk, now: Callable[[], datetime]
) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=_door(guard))

    @router.api_route("/holder/{secret}", methods=["GET", "HEAD"])
    def holder(secret: Secret, request: Request) -> Response:
        at = now()
        with database.read() as session:
            return page.render(session, service.enter(session, secret, at=at), request, at=at)

    @router.get("/holder/{secret}/record.{ending}")
    def holder_file(secret: Secret, ending: str) -> Response:
        at = now()
        with database.read() as session:
            shown = held(session, service.enter(session, secret, at=at).record_id, at=at)
        return desk.file(shown, ending, at=at)

    @router.get("/holder/{secret}/code.png")
    def holder_code(secret: Secret) -> Response:
        """The record as a printed code, for the page on paper."""
        at = now()
        with database.read() as session:
            link = service.enter(session, secret, at=at)
            record = records.get_record(session, link.record_id)
        code = qr_png(record.json, public_url=desk.public_url)
        if code is None:
            raise NotFound("The record is too long for a code.")
        return Response(code, media_type="image/png")

    @router.post("/holder/{secret}/certificate", max_body_size=_MAX_BODY_BYTES)
    def holder_certificate(
        secret: Secret, request: Request, name: Field = "", language: Field = ""
    ) -> Response:
        at = now()
        with database.read() as session:
            link = service.enter(session, secret, at=at)
            shown = held(session, link.record_id, at=at)
            try:
                wish = Wish(RecordForm.PDF, language or None, name)
                return desk.made(shown, wish, at=at)
            except DomainError as error:
                given = {"name": name, "chosen": language}
                return page.render(
                    session, link, request, at=at, trouble=error, place="take", given=given
                )

    return router


def _sharing(
    database: Database, guard: Guard, page: "_Page", now: Callable[[], datetime]
) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=_door(guard))

    @router.post("/holder/{secret}/shares", max_body_size=_MAX_BODY_BYTES)
    def add_share(
        secret: Secret,
        request: Request,
        label: Field = "",
        until: Field = "",
        downloads: Field = "",
    ) -> Response:
        at = now()
        with database.write() as session:
            link = service.enter(session, secret, at=at)
            new = NewShare(label, end_of(until) or at, bool(downloads))
            try:
                service.add_share(session, link, new, at=at)
            except DomainError as error:
                given = {"label": label, "until": until, "downloads": downloads}
                return page.render(
                    session, link, request, at=at, trouble=error, place="share", given=given
                )
        return RedirectResponse(f"/holder/{secret}#share", 303)

    @router.post("/holder/{secret}/shares/{share_id}/end", max_body_size=_MAX_BODY_BYTES)
    def end_share(secret: Secret, share_id: str) -> Response:
        at = now()
        with database.write() as session:
            link = service.enter(session, secret, at=at)
            service.end_share(session, link, share_id, at=at)
        return RedirectResponse(f"/holder/{secret}#share", 303)

    return router


class _Page:
    """The page, also with what was wrong in a form on it."""

    def __init__(self, site: Site, desk: Desk) -> None:
        self._site = site
        self._desk = desk

    def render(
        self,
        session: Session,
        link: HolderLink,
        request: Request,
        *,
        at: datetime,
        trouble: DomainError | None = None,
        place: str = "",
        given: Mapping[str, str] | None = None,
    ) -> Response:
        shown = held(session, link.record_id, at=at)
        visitor: Visitor | None = request.state.visitor
        fields = {each.pointer: each.detail for each in trouble.fields} if trouble else {}
        today = at.date()
        usual = {
            "name": "",
            "chosen": "",
            "label": "",
            "until": str(today + timedelta(days=_USUAL_DAYS)),
            "downloads": "",
        }
        values = shown.values() | {
            "link": link,
            "address": f"/holder/{link.secret}",
            "shares": service.shares(session, link, at=at),
            "verify_url": f"{self._desk.public_url}/verify",
            "share_url": f"{self._desk.public_url}/shared/",
            "can_print": self._desk.press.ready,
            "languages": [
                (tag, language.locale.get_display_name()) for tag, language in LANGUAGES.items()
            ],
            "visitor": visitor,
            "kept": visitor and keeping.is_kept(session, visitor.person_id, link.record_id),
            "trouble": trouble,
            "place": place,
            "fields": fields,
            "given": usual | dict(given or {}),
            "first_day": str(today),
            "last_day": str(today + LONGEST_SHARE - timedelta(days=1)),
            "longest_label": LONGEST_LABEL,
            "longest_name": LONGEST_NAME,
        }
        status = trouble.status if trouble else 200
        return self._site.render(request, "holder.html", status=status, values=values)
