"""Rosters over HTTP: submit one, follow it, see its errors and records, decide about it."""

import csv
import io
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, BinaryIO, cast

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.datastructures import UploadFile

from app.identity import grants
from app.identity.access import Forbidden, Guard, OrganisationId
from app.identity.model import Actor
from app.platform import clock
from app.platform.db import Database
from app.platform.problems import FieldProblem, Invalid, NotFound
from app.platform.routing import together
from app.records.rosters import service, template
from app.records.rosters.model import Problem, Roster
from app.records.rosters.service import AT_ONCE, MOST_BYTES
from app.records.rosters.wire import (
    ProblemOut,
    ProblemPage,
    RejectionIn,
    RosterOut,
    RosterPage,
    RowOut,
    RowPage,
)
from app.records.rosters.work import Desk, go_on
from app.trust.signer import Signer

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_IN_MEMORY = 1024 * 1024
_PRIVATE = {"Cache-Control": "private, no-store"}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_BODY = {
    "required": True,
    "content": {
        "text/csv": _BYTES,
        XLSX: _BYTES,
        "application/json": {"schema": {"type": "array"}},
        "application/x-ndjson": _BYTES,
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        },
    },
}
_NO_FIELD = "Take it out; what is asked goes into the address, such as ?all_or_nothing=true."
Cursor = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=1000)]


@dataclass(frozen=True, slots=True)
class _Room:
    """What the routes of rosters share."""

    desk: Desk
    guard: Guard

    def own(self, actor: Actor, action: str, society_id: str) -> None:
        """Raises ``Forbidden`` unless the actor may do this for the society."""
        with self.desk.database.read() as session:
            may = grants.may(session, actor, action, society_id, at=self.desk.now())
        if not may:
            raise Forbidden("A client works on its own society's rosters, or with its grant.")

    def roster(self, actor: Actor, action: str, society_id: str, roster_id: str) -> Roster:
        """The roster, to those who may do ``action``; to all others there is none."""
        with self.desk.database.read() as session:
            if not grants.may(session, actor, action, society_id, at=self.desk.now()):
                raise NotFound("There is no such roster.")
            return service.get_roster(session, society_id, roster_id)

    def told(self, roster: Roster) -> RosterOut:
        return RosterOut.of(roster, public_url=self.desk.public_url, at=self.desk.now())


async def _upload(request: Request) -> AsyncIterator[BinaryIO]:
    """The uploaded file, on disk when it is large; gone when the request has been answered."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=5) as form:
            held = form.get("file")
            if not isinstance(held, UploadFile):
                raise Invalid(
                    "The form holds no file.",
                    fields=[FieldProblem("file", "file-missing", "Name the file's field `file`.")],
                )
            if unknown := sorted(set(form) - {"file"}):
                raise Invalid(
                    "The form holds more than a file.",
                    fields=[FieldProblem(name, "form-field", _NO_FIELD) for name in unknown],
                )
            yield held.file
        return
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spooled:
        async for piece in request.stream():
            spooled.write(piece)
        spooled.seek(0)
        yield cast(BinaryIO, spooled)


def build_router(
    *,
    database: Database,
    signer: Signer,
    guard: Guard,
    public_url: str,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """All routes of rosters; the templates are public."""
    room = _Room(Desk(database, signer, public_url, now), guard)
    return together(_templates(guard), _submitting(room), _following(room), _deciding(room))


def _templates(guard: Guard) -> APIRouter:
    router = APIRouter(
        prefix="/api/v1/rosters", tags=["rosters"], dependencies=[Depends(guard.public)]
    )

    @router.get("/template.csv", response_class=Response)
    def csv_template() -> Response:
        """An empty roster as CSV: its headers."""
        return _file(template.as_csv(), "text/csv; charset=utf-8", "roster.csv")

    @router.get("/template.xlsx", response_class=Response)
    def xlsx_template() -> Response:
        """An empty roster as a workbook, with every column explained and lists to choose from."""
        return _file(template.as_xlsx(), XLSX, "roster.xlsx")

    @router.get("/template.json", response_class=Response)
    def json_template() -> Response:
        """A roster of one row as JSON."""
        return _file(template.as_json(), "application/json", "roster.json")

    return router


def _file(data: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=media_type, headers=headers)


def _submitting(room: _Room) -> APIRouter:
    router = APIRouter(prefix="/api/v1/societies/{society_id}/rosters", tags=["rosters"])
    desk = room.desk

    @router.post(
        "",
        status_code=202,
        max_body_size=MOST_BYTES,
        openapi_extra={"requestBody": _BODY},
        responses={200: {"description": "It was submitted before.", "model": RosterOut}},
    )
    def submit(
        *,
        society_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, Depends(room.guard.scope("records:issue"))],
        file: Annotated[BinaryIO, Depends(_upload)],
        all_or_nothing: Annotated[
            bool, Query(description="Issue nothing when any row has errors.")
        ] = False,
        idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
    ) -> RosterOut:
        """Submit a roster: CSV, XLSX, JSON or NDJSON. A small one is checked before this answers.

        It is issued once it is checked, and approved where the society wants that.
        """
        room.own(actor, "records:issue", society_id)
        roster = service.submit(
            desk.database,
            file,
            society_id=society_id,
            who=actor.who,
            at=desk.now(),
            all_or_nothing=all_or_nothing,
            idempotency_key=idempotency_key,
        )
        response.status_code = 202 if roster.created else 200
        response.headers.update(_PRIVATE)
        if roster.created and roster.size <= AT_ONCE:
            go_on(desk, roster.id, batches=0)
        with desk.database.read() as session:
            return room.told(service.get_roster(session, society_id, roster.id))

    @router.get("")
    def list_rosters(
        society_id: OrganisationId,
        actor: Annotated[Actor, Depends(room.guard.scope("records:read"))],
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> RosterPage:
        """A society's rosters, newest first."""
        room.own(actor, "records:read", society_id)
        with desk.database.read() as session:
            page = service.list_rosters(session, society_id, cursor=cursor, limit=limit)
        return RosterPage(rosters=list(map(room.told, page.items)), next_cursor=page.next_cursor)

    return router


