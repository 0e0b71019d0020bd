"""What the pages of a registry have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Form, Path, Query
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.identity import rules
from app.identity import service as identity
from app.identity.model import Actor, Kind
from app.platform.problems import DomainError, FieldProblem, Invalid, NotFound
from app.recognition.ledger.service import Desk
from app.recognition.office.press import OfficePress
from app.trust.statements import Statements
from app.web.organisation.tabs import shown
from app.web.room import Room

READ, DECIDE, POLICY = "recognition:read", "recognition:decide", "recognition:policy"
ON_A_PAGE = 50
Id = Annotated[str, Path(max_length=64)]
Text = Annotated[str, Form(max_length=4000)]
Line = Annotated[str, Form(max_length=500)]
Asked = Annotated[str, Query(max_length=500)]
Cursor = Annotated[str, Query(max_length=500)]


@dataclass(frozen=True, slots=True)
class Bureau:
    """What the pages of a registry need of this node, beside what every page does."""

    room: Room
    desk: Desk
    """What records are verified with."""
    press: OfficePress
    statements: Statements
    """Signs in the registry's name."""

    def frame(self, session: Session, actor: Actor, current: str) -> dict[str, Any]:
        """What every page of a registry shows. Raises ``NotFound`` where it is no registry."""
        if identity.get_organisation(session, actor.organisation_id).kind is not Kind.REGISTRY:
            raise NotFound("There is no such page: this organisation is no registry.")
        may = {
            name: rules.may(actor, scope, actor.organisation_id)
            for name, scope in (("decide", DECIDE), ("policy", POLICY))
        }
        return {**shown(session, actor, current), "may": may, "trouble": None, "wrong": {}}

    def page(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any],
        *,
        trouble: DomainError | None = None,
    ) -> Response:
        """A page, also with what was wrong with a form on it."""
        told = {"trouble": trouble, "wrong": faults(trouble)} if trouble else {}
        status = trouble.status if trouble else 200
        return self.room.page(request, template, {**values, **told}, status=status)


def faults(trouble: DomainError | None) -> dict[str, str]:
    """What is wrong with each field, by its name."""
    fields: Sequence[FieldProblem] = trouble.fields if trouble else ()
    return {one.pointer.lstrip("/"): one.detail for one in fields}


def back(organisation_id: str, path: str) -> Response:
    """Send the browser on to a page of the registry, as after every form."""
    return RedirectResponse(f"/organisations/{organisation_id}/{path}", 303)


async def uploaded(request: Request, *, fields: int = 8) -> tuple[dict[str, str], str, bytes]:
    """The texts of a form, and the name and bytes of its file, empty where there is none."""
    try:
        async with request.form(max_files=1, max_fields=fields) as form:
            held = form.get("file")
            data = await held.read() if isinstance(held, UploadFile) else b""
            name = (held.filename or "") if isinstance(held, UploadFile) else ""
            texts = {key: value for key, value in form.items() if isinstance(value, str)}
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise Invalid("The form was cut short or is broken; send it again.") from error
    return texts, name, data
