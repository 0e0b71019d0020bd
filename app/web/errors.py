"""Error pages for people.

What a browser asked for is answered with a page; a program keeps the problem document that
``platform.problems`` makes. Never says more than that document.
"""

import json
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.identity.access import SignInNeeded
from app.identity.signin.freshness import SignInAgain
from app.platform import bodies, quotas
from app.platform.problems import DomainError
from app.platform.quotas import Standing
from app.web import csrf
from app.web.account.way_back import to_the_door
from app.web.rendering import Site, wants_page

Handler = Callable[[Request, Exception], Response | Awaitable[Response]]
KEPT_HEADERS = (
    "retry-after",
    "allow",
    "x-request-id",
    "strict-transport-security",
    "permissions-policy",
    "cross-origin-resource-policy",
)


def error_page(site: Site, request: Request, answer: Response) -> Response:
    """``answer``, a problem document, as a page when a browser asked."""
    if not wants_page(request):
        return answer
    said = json.loads(bytes(answer.body))
    kept = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    return site.render(
        request,
        "error.html",
        status=answer.status_code,
        headers=kept,
        values={
            "code": answer.status_code,
            "detail": said["detail"],
            "fields": said.get("errors", []),
        },
    )


def came_from(request: Request) -> str:
    """The page to be at after signing in: the one asked for, or the one with the form on it."""
    if request.method in {"GET", "HEAD"}:
        return request.url.path + (f"?{request.url.query}" if request.url.query else "")
    try:
        form = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    return form.path if form.netloc == request.headers.get("host") else ""


def refuse_cross_site(site: Site) -> Callable[[Request], Response]:
    """The refusal of ``csrf.RefuseCrossSite``, as a page for people."""
    return lambda request: error_page(site, request, csrf.refusal(request))


def refuse_too_large(site: Site) -> Callable[[Request], Response]:
    """The refusal of ``platform.bodies.LimitBody``, as a page for people."""
    return lambda request: error_page(site, request, bodies.refusal(request))


def refuse_too_often(site: Site) -> Callable[[Request, Standing], Response]:
    """The refusal of ``platform.quotas.LimitRate``, as a page for people."""
    return lambda request, standing: error_page(site, request, quotas.refusal(request, standing))


def install(app: FastAPI, *, site: Site) -> None:
    """Give people pages for every error of ``app``; call it after ``problems.install``."""
    for kind in (
        DomainError, RequestValidationError, HTTPException, DataError, IntegrityError,
        OperationalError, Exception,
    ):  # fmt: skip
        app.add_exception_handler(kind, _for_people(app.exception_handlers[kind], site))


def _for_people(
    handler: Handler, site: Site
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        if isinstance(error, SignInNeeded) and wants_page(request):
            door = to_the_door(came_from(request), again=isinstance(error, SignInAgain))
            return RedirectResponse(door, 303, {"Cache-Control": "no-store"})
        said = handler(request, error)
        return error_page(site, request, await said if isawaitable(said) else said)

    return answer
