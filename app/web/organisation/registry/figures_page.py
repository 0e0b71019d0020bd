"""Lists to take along, and numbers without people."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.problems import DomainError, FieldProblem, Invalid, NotFound
from app.platform.threads import run_costly
from app.recognition.office.returns import service as returns
from app.recognition.office.returns import writing
from app.recognition.office.returns.forms import LAYOUTS
from app.recognition.office.returns.model import Ending, Form, List, Wanted
from app.recognition.office.statistics import service as statistics
from app.recognition.office.statistics.hiding import SMALLEST
from app.recognition.office.statistics.service import By
from app.recognition.policies.model import Span
from app.recognition.register import service as register
from app.web.organisation.registry.bureau import READ, Asked, Bureau
from app.web.organisation.registry.trying import day
from app.web.room import PRIVATE


@dataclass(frozen=True, slots=True)
class Asking:
    """The form of a list as it was sent."""

    form: str = Form.DECISIONS.value
    ending: str = Ending.CSV.value
    first: str = ""
    last: str = ""
    number: str = ""
    activity_of: str = ""


def _asking(
    *, form: Asked = Form.DECISIONS.value, ending: Asked = Ending.CSV.value, first: Asked = "",
    last: Asked = "", number: Asked = "", activity_of: Asked = "",
) -> Asking:  # fmt: skip
    return Asking(form, ending, first.strip(), last.strip(), number.strip(), activity_of.strip())


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the routes share."""

    bureau: Bureau

    def form(
        self,
        request: Request,
        actor: Actor,
        asked: Asking,
        *,
        trouble: DomainError | None = None,
    ) -> Response:
        with self.bureau.room.database.read() as session:
            values: dict[str, Any] = {
                **self.bureau.frame(session, actor, "returns"),
                "asked": asked,
                "layouts": LAYOUTS,
                "endings": list(Ending),
                "most_printed": writing.MOST_PRINTED,
            }
        return self.bureau.page(request, "registry_returns.html", values, trouble=trouble)

    def file(self, actor: Actor, asked: Asking) -> Response:
        """The list as a file. Raises ``Invalid`` and ``NotFound``."""
        room, at = self.bureau.room, self.bureau.room.now()
        wanted, ending = self._wanted(actor, asked)
        made = returns.prepare(room.database, actor, wanted, ending, at=at)
        day_made = at.date().isoformat()
        name = f'attachment; filename="{asked.form}-{actor.organisation_id}-{day_made}.{ending}"'
        headers = {**PRIVATE, "Content-Disposition": name}
        kind = writing.MEDIA_TYPES[ending]
        if ending is Ending.PDF:
            return Response(self._printed(made), media_type=kind, headers=headers)
        write = writing.as_csv if ending is Ending.CSV else writing.as_xlsx
        return StreamingResponse(write(made), media_type=kind, headers=headers)

    def _printed(self, made: List) -> bytes:
        return writing.as_pdf(made, press=self.bureau.press, at=self.bureau.room.now())

    def _wanted(self, actor: Actor, asked: Asking) -> tuple[Wanted, Ending]:
        if asked.form not in set(Form) or asked.ending not in set(Ending):
            mend = "Choose a list and a kind of file."
            raise Invalid(mend, fields=[FieldProblem("/form", "form", mend)])
        registrant_id = None
        if asked.number:
            with self.bureau.room.database.read() as session:
                found = register.find(session, actor.organisation_id, asked.number)
            if found is None:
                mend = "Nobody in the register has this number."
                raise Invalid(mend, fields=[FieldProblem("/number", "number-unknown", mend)])
            registrant_id = found.id
        wanted = Wanted(
            Form(asked.form),
            Span(day(asked.first), day(asked.last)),
            registrant_id,
            asked.activity_of or None,
        )
        return wanted, Ending(asked.ending)


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(include_in_schema=False, prefix="/organisations/{organisation_id}")
    pages = _Pages(bureau)
    _add_returns(router, pages)
    _add_statistics(router, pages)
    return router


def _add_returns(router: APIRouter, pages: _Pages) -> None:
    reader = Depends(pages.bureau.room.guard.member(READ))

    @router.api_route("/returns", methods=["GET", "HEAD"])
    def returns_form(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, reader],
        asked: Annotated[Asking, Depends(_asking)],
    ) -> Response:
        return pages.form(request, actor, asked)

    @router.get("/returns/list")
    async def returns_file(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, reader],
        asked: Annotated[Asking, Depends(_asking)],
    ) -> Response:
        def work() -> Response:
            try:
                return pages.file(actor, asked)
            except NotFound:
                raise
            except DomainError as error:
                return pages.form(request, actor, asked, trouble=error)

        return await run_costly(work)


def _add_statistics(router: APIRouter, pages: _Pages) -> None:
    bureau = pages.bureau
    reader = Depends(bureau.room.guard.member(READ))

    @router.api_route("/statistics", methods=["GET", "HEAD"])
    async def statistics_page(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, reader],
        first: Asked = "",
        last: Asked = "",
        rows: Asked = By.SOCIETY.value,
        columns: Asked = By.OUTCOME.value,
    ) -> Response:
        def work() -> Response:
            asked = {"first": first, "last": last, "rows": rows, "columns": columns}
            known = rows in set(By) and columns in set(By) and rows != columns
            numbers = statistics.numbers(
                bureau.room.database,
                organisation_id,
                completed=Span(day(first), day(last)),
                rows=By(rows) if known else By.SOCIETY,
                columns=By(columns) if known else By.OUTCOME,
            )
            with bureau.room.database.read() as session:
                frame = bureau.frame(session, actor, "statistics")
            values = {
                **frame,
                "asked": asked,
                "query": urlencode({name: value for name, value in asked.items() if value}),
                "numbers": numbers,
                "by": list(By),
                "smallest": SMALLEST,
            }
            return bureau.page(request, "registry_statistics.html", values)

        return await run_costly(work)
