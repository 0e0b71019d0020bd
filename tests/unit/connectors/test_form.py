"""A form sent by POST: read like a page, and never carried away."""

import logging
from collections.abc import Callable, Iterator

import pytest

from connectors.addresses import AddressRefused
from connectors.contract import SourceMisconfigured, SourceUnavailable
from tests.simulator.feeds import Answer, FeedServer, Request
from tests.simulator.fetching import FakeTime, loopback_fetch

TOKEN = "0123456789abcdef0123456789abcdef"
FORM = {"wstoken": TOKEN, "q": "a b&c=d é"}


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def test_a_form_travels_in_the_body_and_nowhere_else(
    feeds: FeedServer, caplog: pytest.LogCaptureFixture
) -> None:
    feeds.routes["/ws"] = b"{}"
    with caplog.at_level(logging.DEBUG), loopback_fetch() as fetch:
        answer = fetch(feeds.url("/ws"), {"format": "json"}, data=FORM)
        fetch(feeds.url("/ws"))
    posted, read = feeds.requests
    assert (posted.data, posted.params) == (FORM, {"format": "json"})
    assert posted.headers["content-type"] == "application/x-www-form-urlencoded"
    assert answer.url == feeds.url("/ws?format=json")
    assert (read.data, "content-type" in read.headers) == (None, False)
    assert TOKEN not in caplog.text + answer.url + repr(answer)


def test_an_empty_form_is_a_post_all_the_same(feeds: FeedServer) -> None:
    feeds.routes["/ws"] = b"{}"
    with loopback_fetch() as fetch:
        fetch(feeds.url("/ws"), data={})
    assert (feeds.requests[0].data, feeds.requests[0].headers["content-length"]) == ({}, "0")


@pytest.mark.parametrize(("status", "again"), [(301, 0), (302, 0), (303, 0), (307, 1), (308, 1)])
def test_a_redirect_within_the_origin_repeats_the_form_only_where_http_says_so(
    feeds: FeedServer, status: int, again: int
) -> None:
    feeds.routes["/ws"] = (status, {"Location": "/there"}, b"")
    feeds.routes["/there"] = b"read"
    with loopback_fetch() as fetch:
        assert fetch(feeds.url("/ws"), data=FORM).body == b"read"
    assert feeds.requests[1].data == (FORM if again else None)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_form_is_not_carried_to_another_origin(feeds: FeedServer, status: int) -> None:
    with FeedServer({"/ws": b"mine now"}) as other:
        feeds.routes["/ws"] = (status, {"Location": other.url("/ws")}, b"")
        with loopback_fetch() as fetch, pytest.raises(SourceMisconfigured) as caught:
            fetch(feeds.url("/ws"), data=FORM)
        assert other.requests == []
    assert "configure the address" in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("location", ["/there?t={}", "/{}/x", "/there?t=%30{}"])
def test_a_redirect_that_repeats_a_secret_in_its_address_is_refused(
    feeds: FeedServer, location: str
) -> None:
    told = location.format(TOKEN[1:] if "%30" in location else TOKEN)
    feeds.routes["/ws"] = (303, {"Location": told}, b"")
    with loopback_fetch() as fetch, pytest.raises(SourceMisconfigured, match="repeats") as caught:
        fetch(feeds.url("/ws"), data=FORM)
    assert TOKEN[1:] not in str(caught.value)
    assert len(feeds.requests) == 1


def _busy(status: int) -> Callable[[Request], Answer]:
    left = iter(range(2))

    def answer(request: Request) -> Answer:
        return b"at last" if next(left, None) is None else (status, {"Retry-After": "20"}, b"")

    return answer


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_sent_the_form_again_when_it_says(feeds: FeedServer, status: int) -> None:
    time = FakeTime()
    feeds.routes["/ws"] = _busy(status)
    with loopback_fetch(time) as fetch:
        assert fetch(feeds.url("/ws"), data=FORM).body == b"at last"
    assert time.slept == [20.0, 20.0]
    assert [request.data for request in feeds.requests] == [FORM] * 3


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((404, {}, TOKEN.encode()), SourceMisconfigured),
        ((500, {}, TOKEN.encode()), SourceUnavailable),
        ((200, {"Content-Length": "99"}, TOKEN.encode()), SourceUnavailable),
        ((200, {"Content-Encoding": "gzip"}, TOKEN.encode()), SourceUnavailable),
    ],
)
def test_no_message_repeats_what_was_sent(
    feeds: FeedServer, answer: Answer, error: type[Exception]
) -> None:
    feeds.routes["/ws"] = answer
    with loopback_fetch() as fetch, pytest.raises(error) as caught:
        fetch(feeds.url("/ws"), data=FORM)
    assert TOKEN not in str(caught.value)


def test_over_plain_http_a_form_goes_only_where_the_operator_allowed(feeds: FeedServer) -> None:
    with (
        loopback_fetch(hosts=None, resolver=lambda *_: ["93.184.216.34"]) as fetch,
        pytest.raises(AddressRefused, match="https"),
    ):
        fetch("http://moodle.example/", data=FORM)


def test_a_form_takes_no_connection_that_was_opened_for_reading(feeds: FeedServer) -> None:
    feeds.routes["/"] = b"read"
    answers = iter([["127.0.0.1"], ["93.184.216.34"]])
    url = f"http://moodle.example:{feeds.port}/"
    with loopback_fetch(hosts=None, resolver=lambda *_: next(answers)) as fetch:
        assert fetch(url).body == b"read"
        with pytest.raises(AddressRefused, match="https"):
            fetch(url, data=FORM)
    assert [request.data for request in feeds.requests] == [None]
