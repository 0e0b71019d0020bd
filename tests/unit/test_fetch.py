"""Small answers from services: whole, in time, in size, and nothing followed."""

import gzip
from collections.abc import Iterator
from itertools import count

import pytest

from app.platform.fetch import BoundedClient, NoAnswer
from tests.servers import free_port
from tests.simulator.feeds import FeedServer, Request


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


def ask(url: str, **options: object) -> tuple[int, bytes]:
    client = BoundedClient(**options)  # type: ignore[arg-type]
    try:
        answer = client("GET", url, headers={"Accept": "application/json"})
        return answer.status, answer.body
    finally:
        client.close()


def test_an_answer_is_given_whole(server: FeedServer) -> None:
    server.routes["/a"] = b"{}"
    assert ask(server.url("/a")) == (200, b"{}")
    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_a_body_is_sent(server: FeedServer) -> None:
    asked: list[Request] = []

    def take(request: Request) -> bytes:
        asked.append(request)
        return b"{}"

    server.routes["/a"] = take
    client = BoundedClient()
    answer = client("GET", server.url("/a?b=c%20d"), headers={"X-Kind": "test"})
    client.close()
    assert answer.status == 200
    assert asked[0].params == {"b": "c d"}
    assert asked[0].headers["x-kind"] == "test"


def test_a_redirect_is_an_answer_and_not_followed(server: FeedServer) -> None:
    server.routes["/a"] = (302, {"Location": server.url("/b")}, b"")
    server.routes["/b"] = b"{}"
    assert ask(server.url("/a"))[0] == 302
    assert len(server.requests) == 1


def test_a_large_answer_is_none(server: FeedServer) -> None:
    server.routes["/a"] = b" " * 3000
    assert ask(server.url("/a"), most=3000)[0] == 200
    with pytest.raises(NoAnswer, match="over 2999 bytes"):
        ask(server.url("/a"), most=2999)


def test_a_packed_answer_is_none(server: FeedServer) -> None:
    server.routes["/a"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"{}"))
    with pytest.raises(NoAnswer, match="packed"):
        ask(server.url("/a"))


def test_an_answer_that_is_cut_is_none(server: FeedServer) -> None:
    server.routes["/a"] = (200, {"Content-Length": "100"}, b"{}")
    with pytest.raises(NoAnswer):
        ask(server.url("/a"))


def test_time_is_counted_from_the_first_byte_to_the_last(server: FeedServer) -> None:
    server.routes["/a"] = b" " * 200_000
    seconds = count()
    with pytest.raises(NoAnswer, match="within 3 s"):
        ask(server.url("/a"), seconds=3, ticks=lambda: next(seconds))


def test_who_is_not_there_gives_no_answer() -> None:
    with pytest.raises(NoAnswer):
        ask(f"http://127.0.0.1:{free_port()}/")


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://127.0.0.1/", "http://", "http://[::1"])
def test_what_is_no_address_gives_no_answer(url: str) -> None:
    with pytest.raises(NoAnswer):
        ask(url)


def test_no_more_wait_than_there_are_places(server: FeedServer) -> None:
    client = BoundedClient(at_once=1)

    def ask_inside(request: Request) -> bytes:
        with pytest.raises(NoAnswer, match="too many"):
            client("GET", server.url("/b"), headers={})
        return b"{}"

    server.routes["/a"] = ask_inside
    server.routes["/b"] = b"{}"
    assert client("GET", server.url("/a"), headers={}).status == 200
    assert [request.path for request in server.requests] == ["/a"]
    assert client("GET", server.url("/b"), headers={}).status == 200
    client.close()
