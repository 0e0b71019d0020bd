"""How much anybody may ask a node for at all: by address and by client, in this process's memory.

A guard against floods and against programs that run wild, so it must cost next to nothing, need no
database, and take little memory however many ask: of each address two counts are kept (a sliding
window counter), where a moving window would keep every hit. Each process counts for itself. Answers
say what is left (draft-ietf-httpapi-ratelimit-headers-10) and, to who is over it, when to come back
(RFC 9110 §10.2.3).

The addresses of this machine itself are not counted: that would be a proxy in front which is not
named in ``OPENCPD_TRUSTED_PROXIES``, for which all of its readers would pay.
"""

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from math import ceil, floor
from typing import Protocol, TypeVar

from limits import parse
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.platform.limits import TooManyRequests
from app.platform.problems import problem
from app.platform.requests import counted_as

MOST_KEPT = 100_000
FREE_PATHS = ("/health", "/healthz", "/readyz", "/metrics")
FREE_BELOW = "/static/"


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody has left of one quota."""

    quota: str
    amount: int
    window: int
    left: int
    resets: int
    """Seconds until all of it is there again, or, for who is over it, until one request is."""
    over: bool


class Quota:
    """So many requests in so many seconds, for each of whom it counts."""

    def __init__(
        self, name: str, rate: str, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        item = parse(rate)
        self.name, self.amount, self.window = name, item.amount, item.get_expiry()
        self._seconds = seconds
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, int, int]] = {}
        """By whom: the number of the window, the hits in it, the hits in the one before."""

    def take(self, who: str) -> Standing:
        """Count one request, unless that would be one too many."""
        number, part = divmod(self._seconds() / self.window, 1)
        with self._lock:
            current, before = self._of(who, int(number))
            over = floor(before * (1 - part)) + current + 1 > self.amount
            if not over:
                current += 1
                self._counts.pop(who, None)  # so that the dictionary's first is the longest silent
                self._counts[who] = (int(number), current, before)
                if len(self._counts) > MOST_KEPT:
                    del self._counts[next(iter(self._counts))]
        left = max(0, self.amount - current - floor(before * (1 - part)))
        wait = self._wait(current, before, part) if over else (1 - part) * self.window
        return Standing(
            self.name, self.amount, self.window, 0 if over else left, max(1, ceil(wait)), over
        )

    def _of(self, who: str, number: int) -> tuple[int, int]:
        last, current, before = self._counts.get(who, (number, 0, 0))
        if last == number:
            return current, before
        return 0, current if last == number - 1 else 0

    def _wait(self, current: int, before: int, part: float) -> float:
        """Seconds until one more fits: when enough of the window before has gone by."""
        room = self.amount - 1
        if current <= room and before:
            return (1 - room / before + current / before - part) * self.window
        return (1 - part + max(0.0, 1 - room / max(current, 1))) * self.window


_TOLD: ContextVar[list[Standing] | None] = ContextVar("quotas of this request", default=None)


class HasClient(Protocol):
    """Whoever a token speaks for."""

    @property
    def client_id(self) -> str: ...


Caller = TypeVar("Caller", bound=HasClient)


@dataclass(frozen=True, slots=True)
class Quotas:
    """The quotas of a node; ``None`` is no quota."""

    address: Quota | None = None
    client: Quota | None = None

    def counted(self, authenticate: Callable[[str], Caller]) -> Callable[[str], Caller]:
        """``authenticate``, counting each client. What it gives raises ``TooManyRequests`` too."""
        quota = self.client
        if quota is None:
            return authenticate

        def counting(token: str) -> Caller:
            caller = authenticate(token)
            standing = quota.take(caller.client_id)
            told = _TOLD.get()
            if told is not None:
                told.append(standing)
            if standing.over:
                raise TooManyRequests(seconds=standing.resets)
            return caller

        return counting


def refusal(_request: Request, standing: Standing) -> Response:
    """The answer to who asks for too much."""
    error = TooManyRequests(seconds=standing.resets)
    return problem(error.status, error.code, error.detail, headers=error.headers)


class LimitRate:
    """ASGI middleware: counts by address, and tells every answer's reader what is left."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        quotas: Quotas,
        refuse: Callable[[Request, Standing], Response] = refusal,
    ) -> None:
        self._app = app
        self._quota = quotas.address
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_free(scope["path"]):
            await self._app(scope, receive, send)
            return
        told: list[Standing] = []
        _TOLD.set(told)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and told:
                message["headers"] = _with(message.get("headers", ()), told)
            await send(message)

        who = _counted(scope["client"][0]) if self._quota and scope.get("client") else None
        if who is not None and self._quota is not None:
            told.append(self._quota.take(who))
            if told[0].over:
                await self._refuse(Request(scope, receive), told[0])(scope, receive, answer)
                return
        await self._app(scope, receive, answer)


def _is_free(path: str) -> bool:
    return path in FREE_PATHS or path.startswith(FREE_BELOW)


@lru_cache(maxsize=10_000)
def _counted(address: str) -> str | None:
    """Under which name an address is counted, if it is."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return (
        None if (getattr(found, "ipv4_mapped", None) or found).is_loopback else counted_as(address)
    )


def _with(headers: object, told: list[Standing]) -> list[tuple[bytes, bytes]]:
    found = MutableHeaders(raw=list(headers))  # type: ignore[call-overload] # ASGI's own shape
    found["RateLimit-Policy"] = ", ".join(f'"{s.quota}";q={s.amount};w={s.window}' for s in told)
    found["RateLimit"] = ", ".join(f'"{s.quota}";r={s.left};t={s.resets}' for s in told)
    return found.raw
