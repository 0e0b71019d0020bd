"""The language menu: keeps the choice in a cookie and goes back to the page it was made on."""

from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.identity.access import Guard
from app.web.account.way_back import way_back
from app.web.languages.choosing import COOKIE, find, in_language

PATH = "/language"
_YEAR = 365 * 24 * 60 * 60


def _came_from(request: Request) -> str:
    """The page with the menu, as the browser names it, with no language in its address."""
    try:
        page = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return "/"
    if page.netloc != request.headers.get("host"):
        return "/"
    path = quote(page.path, safe="/%:@!$&'()*+,;=~-._")
    return way_back(in_language(f"{path}?{page.query}", None), otherwise="/")


def build_router(*, guard: Guard, public_url: str) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(guard.public)])

    @router.post(PATH)
    def choose(request: Request, language: Annotated[str, Form(max_length=40)]) -> Response:
        answer = RedirectResponse(_came_from(request), 303, {"Cache-Control": "no-store"})
        if chosen := find(language):
            answer.set_cookie(
                COOKIE, chosen.code, max_age=_YEAR, path="/", httponly=True, samesite="lax",
                secure=public_url.startswith("https:"),
            )  # fmt: skip
        return answer

    return router
