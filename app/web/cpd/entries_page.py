"""Entries by hand: what no society issued a record of, with whatever shows that it took place."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.platform.problems import Conflict, DomainError, Invalid
from app.recognition.planning import entries, evidence
from app.recognition.planning.entries import EntryGiven
from app.recognition.planning.entry import KINDS, MODES, ROLES, Entry, NewEntry
from app.recognition.planning.giving import give
from app.recognition.register import service as register
from app.records.model import Tag
from app.records.rules import COMPETENCES
from app.web.cpd.frame import HOME, Study, mine, registry_name
from app.web.room import MAX_FORM_BYTES

ENTRIES = HOME + "/entries"
ENTRY = ENTRIES + "/{entry_id}"
EntryId = Annotated[str, Path(max_length=36)]
Field = Annotated[str, Form(max_length=1000)]
Many = Annotated[list[Annotated[str, Form(max_length=40)]], Form(max_length=40)]
Cursor = Annotated[str | None, Query(max_length=200)]
PAGE = 50


def _filled(
    *,
    title: Field = "",
    completed: Field = "",
    kind: Field = "",
    provider: Field = "",
    mode: Field = "",
    role: Field = "",
    contact: Field = "",
    workload: Field = "",
    assessed: Field = "",
    tags: Many = [],  # noqa: B006 - FastAPI copies it
    competences: Many = [],  # noqa: B006 - FastAPI copies it
    language: Field = "",
    link: Field = "",
    details: Annotated[str, Form(max_length=8000)] = "",
) -> NewEntry:
    return NewEntry(
        title=title, completed=completed, kind=kind, provider=provider, mode=mode, role=role,
        contact=contact, workload=workload, assessed=assessed, tags=tuple(tags),
        competences=tuple(competences), language=language, link=link, details=details,
    )  # fmt: skip


New = Annotated[NewEntry, Depends(_filled)]


def build_router(study: Study) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    person = Depends(study.room.guard.person)
    _list(router, study, person)
    _one(router, study, person)
    _handing(router, study, person)
    return router


def _list(router: APIRouter, study: Study, person: Any) -> None:
    room = study.room

    @router.api_route(ENTRIES, methods=["GET", "HEAD"])
    def list_entries(
        request: Request, visitor: Annotated[Visitor, person], cursor: Cursor = None
    ) -> Response:
        return _listed(request, study, visitor, cursor=cursor)

    @router.post(ENTRIES, max_body_size=MAX_FORM_BYTES)
    def add(request: Request, visitor: Annotated[Visitor, person], new: New) -> Response:
        at = room.now()
        try:
            with room.database.write() as session:
                made = entries.add(session, visitor.person_id, new, today=at.date(), at=at)
        except (Invalid, Conflict) as error:
            return _listed(request, study, visitor, trouble=error, given=new)
        return RedirectResponse(f"{ENTRIES}/{made.id}", 303)


def _one(router: APIRouter, study: Study, person: Any) -> None:
    room = study.room

    @router.api_route(ENTRY, methods=["GET", "HEAD"])
    def entry(request: Request, entry_id: EntryId, visitor: Annotated[Visitor, person]) -> Response:
        return shown(request, study, visitor, entry_id)

    @router.post(ENTRY, max_body_size=MAX_FORM_BYTES)
    def change(
        request: Request, entry_id: EntryId, visitor: Annotated[Visitor, person], new: New
    ) -> Response:
        at = room.now()
        try:
            with room.database.write() as session:
                entries.change(session, visitor.person_id, entry_id, new, today=at.date(), at=at)
        except (Invalid, EntryGiven) as error:
            return shown(request, study, visitor, entry_id, trouble=error, given=new)
        return RedirectResponse(ENTRY.format(entry_id=entry_id), 303)

    @router.post(ENTRY + "/remove", max_body_size=MAX_FORM_BYTES)
    def remove(entry_id: EntryId, visitor: Annotated[Visitor, person]) -> Response:
        with room.database.write() as session:
            entries.remove(session, visitor.person_id, entry_id, at=room.now())
        return RedirectResponse(ENTRIES, 303)


def _handing(router: APIRouter, study: Study, person: Any) -> None:
    room = study.room

    @router.post(ENTRY + "/give", max_body_size=MAX_FORM_BYTES)
    def hand_over(
        request: Request,
        entry_id: EntryId,
        visitor: Annotated[Visitor, person],
        registrant: Annotated[str, Form(max_length=36)] = "",
    ) -> Response:
        try:
            with room.database.write() as session:
                known = mine(session, visitor, registrant)
                give(session, known, visitor.person_id, entry_id, at=room.now())
        except Invalid as error:
            return shown(request, study, visitor, entry_id, trouble=error)
        return RedirectResponse(f"{ENTRY.format(entry_id=entry_id)}#given", 303)


def _form(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "given": given,
        "kinds": KINDS,
        "modes": MODES,
        "roles": ROLES,
        "tags": [str(tag) for tag in Tag],
        "competences": COMPETENCES,
    }


def _listed(
    request: Request,
    study: Study,
    visitor: Visitor,
    *,
    cursor: str | None = None,
    trouble: DomainError | None = None,
    given: NewEntry | None = None,
) -> Response:
    with study.room.database.read() as session:
        found = entries.page(session, visitor.person_id, cursor=cursor, limit=PAGE)
        names: dict[str, list[str]] = {}
        for one in entries.given(session, visitor.person_id):
            names.setdefault(one.entry_id, []).append(registry_name(session, one.registry_id))
        values = {
            "say": study.saying(session, visitor),
            "entries": found.items,
            "next_cursor": found.next_cursor,
            "given_to": names,
            "today": str(study.room.now().date()),
            **_form(asdict(given or NewEntry(completed=str(study.room.now().date())))),
        }
    return study.page(request, "cpd_entries.html", values, trouble=trouble)


def shown(
    request: Request,
    study: Study,
    visitor: Visitor,
    entry_id: str,
    *,
    trouble: DomainError | None = None,
    given: NewEntry | None = None,
) -> Response:
    """An entry with its files, also with what was wrong in a form on it."""
    with study.room.database.read() as session:
        one = entries.get(session, visitor.person_id, entry_id)
        given_to = [
            (each, registry_name(session, each.registry_id))
            for each in entries.given(session, visitor.person_id)
            if each.entry_id == entry_id
        ]
        has = {each.registry_id for each, _ in given_to}
        registrants = [
            (each, registry_name(session, each.registry_id))
            for each in register.of_person(session, visitor.person_id)
            if each.registry_id not in has
        ]
        values = {
            "say": study.saying(session, visitor),
            "one": one,
            "files": evidence.of_entry(session, visitor.person_id, entry_id),
            "given_to": given_to,
            "registrants": registrants,
            "today": str(study.room.now().date()),
            "most_files": evidence.MOST_FILES,
            "most_megabytes": evidence.MOST_BYTES // 1024**2,
            **_form(asdict(given) if given else _as_written(one)),
        }
    return study.page(request, "cpd_entry.html", values, trouble=trouble)


def _as_written(one: Entry) -> dict[str, Any]:
    """An entry as its form has it."""
    answers = {None: "", True: "yes", False: "no"}
    return {
        "title": one.title,
        "completed": str(one.completed),
        "kind": one.kind,
        "provider": one.provider,
        "mode": one.mode or "",
        "role": one.role or "",
        "contact": _clock(one.contact_minutes),
        "workload": _clock(one.workload_minutes),
        "assessed": answers[one.assessed],
        "tags": one.tags,
        "competences": one.competences,
        "language": one.language or "",
        "link": one.link,
        "details": one.details,
    }


def _clock(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes // 60}:{minutes % 60:02}"
