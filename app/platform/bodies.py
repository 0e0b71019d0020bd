"""No request's body is larger than the node takes, and whoever sends more is told so properly.

The counting is Starlette's; a route may set a limit of its own (``max_body_size``). Starlette's
refusal is plain text, which neither a program nor a person can use; this gives ours instead.
"""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.platform.problems import too_large


def refusal(_request: Request) -> Response:
    """The answer to a request that is too large."""
    return too_large()


class LimitBody:
    """ASGI middleware. A body larger than ``most`` bytes gets the answer of ``refuse``."""

    def __init__(
        self, app: ASGIApp, *, most: int, refuse: Callable[[Request], Response] = refusal
    ) -> None:
        self._app = RequestBodyLimitMiddleware(app, max_body_size=most)
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = False

        async def answer(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and _is_plain_refusal(message):
                refused = True
                await self._refuse(Request(scope))(scope, receive, send)
            if not refused:
                await send(message)

        await self._app(scope, receive, answer)


def _is_plain_refusal(message: Message) -> bool:
    kind = Headers(raw=list(message.get("headers", ()))).get("content-type", "")
    return message["status"] == 413 and kind.startswith("text/plain")
