"""Files of an entry: given in, looked at, taken away. They leave as downloads, never as pages."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.platform.problems import Conflict, FieldProblem, Invalid
from app.platform.threads import run_costly
from app.recognition.planning import evidence
from app.recognition.planning.evidence import Evidence
from app.web.cpd.entries_page import ENTRY, EntryId, shown
from app.web.cpd.frame import Study
from app.web.room import MAX_FORM_BYTES, PRIVATE

FILE_BYTES = evidence.MOST_BYTES + 64 * 1024
FileId = Annotated[str, Path(max_length=36)]


def build_router(study: Study) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    _own(router, study)
    return router


def _own(router: APIRouter, study: Study) -> None:
    room = study.room
    Person = Annotated[Visitor, Depends(room.guard.person)]  # noqa: N806 - a type

    def keep(visitor: Visitor, entry_id: str, name: str, data: bytes) -> None:
        with room.database.write() as session:
            evidence.attach(
                session, visitor.person_id, entry_id, name=name, data=data, at=room.now()
            )

    @router.post(ENTRY + "/evidence", max_body_size=FILE_BYTES)
    async def attach(request: Request, entry_id: EntryId, visitor: Person) -> Response:
        try:
            name, data = await _uploaded(request)
            await run_costly(lambda: keep(visitor, entry_id, name, data))
        except (Invalid, Conflict) as error:
            trouble = error
            return await run_costly(
                lambda: shown(request, study, visitor, entry_id, trouble=trouble)
            )
        return RedirectResponse(f"{ENTRY.format(entry_id=entry_id)}#files", 303)

    @router.get(ENTRY + "/evidence/{evidence_id}")
    def fetch(entry_id: EntryId, evidence_id: FileId, visitor: Person) -> Response:
        with room.database.read() as session:
            return as_download(evidence.fetch(session, visitor.person_id, evidence_id))

    @router.post(ENTRY + "/evidence/{evidence_id}/remove", max_body_size=MAX_FORM_BYTES)
    def remove(entry_id: EntryId, evidence_id: FileId, visitor: Person) -> Response:
        with room.database.write() as session:
            evidence.remove(session, visitor.person_id, evidence_id, at=room.now())
        return RedirectResponse(f"{ENTRY.format(entry_id=entry_id)}#files", 303)


def as_download(one: Evidence) -> Response:
    """A file as it came. No browser shows it as a page of this site."""
    name = quote(one.name, safe="")
    headers = {
        **PRIVATE,
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(one.data, media_type=one.media_type, headers=headers)


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
        problem = FieldProblem("/file", "form-broken", "Send the form again.")
        raise Invalid("The form was cut short or is broken.", fields=[problem]) from error
    return name or "", data
