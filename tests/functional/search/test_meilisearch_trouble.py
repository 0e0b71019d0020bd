"""A Meilisearch server that is away, too old, or answers strangely."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.search import SearchUnavailable
from app.search.meili import MeilisearchIndex
from tests.servers import free_port
from tests.simulator.search import DOCUMENTS, query


def _calls(index: MeilisearchIndex) -> Iterator[str]:
    for name, call in {
        "ensure": index.ensure,
        "search": lambda: index.search(query("bridge")),
        "apply": lambda: index.apply(DOCUMENTS[:1], []),
        "delete": lambda: index.apply([], ["x"]),
        "rebuild": lambda: index.rebuild(DOCUMENTS[:1]),
    }.items():
        with pytest.raises(SearchUnavailable) as caught:
            call()
        assert caught.value.status == 503
        yield f"{name}: {caught.value.detail}"


def test_a_server_that_is_down_is_unavailable_in_every_call() -> None:
    index = MeilisearchIndex(f"http://127.0.0.1:{free_port()}", "key")
    assert len(list(_calls(index))) == 5
    assert not index.health().ok
    index.close()


@contextmanager
def _answering(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the base class says so

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, b'{"message": "overloaded", "code": "too_many_search_requests"}'),
        (200, b"<html>a login page</html>"),
        (403, json.dumps({"message": "no", "code": "invalid_api_key"}).encode()),
        (302, b""),
        (200, b"[]"),
        (200, b"{}"),
    ],
)
def test_strange_answers_are_unavailable_too(status: int, body: bytes) -> None:
    with _answering(status, body) as url:
        index = MeilisearchIndex(url, "key")
        assert len(list(_calls(index))) == 5
        assert not index.health().ok
        index.close()


def test_a_server_that_is_too_old_is_refused_by_name() -> None:
    with _answering(200, b'{"pkgVersion": "1.12.3"}') as url:
        index = MeilisearchIndex(url, None)
        with pytest.raises(SearchUnavailable, match=r"1\.21 or newer is needed; this is 1\.12\.3"):
            index.ensure()
        assert "1.12.3" in index.health().detail
        index.close()


def test_a_server_that_is_not_there_is_said_in_words() -> None:
    index = MeilisearchIndex(f"http://127.0.0.1:{free_port()}", None)
    with pytest.raises(SearchUnavailable) as caught:
        index.search(query("bridge"))
    assert caught.value.detail == "The search server cannot be reached."
    index.close()