def _following(room: _Room) -> APIRouter:
    router = APIRouter(
        prefix="/api/v1/societies/{society_id}/rosters/{roster_id}", tags=["rosters"]
    )
    desk = room.desk
    reader = Depends(room.guard.scope("records:read"))

    @router.get("")
    def roster(
        society_id: OrganisationId, roster_id: str, actor: Annotated[Actor, reader]
    ) -> RosterOut:
        """How far a roster has come."""
        return room.told(room.roster(actor, "records:read", society_id, roster_id))

    @router.get("/errors.csv", response_class=Response)
    def errors_csv(
        society_id: OrganisationId, roster_id: str, actor: Annotated[Actor, reader]
    ) -> Response:
        """Every error of a roster, as CSV."""
        found = room.roster(actor, "records:read", society_id, roster_id)
        lines = csv_lines(service.all_errors(desk.database, found.id))
        headers = {**_PRIVATE, "Content-Disposition": 'attachment; filename="errors.csv"'}
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)

    @router.get("/errors")
    def errors(
        society_id: OrganisationId,
        roster_id: str,
        actor: Annotated[Actor, reader],
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> ProblemPage:
        """What is wrong in a roster, by row and field, with what mends it."""
        found = room.roster(actor, "records:read", society_id, roster_id)
        with desk.database.read() as session:
            page = service.errors(session, found.id, cursor=cursor, limit=limit)
        return ProblemPage(
            errors=[ProblemOut.of(one) for one in page.items], next_cursor=page.next_cursor
        )

    @router.get("/records")
    def records(
        society_id: OrganisationId,
        roster_id: str,
        actor: Annotated[Actor, reader],
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> RowPage:
        """The rows of a roster that have a record."""
        found = room.roster(actor, "records:read", society_id, roster_id)
        with desk.database.read() as session:
            page = service.records(session, found.id, cursor=cursor, limit=limit)
        address = f"{desk.public_url}/api/v1/records"
        rows = [
            RowOut(row=number, state=state, record=record, json_url=f"{address}/{record}")
            for number, state, record in page.items
        ]
        return RowPage(records=rows, next_cursor=page.next_cursor)

    return router


def _deciding(room: _Room) -> APIRouter:
    router = APIRouter(
        prefix="/api/v1/societies/{society_id}/rosters/{roster_id}", tags=["rosters"]
    )
    desk = room.desk
    approver = Depends(room.guard.scope("records:approve"))

    @router.post("/approve")
    def approve(
        society_id: OrganisationId, roster_id: str, actor: Annotated[Actor, approver]
    ) -> RosterOut:
        """Let a roster be issued that somebody else submitted."""
        found = room.roster(actor, "records:approve", society_id, roster_id)
        with desk.database.write() as session:
            return room.told(service.approve(session, found.id, at=desk.now(), who=actor.who))

    @router.post("/reject")
    def reject(
        society_id: OrganisationId,
        roster_id: str,
        rejection: RejectionIn,
        actor: Annotated[Actor, approver],
    ) -> RosterOut:
        """Say no to a roster that waits for approval, and why."""
        found = room.roster(actor, "records:approve", society_id, roster_id)
        with desk.database.write() as session:
            return room.told(
                service.reject(
                    session,
                    found.id,
                    reason=rejection.reason,
                    at=desk.now(),
                    who=actor.who,
                )
            )

    @router.post("/cancel")
    def cancel(
        society_id: OrganisationId,
        roster_id: str,
        actor: Annotated[Actor, Depends(room.guard.scope("records:issue"))],
    ) -> RosterOut:
        """Stop a roster; the records that are out stay out."""
        found = room.roster(actor, "records:issue", society_id, roster_id)
        with desk.database.write() as session:
            return room.told(service.cancel(session, found.id, at=desk.now(), who=actor.who))

    return router


def csv_lines(problems: Iterator[Problem]) -> Iterator[bytes]:
    """Errors as CSV, for a spreadsheet: a cell that would be a formula there is told as text."""
    yield _line("row", "column", "field", "value", "code", "mend", mark=True)
    for one in problems:
        yield _line(str(one.row), one.letter, one.field, one.value, one.code, one.mend)


def _line(*cells: str | None, mark: bool = False) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([_as_text(cell or "") for cell in cells])
    return text.getvalue().encode("utf-8-sig" if mark else "utf-8")


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
