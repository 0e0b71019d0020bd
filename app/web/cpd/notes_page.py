"""Notes on one's own development: plan, record, reflect, evaluate. For their engineer's eyes."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.platform.problems import Conflict, DomainError, Invalid
from app.recognition.planning import notes
from app.recognition.planning.notes import NewNote, Stage
from app.recognition.register import service as register
from app.web.cpd.frame import HOME, Study, registry_name
from app.web.room import MAX_FORM_BYTES

NOTES = HOME + "/notes"
NOTE = NOTES + "/{note_id}"
NoteId = Annotated[str, Path(max_length=36)]
Field = Annotated[str, Form(max_length=64)]
Cursor = Annotated[str | None, Query(max_length=200)]
PAGE = 50
FORM_BYTES = MAX_FORM_BYTES + 4 * notes.LONGEST


def _filled(
    stage: Field = "",
    text: Annotated[str, Form(max_length=2 * notes.LONGEST)] = "",
    registry: Field = "",
    day: Field = "",
    in_pack: Field = "",
) -> NewNote:
    return NewNote(stage, text, registry, day, bool(in_pack))


New = Annotated[NewNote, Depends(_filled)]


def build_router(study: Study) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    room = study.room
    Person = Annotated[Visitor, Depends(room.guard.person)]  # noqa: N806 - a type

    @router.api_route(NOTES, methods=["GET", "HEAD"])
    def list_notes(request: Request, visitor: Person, cursor: Cursor = None) -> Response:
        return _page(request, study, visitor, cursor=cursor)

    @router.post(NOTES, max_body_size=FORM_BYTES)
    def add(request: Request, visitor: Person, new: New) -> Response:
        try:
            with room.database.write() as session:
                mine = _registries(session, visitor)
                notes.add(session, visitor.person_id, new, registries=list(mine), at=room.now())
        except (Invalid, Conflict) as error:
            return _page(request, study, visitor, trouble=error, given=new)
        return RedirectResponse(NOTES, 303)

    @router.api_route(NOTE, methods=["GET", "HEAD"])
    def note(request: Request, note_id: NoteId, visitor: Person) -> Response:
        with room.database.read() as session:
            one = notes.get(session, visitor.person_id, note_id)
        given = NewNote(one.stage, one.text, one.registry_id or "", str(one.day), one.in_pack)
        return _page(request, study, visitor, given=given, changing=note_id)

    @router.post(NOTE, max_body_size=FORM_BYTES)
    def change(request: Request, note_id: NoteId, visitor: Person, new: New) -> Response:
        try:
            with room.database.write() as session:
                mine = _registries(session, visitor)
                notes.change(
                    session, visitor.person_id, note_id, new, registries=list(mine), at=room.now()
                )
        except Invalid as error:
            return _page(request, study, visitor, trouble=error, given=new, changing=note_id)
        return RedirectResponse(NOTES, 303)

    @router.post(NOTE + "/remove", max_body_size=MAX_FORM_BYTES)
    def remove(note_id: NoteId, visitor: Person) -> Response:
        with room.database.write() as session:
            notes.remove(session, visitor.person_id, note_id, at=room.now())
        return RedirectResponse(NOTES, 303)

    return router


def _registries(session: Session, visitor: Visitor) -> dict[str, str]:
    """The registries that know the visitor, and what they are called."""
    found = register.of_person(session, visitor.person_id)
    return {one.registry_id: registry_name(session, one.registry_id) for one in found}


def _page(
    request: Request,
    study: Study,
    visitor: Visitor,
    *,
    cursor: str | None = None,
    trouble: DomainError | None = None,
    given: NewNote | None = None,
    changing: str = "",
) -> Response:
    with study.room.database.read() as session:
        found = notes.page(session, visitor.person_id, cursor=cursor, limit=PAGE)
        registries = _registries(session, visitor)
    values: dict[str, Any] = {
        "notes": found.items,
        "next_cursor": found.next_cursor,
        "registries": registries,
        "stages": [str(one) for one in Stage],
        "given": asdict(given or NewNote(day=str(study.room.now().date()))),
        "changing": changing,
        "longest": notes.LONGEST,
    }
    return study.page(request, "cpd_notes.html", values, trouble=trouble)
