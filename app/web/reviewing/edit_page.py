"""One course for its editors: what was written over its sources, and the sources it is made of.

An editor of the course's own society writes over a field, or takes a source record out that is of
another course. So does who runs the node, of any course.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue import document
from app.catalogue import service as catalogue
from app.catalogue.merging import MAPS
from app.catalogue.overriding import rules
from app.catalogue.overriding import service as overriding
from app.catalogue.reviewing import service as reviewing
from app.catalogue.reviewing import store
from app.identity.model import Actor
from app.platform.problems import DomainError, FieldProblem, Invalid, NotFound
from app.web.reviewing import comparing, structured
from app.web.reviewing.desk import Desk, desks
from app.web.room import Room
from app.web.wording import accepted_languages, best

FORM_BYTES = 256 * 1024
"""A description may be long; what is too long for the field is refused by its rules."""
_DONE = {"written", "lifted", "split"}
_CourseId = Annotated[str, Path(max_length=36)]
_Query = Annotated[str, Query(max_length=200)]
_Field = Annotated[str, Form(max_length=200)]
_Note = Annotated[str, Form(max_length=2000)]
_Long = Annotated[str, StringConstraints(max_length=200_000)]


class OverrideForm(BaseModel):
    """The form as it was sent."""

    field: _Long = ""
    language: _Long = ""
    value: _Long = ""
    reason: _Long = ""

    def untrusted(self) -> Any:
        """The value in the form in which a feed would send it."""
        text = self.value.strip()
        if not text:
            return None
        if self.field in rules.LISTS:
            return [line.strip() for line in text.splitlines() if line.strip()]
        if self.field in rules.STRUCTURED:
            return structured.read(self.field, text)
        return text


@dataclass(frozen=True, slots=True)
class _Page:
    """What was asked for, and what went wrong with it."""

    desk: Desk
    actor: Actor
    course_id: str
    given: OverrideForm = field(default_factory=OverrideForm)
    trouble: DomainError | None = None
    done: str = ""

    def show(self, request: Request) -> Response:
        desk, wanted = self.desk, accepted_languages(request.headers.get("accept-language"))
        with desk.room.database.read() as session:
            course = overriding.get_course(session, self.course_id, desk.editor(self.actor))
            societies = {one.id: one for one in catalogue.list_societies(session)}
            records = store.records(session, store.records_of(session, course.id))
            said = document.to_json(course.data)
            given = self.given
            values = {
                **desk.frame(session, self.actor, "courses"),
                "course": course,
                "course_title": best(course.data.title, wanted),
                "overrides": overriding.shown(session, course.id),
                "records": list(records.values()),
                "names": {key: best(one.names, wanted) for key, one in societies.items()},
                "values": {name: comparing.said(name, said) for name in rules.FIELDS},
                "fields": rules.FIELDS,
                "texts": MAPS,
                "given": given,
                "old": structured.shown(given.field, said, given.language),
                "done": self.done if self.done in _DONE else "",
                "trouble": self.trouble,
            }
        status = self.trouble.status if self.trouble else 200
        return desk.page(request, "course_edit.html", values, status=status)


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    for desk in desks(room):
        _add(router, desk)
        _add_split(router, desk)
    return router


def _add(router: APIRouter, desk: Desk) -> None:
    place = desk.prefix + "/courses/{course_id}/edit"

    @router.api_route(place, methods=["GET", "HEAD"])
    def edit_course(
        *,
        request: Request,
        course_id: _CourseId,
        actor: Annotated[Actor, Depends(desk.writer)],
        of: Annotated[str, Query(max_length=200, alias="field")] = "",
        language: _Query = "",
        done: _Query = "",
    ) -> Response:
        given = OverrideForm(field=of, language=language)
        return _Page(desk, actor, course_id, given=given, done=done).show(request)

    @router.post(place, max_body_size=FORM_BYTES)
    def write_over(
        request: Request,
        course_id: _CourseId,
        given: Annotated[OverrideForm, Form()],
        actor: Annotated[Actor, Depends(desk.writer)],
    ) -> Response:
        language = given.language.strip() or None if given.field in MAPS else None
        try:
            with desk.room.database.write() as session:
                overriding.write(
                    session, course_id, given.field, language, given.untrusted(),
                    reason=given.reason, editor=desk.editor(actor), at=desk.room.now(),
                )  # fmt: skip
        except NotFound:
            raise
        except DomainError as trouble:
            return _Page(desk, actor, course_id, given, trouble).show(request)
        return RedirectResponse(f"{desk.base(actor)}/courses/{course_id}/edit?done=written", 303)

    @router.post(desk.prefix + "/courses/{course_id}/lift", max_body_size=FORM_BYTES)
    def lift_override(
        *,
        course_id: _CourseId,
        actor: Annotated[Actor, Depends(desk.writer)],
        of: Annotated[str, Form(max_length=200, alias="field")] = "",
        language: _Field = "",
    ) -> Response:
        with desk.room.database.write() as session:
            overriding.lift(
                session, course_id, of, language or None, editor=desk.editor(actor),
                at=desk.room.now(),
            )  # fmt: skip
        return RedirectResponse(f"{desk.base(actor)}/courses/{course_id}/edit?done=lifted", 303)


def _add_split(router: APIRouter, desk: Desk) -> None:
    @router.post(desk.prefix + "/courses/{course_id}/split", max_body_size=FORM_BYTES)
    def split_course(
        *,
        request: Request,
        course_id: _CourseId,
        actor: Annotated[Actor, Depends(desk.writer)],
        record: _Field = "",
        note: _Note = "",
    ) -> Response:
        try:
            with desk.room.database.write() as session:
                if reviewing.get_record(session, record).course_id != course_id:
                    problem = FieldProblem("record", "not-of-the-course", "Choose one of the list.")
                    raise Invalid("That record is not one of this course.", fields=[problem])
                reviewing.split(session, record, desk.word(actor, note))
        except NotFound:
            raise
        except DomainError as trouble:
            return _Page(desk, actor, course_id, trouble=trouble).show(request)
        return RedirectResponse(f"{desk.base(actor)}/courses/{course_id}/edit?done=split", 303)
