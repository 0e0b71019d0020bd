"""Ways out for tests: the real ``HttpFetch`` on loopback, and a fetch over one function."""

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from connectors.contract import Fetched, SourceMisconfigured, SourceUnavailable
from connectors.http import HttpFetch
from tests.simulator.feeds import Answer, Request

LOOPBACK = (ip_network("127.0.0.0/8"),)


class FakeTime:
    """A clock that only its own ``sleep`` moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def loopback_fetch(time: FakeTime | None = None, **settings: Any) -> HttpFetch:
    """The guarded fetch, allowed to reach a ``FeedServer`` and waiting in no real time."""
    time = time or FakeTime()
    defaults: dict[str, Any] = {"hosts": ["127.0.0.1"], "allow": LOOPBACK, "interval": 0.0}
    return HttpFetch(**{**defaults, **settings}, clock=time.clock, sleep=time.sleep)


def fetched(answer: Answer, url: str = "http://feed.example/") -> Fetched:
    """A simulator's answer as a connector sees it."""
    status, headers, body = (200, {}, answer) if isinstance(answer, bytes) else answer
    body = body if isinstance(body, bytes) else b"".join(body)
    return Fetched(url, status, {name.lower(): value for name, value in headers.items()}, body)


class FunctionFetch:
    """A ``Fetch`` that asks a function, for tests that need no server."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self._answer = answer
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    def __call__(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
    ) -> Fetched:
        self.asked.append((url, dict(params or {})))
        form = None if data is None else dict(data)
        request = Request(url, dict(params or {}), dict(headers or {}), form)
        answer = fetched(self._answer(request), url)
        if answer.status >= 500 and answer.status not in accept:
            raise SourceUnavailable(f"{url} answered {answer.status}")
        if answer.status >= 400 and answer.status not in accept:
            raise SourceMisconfigured(f"{url} answered {answer.status}")
        return answer
