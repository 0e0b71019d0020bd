"""Anybody gives a feed's address or a file and reads what is wrong with it. Nothing is stored.

What is done is ``harvest.inspecting``; the page only says it.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.harvest.inspecting.desk import MOST_BYTES, LookDesk
from app.harvest.inspecting.forms import asked_by_form
from app.harvest.inspecting.looking import LONGEST_URL, Asked, Looked, is_file
from app.harvest.inspecting.model import Verdict
from app.identity.access import Guard
from app.platform.problems import DomainError
from app.platform.requests import client_address
from app.web.feeds.showing import course_fields
from app.web.rendering import Site

PATH = "/validate"
HEADERS = {"Cache-Control": "no-store"}
MARKS: Mapping[Verdict, str] = {
    Verdict.CLEAN: "pass",
    Verdict.WARNINGS: "pass",
    Verdict.ERRORS: "unknown",
    Verdict.UNREADABLE: "fail",
}


def build_router(*, guard: Guard, site: Site, desk: LookDesk) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(guard.public)])

    def form(
        request: Request, given: Mapping[str, Any], trouble: DomainError | None = None
    ) -> Response:
        values = {
            "given": {"url": "", "connector": "", "config": "", **given},
            "formats": desk.formats,
            "trouble": trouble,
            "wrong": {one.pointer.strip("/"): one.detail for one in trouble.fields}
            if trouble
            else {},
            "most_kilobytes": MOST_BYTES // 1024,
            "longest_url": LONGEST_URL,
        }
        status = trouble.status if trouble else 200
        headers = {**HEADERS, **(trouble.headers if trouble else {})}
        return site.render(request, "validate.html", status=status, headers=headers, values=values)

    @router.api_route(PATH, methods=["GET", "HEAD"])
    def ask(
        request: Request,
        url: Annotated[str, Query(max_length=LONGEST_URL)] = "",
        connector: Annotated[str, Query(max_length=64)] = "",
    ) -> Response:
        return form(request, {"url": url, "connector": connector})

    @router.post(PATH)
    async def look(request: Request) -> Response:
        given: dict[str, Any] = {}
        try:
            asked = await asked_by_form(request)
            given = {"url": asked.url, "connector": asked.connector, "config": asked.typed}
            who = client_address(request)
            looked = await run_in_threadpool(lambda: desk.look(asked, who=who))
        except DomainError as error:
            trouble = error
            return await run_in_threadpool(lambda: form(request, given, trouble))
        return await run_in_threadpool(lambda: _answer(request, site, asked, looked))

    return router


def _answer(request: Request, site: Site, asked: Asked, looked: Looked) -> Response:
    found = looked.inspection
    values = {
        "looked": looked,
        "found": found,
        "mark": MARKS[found.verdict],
        "url": "" if is_file(looked.config) else asked.url,
        "file": asked.file.name if asked.file else "",
        "shown": [(one, course_fields(one.course)) for one in found.preview],
    }
    return site.render(request, "validated.html", headers=HEADERS, values=values)
