"""Statements of home compliance that an engineer has, and asks for: for renewals elsewhere."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.platform.problems import DomainError, NotFound
from app.recognition.compliance import own
from app.recognition.compliance.api import as_file
from app.recognition.compliance.model import NewRequest, RequestState
from app.web.cpd.frame import HOME, Study, registry_name
from app.web.room import MAX_FORM_BYTES

STATEMENTS = HOME + "/statements"
Id = Annotated[str, Path(max_length=36, pattern="^[0-9a-f-]{36}$")]
Line = Annotated[str, Form(max_length=500)]
_EMPTY = {"registrant": "", "day": "", "purposes": "", "audience": "", "number": ""}


def build_router(study: Study) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    room = study.room
    Person = Annotated[Visitor, Depends(room.guard.person)]  # noqa: N806 - a type

    @router.api_route(STATEMENTS, methods=["GET", "HEAD"])
    def statements(request: Request, visitor: Person) -> Response:
        return _page(request, study, visitor)

    @router.post(STATEMENTS, max_body_size=MAX_FORM_BYTES)
    def ask(
        *,
        request: Request,
        visitor: Person,
        registrant: Line = "",
        day: Line = "",
        purposes: Line = "",
        audience: Line = "",
        number: Line = "",
    ) -> Response:
        given = {
            "registrant": registrant, "day": day, "purposes": purposes, "audience": audience,
            "number": number,
        }  # fmt: skip
        new = NewRequest(day, tuple(purposes.split(",")), audience, number)
        try:
            with room.database.write() as session:
                own.ask(session, visitor.person_id, registrant, new, at=room.now())
        except DomainError as error:
            return _page(request, study, visitor, given=given, trouble=error)
        return RedirectResponse(STATEMENTS, 303)

    @router.api_route(STATEMENTS + "/{statement_id}.{ending}", methods=["GET", "HEAD"])
    def statement(
        visitor: Person,
        statement_id: Id,
        ending: Annotated[str, Path(pattern="^(json|jwt)$")],
    ) -> Response:
        with room.database.read() as session:
            _, found = own.forms(session, visitor.person_id, statement_id)
        return as_file(found, statement_id, token=ending == "jwt")

    return router


def _page(
    request: Request,
    study: Study,
    visitor: Visitor,
    *,
    given: dict[str, str] | None = None,
    trouble: DomainError | None = None,
) -> Response:
    with study.room.database.read() as session:
        mine = own.registrants(session, visitor.person_id)
        asked = own.requests(session, visitor.person_id)
        names = {one.registry_id: registry_name(session, one.registry_id) for one in mine}
        values = {
            "statements": own.statements(session, visitor.person_id),
            "asked": [one for one in asked if one.state is not RequestState.ISSUED],
            "registrants": mine,
            "names": names,
            "given": given or _EMPTY,
        }
    if isinstance(trouble, NotFound):
        raise trouble
    return study.page(request, "cpd_statements.html", values, trouble=trouble)
