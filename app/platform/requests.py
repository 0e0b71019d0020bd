"""One log line for each request, and an id that ties a request's other lines to it.

Never logs a query, a body or a header: they may hold tokens and personal data. Of an address that
is itself a secret only the kind is logged.
"""

import re
import time
from ipaddress import IPv6Address, ip_address

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.platform.ids import new_id

logger = structlog.get_logger(__name__)

HEADER = b"x-request-id"
_SANE = re.compile(rb"[A-Za-z0-9._-]{8,64}")
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
SECRET_PATHS = (
    "/holder/",
    "/shared/",
    "/sign-in/link/",
    "/account/emails/link/",
    "/invitations/",
    "/calendar/",
    "/unsubscribe/",
    "/sign-in/oidc/",
)
"""Whoever knows an address that begins so may see what it opens."""


def loggable(path: str) -> str:
    """The path, without what is secret in it."""
    plain = f"/{path.lstrip('/').lower()}"  # as whoever mistyped it may have meant it
    kind = next((each for each in SECRET_PATHS if plain.startswith(each)), None)
    return path if kind is None else f"{kind}..."


def client_address(request: Request) -> str:
    """The network address that asks: the proxy's word for it where a trusted proxy is in front."""
    return request.client.host if request.client else ""


def counted_as(address: str) -> str:
    """The one name under which an address is counted; what is no address stays as it is.

    Who has an IPv6 address has a whole /64 of them (RFC 6177), so that is counted as one; an IPv4
    address is the same when it is written as an IPv6 one.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    network = int(found) >> 64 << 64
    return f"{IPv6Address(network)}/64"


class RequestLog:
    """ASGI middleware; takes a sane ``X-Request-ID`` from a proxy and gives it back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(HEADER, b"")
        request_id = given.decode() if _SANE.fullmatch(given) else new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500
        started = time.perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (HEADER, request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, answer)
            finally:
                if scope["path"] not in QUIET:
                    logger.info(
                        "request",
                        method=scope["method"],
                        path=loggable(scope["path"]),
                        status=status,
                        milliseconds=round((time.perf_counter() - started) * 1000, 1),
                    )
