"""Somebody else's webhook receiver, on loopback, with every way of not being well.

    with Receiver() as receiver:
        receiver.behave = status(500)
        receiver.url("/hooks"), receiver.received

How it behaves may be changed between two requests; ``by_path`` gives one path a way of its own.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FLOOD_BYTES = 40 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery. Header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def type(self) -> str:
        return str(self.json["type"])

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.json["data"])

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


Behaviour = Callable[["_Handler"], None]


def status(code: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answers so; ``retry_after="5"`` becomes a header."""

    def answer(handler: "_Handler") -> None:
        handler.send_response_only(code)
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        for name, value in {"Content-Length": str(len(body)), **named}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def cut(handler: "_Handler") -> None:
    """Takes everything and hangs up without a word."""
    handler.close_connection = True


def half(handler: "_Handler") -> None:
    """Answers 200 and hangs up in the middle of the body."""
    status(200, b"half", content_length="1000")(handler)
    handler.close_connection = True


def hang(handler: "_Handler") -> None:
    """Never answers, as long as the receiver lives."""
    handler.server.receiver.closing.wait()
    handler.close_connection = True


def drip(handler: "_Handler") -> None:
    """Sends the head of its answer byte by byte, and has no end."""
    closing = handler.server.receiver.closing
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while not closing.wait(0.02):
        handler.wfile.write(b"x")


def flood(handler: "_Handler") -> None:
    """Answers 200 with 40 MB."""
    handler.send_response_only(200)
    handler.send_header("Content-Length", str(FLOOD_BYTES))
    handler.end_headers()
    for _ in range(FLOOD_BYTES // 65536):
        handler.wfile.write(b"x" * 65536)


class Receiver:
    """Listens on a port of 127.0.0.1 of its own; what it was sent is in ``received``."""

    def __init__(self) -> None:
        self.behave: Behaviour = status(200)
        self.by_path: dict[str, Behaviour] = {}
        self.received: list[Received] = []
        self.closing = threading.Event()
        self.at_once = 0
        self.most_at_once = 0
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def take(self, received: Received) -> None:
        with self._changed:
            self.received.append(received)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self._changed.notify_all()

    def leave(self) -> None:
        with self._changed:
            self.at_once -= 1

    def wait_for(self, count: int, *, seconds: float = 20) -> list[Received]:
        """What was received, as soon as it is that many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.received) >= count, seconds), (
                f"{len(self.received)} of {count} came"
            )
            return list(self.received)

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    receiver: Receiver
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that hangs up in the middle is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver = self.server.receiver
        receiver.take(Received(self.path, headers, body))
        try:
            receiver.by_path.get(self.path, receiver.behave)(self)
        finally:
            receiver.leave()

    def do_GET(self) -> None:
        """Nobody should be led to ask this."""
        self.server.receiver.take(Received(f"GET {self.path}", {}, b""))
        status(200)(self)

    def log_message(self, *args: object) -> None:
        """The tests read ``received`` instead."""
