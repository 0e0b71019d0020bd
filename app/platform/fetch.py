"""Pooled HTTP to services this node's operator has named, such as the search server.

What comes from anybody else's address goes through the guarded ``connectors.http.HttpFetch``.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpcore
import httpx

ServiceClient = httpx.Client
ServiceAnswer = httpx.Response
ServiceError = httpx.HTTPError
"""The parent of whatever a service client raises when it gets no answer."""

UNREACHED = (httpx.ConnectError, httpx.ConnectTimeout)
"""Nobody listens there, or the way there is cut."""

DROPPED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
"""The pooled connection was gone when it was used; the same request may do on a fresh one."""


def service_client(base_url: str, *, headers: dict[str, str], timeout: float) -> httpx.Client:
    """A keep-alive client for one configured service; ``timeout`` in seconds, for each phase.

    ``Accept-Encoding: identity``: a compressed answer of a few kilobytes from a loopback server
    waits for the peer's delayed acknowledgement, 45 ms where 3 ms would do.
    """
    return httpx.Client(
        base_url=base_url,
        headers={"Accept-Encoding": "identity", **headers},
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
    )


class NoAnswer(Exception):
    """A service gave no whole answer: none at all, too late, too large, or not understood."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered, whole."""

    status: int
    content_type: str
    body: bytes


class BoundedClient:
    """Asks services for small answers, each within ``seconds`` from first to last byte.

    For services that a person waits for and that may be slow or hostile although the operator named
    them. Follows no redirect, keeps no cookie, uses no proxy of the environment; an answer over
    ``most`` bytes, or packed in any way, is none. Of all requests of this process no more than
    ``at_once`` run together, so that a slow service takes no more threads than that.
    """

    def __init__(
        self,
        *,
        seconds: float = 5.0,
        most: int = 256 * 1024,
        at_once: int = 8,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._most, self._ticks = seconds, most, ticks
        self._places = threading.BoundedSemaphore(at_once)
        self._request = threading.local()
        self._at_once = at_once

    @cached_property
    def _pool(self) -> httpcore.ConnectionPool:
        """Made when first used: reading whom to trust takes a while."""
        return httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=self._at_once,
            network_backend=_DeadlineBackend(self._left),
        )

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b""
    ) -> Answer:
        """Ask once. Raises ``NoAnswer``."""
        if not self._places.acquire(timeout=0.5):
            raise NoAnswer("too many requests are waiting for services")
        try:
            self._request.ends = self._ticks() + self._seconds
            with self._asked(method, url, headers, content) as answer:
                given = {name.lower(): value.decode("latin-1") for name, value in answer.headers}
                if given.get(b"content-encoding", "identity").lower() != "identity":
                    raise NoAnswer("the answer is packed, which was not asked for")
                body = b"".join(self._small(answer.iter_stream()))
                return Answer(answer.status, given.get(b"content-type", ""), body)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise NoAnswer(str(error) or type(error).__name__) from error
        finally:
            self._places.release()

    @contextmanager
    def _asked(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> Iterator[httpcore.Response]:
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise NoAnswer(f"not an address: {error}") from error
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            raise NoAnswer("not an http or https address")
        sent: list[tuple[bytes | str, bytes | str]] = [
            ("Host", parsed.netloc),
            ("Accept-Encoding", "identity"),
            *headers.items(),
        ]
        if method != "GET":
            sent.append(("Content-Length", str(len(content))))
        target = httpcore.URL(
            scheme=parsed.raw_scheme,
            host=parsed.raw_host,
            port=parsed.port,
            target=parsed.raw_path,
        )
        with self._pool.stream(method, target, headers=sent, content=content) as answer:
            yield answer

    def _small(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        size = 0
        for piece in pieces:
            size += len(piece)
            if size > self._most:
                raise NoAnswer(f"the answer is over {self._most} bytes")
            yield piece

    def _left(self) -> float:
        left: float = self._request.ends - self._ticks()
        if left <= 0:
            raise httpcore.ReadTimeout(f"no whole answer within {self._seconds:g} s")
        return left

    def close(self) -> None:
        """Close the connections that are kept."""
        if "_pool" in vars(self):
            self._pool.close()


class _DeadlineBackend(httpcore.SyncBackend):
    """The network, each wait on which ends with the request's time."""

    def __init__(self, left: Callable[[], float]) -> None:
        self._left = left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = super().connect_tcp(host, port, self._left(), local_address, socket_options)
        return _DeadlineStream(stream, self._left)


class _DeadlineStream(httpcore.NetworkStream):
    """A connection, each wait on which ends with the request's time."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self._stream, self._left = stream, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._left())
        return _DeadlineStream(secured, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
