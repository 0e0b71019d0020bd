"""The headers that keep an answer from being misused in a browser, on every answer alike.

An answer that says something of its own, such as a page with its content security policy or a key
that may be cached, keeps it. Anything else is run by nobody, framed by nobody, embedded by nobody
and stored by nobody (OWASP's REST security cheat sheet, "Security headers"; OWASP ASVS 5.0, V3.4).
"""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NOTHING = "display-capture=(), microphone=(), midi=(), payment=(), serial=(), usb=()"
NO_DEVICES = f"camera=(), geolocation=(), {_NOTHING}"
WITH_CAMERA = f"camera=(self), geolocation=(), {_NOTHING}"
"""Of a page that reads printed codes."""
WITH_PLACE = f"camera=(), geolocation=(self), {_NOTHING}"
"""Of the page that finds courses near its reader, who has to press a button for it."""

SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": NO_DEVICES,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_A_YEAR = 31_536_000


def safe_headers(public_url: str) -> Mapping[str, str]:
    """``SAFE``, and over https that this host is asked over https alone (RFC 6797).

    Its subdomains are left out: they may be somebody else's.
    """
    if not public_url.startswith("https:"):
        return SAFE
    return SAFE | {"Strict-Transport-Security": f"max-age={_A_YEAR}"}


class SafeHeaders:
    """ASGI middleware: what an answer does not say itself, it says as ``headers`` do."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str] = SAFE) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message.get("headers", ())))
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                message["headers"] = headers.raw
            await send(message)

        await self._app(scope, receive, answer if scope["type"] == "http" else send)
