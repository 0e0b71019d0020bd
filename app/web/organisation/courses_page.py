"""The courses that a society publishes itself: what there is, what is to be mended, a spreadsheet.

A spreadsheet is published in two steps. First it is checked, and a page shows what would come of
it, row by row; only then somebody says that it shall be published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.identity import rules as access
from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.problems import DomainError, FieldProblem, Invalid
from app.platform.threads import run_costly
from app.publishing import service, sheets, store, template
from app.publishing.model import Place, State, Wanted
from app.web.organisation.tabs import shown
from app.web.room import MAX_FORM_BYTES, PRIVATE, Room

READ, WRITE = "catalogue:read", "catalogue:write"
ON_A_PAGE = 50
MOST_LINES = 300
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORM_BYTES = sheets.MOST_BYTES + 64 * 1024
_Text = Annotated[str, Query(max_length=200)]
_Id = Annotated[str, Path(max_length=36)]


@dataclass(frozen=True, slots=True)
class Asked:
    """The form as it was sent."""

    text: str = ""
    issue: str = ""
    state: str = ""

    @property
    def wanted(self) -> Wanted:
        known = {str(one) for one in State}
        state = State(self.state) if self.state in known else None
        return Wanted(state, self.issue or None, self.text or None)

    def query(self, **more: str) -> str:
        """The form as a query, for links that keep it."""
        given = {"text": self.text, "issue": self.issue, "state": self.state, **more}
        return urlencode({name: value for name, value in given.items() if value})


def _asked(text: _Text = "", issue: _Text = "", state: _Text = "") -> Asked:
    return Asked(text.strip(), issue.strip(), state.strip())


@dataclass(frozen=True, slots=True)
class _Page:
    """What the routes share."""

    room: Room
    quota: int

    def courses(
        self, request: Request, actor: Actor, asked: Asked, *, cursor: str = "",
        trouble: DomainError | None = None,
    ) -> Response:  # fmt: skip
        """The list, also with what was wrong with a file."""
        with self.room.database.read() as session:
            place = service.society_place(session, actor.organisation_id, sandbox=False)
            found, cursor_trouble = _found(session, place, asked, cursor)
            values: Mapping[str, Any] = {
                **shown(session, actor, "courses"),
                "asked": asked,
                "courses": found.items,
                "live": store.count_live(session, place),
                "codes": store.code_counts(session, place),
                "older": asked.query(cursor=found.next_cursor) if found.next_cursor else "",
                "newest": asked.query() if cursor else None,
                "may_write": access.may(actor, WRITE, actor.organisation_id),
                "trouble": trouble or cursor_trouble,
                "wrong_file": " ".join(one.detail for one in trouble.fields) if trouble else "",
                "most_rows": sheets.MOST_ROWS,
                "most_megabytes": sheets.MOST_BYTES // 1024**2,
            }
        status = trouble.status if trouble else 422 if cursor_trouble else 200
        return self.room.page(request, "organisation_courses.html", values, status=status)

    def sheet(self, request: Request, actor: Actor, sheet_id: str) -> Response:
        """What publishing a sheet would do, or has done."""
        at = self.room.now()
        with self.room.database.read() as session:
            place = service.society_place(session, actor.organisation_id, sandbox=False)
            kept = sheets.get(session, place.society_id, sheet_id, at=at)
            frame = shown(session, actor, "courses")
        preview = sheets.preview(self.room.database, place, kept, quota=self.quota, at=at)
        values = {
            **frame,
            "kept": kept,
            "preview": preview,
            "lines": preview.lines[:MOST_LINES],
            "more": max(0, len(preview.lines) - MOST_LINES),
        }
        return self.room.page(request, "organisation_course_sheet.html", values)

    def keep(self, actor: Actor, name: str, data: bytes) -> str:
        """Check a file and keep its rows. Raises ``SheetUnreadable``."""
        with self.room.database.write() as session:
            place = service.society_place(session, actor.organisation_id, sandbox=False)
            return sheets.keep(
                session, place.society_id, name=name, data=data, who=actor.who,
                at=self.room.now(),
            )  # fmt: skip

    def publish(self, actor: Actor, sheet_id: str) -> None:
        """Publish what can be."""
        at = self.room.now()
        with self.room.database.read() as session:
            place = service.society_place(session, actor.organisation_id, sandbox=False)
            kept = sheets.get(session, place.society_id, sheet_id, at=at)
        sheets.publish(self.room.database, place, kept, quota=self.quota, who=actor.who, at=at)


def build_router(room: Room, *, quota: int) -> APIRouter:
    """``quota`` is how many live courses one society may have published."""
    router = APIRouter(include_in_schema=False, prefix="/organisations/{organisation_id}/courses")
    page = _Page(room, quota)
    _add_list(router, page)
    _add_sheets(router, page)
    return router


def _add_list(router: APIRouter, page: _Page) -> None:
    reader = Depends(page.room.guard.member(READ))

    @router.api_route("", methods=["GET", "HEAD"])
    def list_courses(
        request: Request,
        actor: Annotated[Actor, reader],
        asked: Annotated[Asked, Depends(_asked)],
        cursor: _Text = "",
    ) -> Response:
        return page.courses(request, actor, asked, cursor=cursor)

    @router.get("/template.{ending}")
    def course_template(
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        ending: Annotated[Literal["xlsx", "csv"], Path()],
    ) -> Response:
        """An empty table to fill in."""
        data = template.as_xlsx() if ending == "xlsx" else template.as_csv()
        named = f'attachment; filename="courses.{ending}"'
        kind = XLSX if ending == "xlsx" else "text/csv; charset=utf-8"
        return Response(data, media_type=kind, headers={**PRIVATE, "Content-Disposition": named})


def _add_sheets(router: APIRouter, page: _Page) -> None:
    writer = Depends(page.room.guard.member(WRITE))

    @router.post("/sheets", max_body_size=_FORM_BYTES)
    async def check_sheet(
        request: Request, organisation_id: OrganisationId, actor: Annotated[Actor, writer]
    ) -> Response:
        try:
            name, data = await _uploaded(request)
            sheet_id = await run_costly(lambda: page.keep(actor, name, data))
        except DomainError as error:
            trouble = error
            return await run_costly(lambda: page.courses(request, actor, Asked(), trouble=trouble))
        return RedirectResponse(f"/organisations/{organisation_id}/courses/sheets/{sheet_id}", 303)

    @router.api_route("/sheets/{sheet_id}", methods=["GET", "HEAD"])
    def show_sheet(request: Request, actor: Annotated[Actor, writer], sheet_id: _Id) -> Response:
        return page.sheet(request, actor, sheet_id)

    @router.post("/sheets/{sheet_id}/publish", max_body_size=MAX_FORM_BYTES)
    async def publish_sheet(
        organisation_id: OrganisationId, actor: Annotated[Actor, writer], sheet_id: _Id
    ) -> Response:
        await run_costly(lambda: page.publish(actor, sheet_id))
        return RedirectResponse(f"/organisations/{organisation_id}/courses/sheets/{sheet_id}", 303)


def _found(session: Session, place: Place, asked: Asked, cursor: str) -> Any:
    """One page of the list; a cursor that somebody made up is told of and left out."""
    listing, wanted = service.listing, asked.wanted
    try:
        return listing(session, place, wanted, cursor=cursor or None, limit=ON_A_PAGE), None
    except DomainError as error:
        return listing(session, place, wanted, cursor=None, limit=ON_A_PAGE), error


async def _uploaded(request: Request) -> tuple[str, bytes]:
    """The name and the bytes of the form's file. Raises ``Invalid``."""
    try:
        async with request.form(max_files=1, max_fields=4) as form:
            held = form.get("file")
            data = await held.read() if isinstance(held, UploadFile) else b""
            name = held.filename if isinstance(held, UploadFile) else None
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise Invalid("The form was cut short or is broken; send it again.") from error
    if not data:
        problem = FieldProblem("file", "file-missing", "Choose a file that is not empty.")
        raise Invalid("No file was given.", fields=[problem])
    return name or "", data
