"""Refuses unsafe requests that another site makes a reader's browser send.

Browsers say where a request comes from (``Sec-Fetch-Site``, or ``Origin`` in older ones) and a page
cannot forge either. A request with neither, and without a cookie, was not sent by a browser's page;
one with a bearer token cannot be sent across sites without a preflight. No token in forms, no state
(OWASP's CSRF cheat sheet, "Fetch Metadata"; DESIGN §14).
"""

from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.platform.problems import problem

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def crosses_sites(method: str, headers: Headers, *, origins: Collection[str]) -> bool:
    """Whether this is an unsafe request that a page of another site caused, or may have.

    A bearer token excuses only who sends no cookie: where there are both, the route may go by the
    cookie, which a browser adds by itself. A cookie without a word of where the request comes from
    is not taken either; every browser of these days sends ``Origin`` with what is unsafe.
    """
    if method in SAFE_METHODS:
        return False
    has_cookie = "cookie" in headers
    if not has_cookie and headers.get("authorization", "").lower().startswith("bearer "):
        return False
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and origin in origins:
        return False
    if site is not None:
        return site not in {"same-origin", "none"}
    if origin is None:
        return has_cookie
    return _host(origin) != headers.get("host")


def origin_of(url: str) -> str:
    """The origin of an address, as browsers write it (RFC 6454 §6.2)."""
    parts = urlsplit(url)
    host = parts.netloc.lower()
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return f"{parts.scheme}://{host.removesuffix(usual) if usual else host}"


def _host(origin: str) -> str:
    """The host and port of an origin; no host at all for one that no browser writes."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def refusal(_request: Request) -> Response:
    """The answer to a refused request."""
    return problem(
        403,
        "cross-site-request",
        "This request was sent by a page of another site. Open this site's own page and try again.",
    )


class RefuseCrossSite:
    """ASGI middleware. ``origins`` are this node's own addresses (its public URL's origin)."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        origins: Collection[str] = (),
        refuse: Callable[[Request], Response] = refusal,
    ) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and crosses_sites(
            scope["method"], Headers(scope=scope), origins=self._origins
        ):
            await self._refuse(Request(scope, receive))(scope, receive, send)
            return
        await self._app(scope, receive, send)
