"""The guarded fetch against a server on loopback, and against addresses it must refuse."""

import gzip
import zlib
from collections.abc import Callable, Iterator

import pytest

from connectors.addresses import AddressRefused, may_connect
from connectors.contract import SourceMisconfigured, SourceUnavailable
from connectors.http import HttpFetch
from tests.simulator.feeds import Answer, FeedServer, Request
from tests.simulator.fetching import LOOPBACK, FakeTime, loopback_fetch


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def test_an_answer_comes_back_with_its_headers_in_lower_case(feeds: FeedServer) -> None:
    feeds.routes["/a"] = (200, {"ETag": '"1"', "Set-Cookie": "id=7"}, b"hello")
    with loopback_fetch(user_agent="node.example") as fetch:
        first = fetch(feeds.url("/a?keep=%2Fthis"), {"x": "a b"})
        fetch(feeds.url("/a"), headers={"If-None-Match": '"1"'})
    assert (first.status, first.body, first.headers["etag"]) == (200, b"hello", '"1"')
    assert first.url == feeds.url("/a?keep=%2Fthis&x=a+b")
    assert feeds.requests[0].params == {"keep": "/this", "x": "a b"}
    assert feeds.requests[0].headers["user-agent"] == "node.example"
    assert feeds.requests[1].headers["if-none-match"] == '"1"'
    assert "cookie" not in feeds.requests[1].headers


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
        "2002:a9fe:a9fe::1", "2001:db8::1", "100::1", "fec0::1", "168.63.129.16",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not may_connect(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::808:808"])
def test_a_public_address_is_allowed(address: str) -> None:
    assert may_connect(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://2130706433:{port}/",
        "http://0x7f.1:{port}/", "http://0177.0.0.1:{port}/", "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/", "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0:{port}/", "http://127.0.0.1.:{port}/",
    ],
)  # fmt: skip
def test_however_a_private_address_is_written_it_is_not_asked(feeds: FeedServer, url: str) -> None:
    feeds.routes["/"] = b"secret"
    with (
        loopback_fetch(hosts=None, allow=()) as fetch,
        pytest.raises((SourceMisconfigured, SourceUnavailable)),
    ):
        fetch(url.format(port=feeds.port))
    assert feeds.requests == []


def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    def resolver(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.7"]

    with (
        loopback_fetch(hosts=None, resolver=resolver, allow=()) as fetch,
        pytest.raises(AddressRefused, match=r"10\.0\.0\.7"),
    ):
        fetch("http://feed.example/")


def test_a_name_that_changes_its_address_later_is_not_believed(feeds: FeedServer) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])

    def resolver(host: str, port: int) -> list[str]:
        return next(answers)

    feeds.routes["/"] = (200, {"Connection": "close"}, b"ours")
    with loopback_fetch(hosts=None, resolver=resolver) as fetch:
        assert fetch(f"http://feed.example:{feeds.port}/").body == b"ours"
        with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
            fetch(f"http://feed.example:{feeds.port}/")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://127.0.0.1/", "not an http"),
        ("file:///etc/passwd", "not an http"),
        ("//127.0.0.1/", "not an http"),
        ("http:///x", "not an http"),
        ("http://user:secret@127.0.0.1/", "name or password"),
        ("http://127.0.0.1@other.example/", "name or password"),
        ("http://other.example/", "not among"),
        ("http://127.0.0.1.other.example/", "not among"),
        ("http://[::1/", "not an address"),
        ("http://127.0.0.1:99999999/", "no port"),
        ("http://a\nb/", "not an address"),
        ("http://xn--/", "not an address"),
    ],
)
def test_an_address_of_another_kind_or_host_is_refused(url: str, reason: str) -> None:
    with loopback_fetch() as fetch, pytest.raises(SourceMisconfigured, match=reason):
        fetch(url)


@pytest.mark.parametrize("host", ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example."])
def test_a_host_is_the_same_however_it_is_spelt(feeds: FeedServer, host: str) -> None:
    feeds.routes["/"] = b"read"
    asked: list[str] = []

    def resolver(name: str, port: int) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"]

    with loopback_fetch(hosts=[host], resolver=resolver) as fetch:
        assert fetch(f"http://bücher.example:{feeds.port}/").body == b"read"
    assert asked == ["xn--bcher-kva.example"]
    with loopback_fetch(hosts=["::1"]) as fetch, pytest.raises(AddressRefused):
        fetch(f"http://[::1]:{feeds.port}/")


def test_a_redirect_within_the_host_is_followed(feeds: FeedServer) -> None:
    feeds.routes["/old"] = (301, {"Location": "/new?a=1"}, b"")
    feeds.routes["/new"] = b"moved"
    with loopback_fetch() as fetch:
        answer = fetch(feeds.url("/old"))
    assert (answer.url, answer.body) == (feeds.url("/new?a=1"), b"moved")


@pytest.mark.parametrize(
    "location",
    ["http://other.example/", "http://localhost:{port}/new", "file:///etc/passwd", "http://xn--/",
     "http://a:b@127.0.0.1:{port}/new", "http://[::1", "gopher://127.0.0.1/"],
)  # fmt: skip
def test_a_redirect_to_elsewhere_is_refused(feeds: FeedServer, location: str) -> None:
    feeds.routes["/old"] = (302, {"Location": location.format(port=feeds.port)}, b"")
    with loopback_fetch() as fetch, pytest.raises(SourceMisconfigured):
        fetch(feeds.url("/old"))
    assert [request.path for request in feeds.requests] == ["/old"]


def test_a_redirect_to_a_private_address_is_refused_where_any_host_may_be_asked(
    feeds: FeedServer,
) -> None:
    feeds.routes["/old"] = (302, {"Location": "http://169.254.169.254/"}, b"")
    with loopback_fetch(hosts=None) as fetch, pytest.raises(AddressRefused):
        fetch(feeds.url("/old"))


def test_a_circle_of_redirects_ends(feeds: FeedServer) -> None:
    feeds.routes["/a"] = (302, {"Location": "/a"}, b"")
    with loopback_fetch() as fetch, pytest.raises(SourceMisconfigured, match="more than 5 times"):
        fetch(feeds.url("/a"))
    assert len(feeds.requests) == 6


def test_a_callers_headers_do_not_follow_to_another_origin(feeds: FeedServer) -> None:
    with FeedServer({"/new": b"there"}) as other:
        feeds.routes["/old"] = (302, {"Location": other.url("/new")}, b"")
        with loopback_fetch() as fetch:
            assert fetch(feeds.url("/old"), headers={"Authorization": "Bearer x"}).body == b"there"
        assert "authorization" not in other.requests[0].headers
        assert other.requests[0].headers["host"] == f"127.0.0.1:{other.port}"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, SourceMisconfigured), (401, SourceMisconfigured), (404, SourceMisconfigured),
        (304, SourceMisconfigured), (408, SourceUnavailable), (429, SourceUnavailable),
        (500, SourceUnavailable), (502, SourceUnavailable), (503, SourceUnavailable),
    ],
)  # fmt: skip
def test_statuses_are_classed_by_what_helps(
    feeds: FeedServer, status: int, error: type[Exception]
) -> None:
    feeds.routes["/"] = (status, {}, b"")
    with loopback_fetch() as fetch:
        assert fetch(feeds.url("/"), accept=(status,)).status == status
        with pytest.raises(error, match=str(status)):
            fetch(feeds.url("/"))


def _busy(times: int, headers: dict[str, str]) -> Callable[[Request], Answer]:
    left = iter(range(times))

    def answer(request: Request) -> Answer:
        return b"at last" if next(left, None) is None else (503, headers, b"")

    return answer


def test_a_busy_server_is_asked_again_when_it_says(feeds: FeedServer) -> None:
    time = FakeTime()
    feeds.routes["/"] = _busy(2, {"Retry-After": "20"})
    with loopback_fetch(time) as fetch:
        assert fetch(feeds.url("/")).body == b"at last"
    assert time.slept == [20.0, 20.0]


def test_a_date_to_come_back_at_is_read_against_the_servers_clock(feeds: FeedServer) -> None:
    time = FakeTime()
    feeds.routes["/"] = _busy(
        1,
        {"Date": "Mon, 01 Jun 2026 12:00:00 GMT", "Retry-After": "Mon, 01 Jun 2026 12:00:30 GMT"},
    )
    with loopback_fetch(time) as fetch:
        assert fetch(feeds.url("/")).body == b"at last"
    assert time.slept == [30.0]


def test_patience_has_an_end(feeds: FeedServer) -> None:
    time = FakeTime()
    feeds.routes["/"] = _busy(99, {"Retry-After": "50"})
    with loopback_fetch(time, patience=120) as fetch, pytest.raises(SourceUnavailable) as caught:
        fetch(feeds.url("/"))
    assert time.slept == [50.0, 50.0]
    assert caught.value.retry_after == 50.0


@pytest.mark.parametrize(
    "told", ["86400", "9" * 400, "soon", "-5", "1e3", "Mon, 01 Jan 99999999999 00:00:00 GMT"]
)
def test_a_wait_that_is_too_long_or_unreadable_is_left_to_the_node(
    feeds: FeedServer, told: str
) -> None:
    time = FakeTime()
    feeds.routes["/"] = (429, {"Retry-After": told}, b"")
    with loopback_fetch(time) as fetch, pytest.raises(SourceUnavailable):
        fetch(feeds.url("/"))
    assert time.slept == []
    assert len(feeds.requests) == 1


def test_requests_to_one_host_keep_their_distance(feeds: FeedServer) -> None:
    time = FakeTime()
    feeds.routes["/"] = b""
    with loopback_fetch(time, interval=0.5) as fetch:
        for _ in range(3):
            fetch(feeds.url("/"))
    assert time.slept == [0.5, 0.5]


def test_gzip_is_undone_even_in_several_members(feeds: FeedServer) -> None:
    body = gzip.compress(b"one ") + gzip.compress(b"two")
    feeds.routes["/"] = (200, {"Content-Encoding": "gzip"}, body)
    with loopback_fetch() as fetch:
        assert fetch(feeds.url("/")).body == b"one two"


def test_a_bomb_is_refused_before_it_has_grown(feeds: FeedServer) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    assert len(bomb) < 100_000
    feeds.routes["/"] = (200, {"Content-Encoding": "gzip"}, bomb)
    with (
        loopback_fetch(max_bytes=1 << 20) as fetch,
        pytest.raises(SourceMisconfigured, match="over 1048576 bytes"),
    ):
        fetch(feeds.url("/"))


def test_an_answer_over_the_limit_is_refused(feeds: FeedServer) -> None:
    feeds.routes["/"] = bytes(1001)
    feeds.routes["/fits"] = bytes(1000)
    with loopback_fetch(max_bytes=1000) as fetch:
        assert len(fetch(feeds.url("/fits")).body) == 1000
        with pytest.raises(SourceMisconfigured, match="over 1000 bytes"):
            fetch(feeds.url("/"))


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "zstd"])
def test_a_coding_that_was_not_asked_for_is_refused(feeds: FeedServer, coding: str) -> None:
    feeds.routes["/"] = (200, {"Content-Encoding": coding}, b"x")
    with loopback_fetch() as fetch, pytest.raises(SourceMisconfigured, match="not asked for"):
        fetch(feeds.url("/"))


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"Content-Length": "100"}, b"half"),
        (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(range(256)))[:-9]),
        (200, {"Content-Encoding": "gzip"}, b"no gzip at all"),
    ],
)
def test_a_cut_answer_is_never_an_answer(feeds: FeedServer, answer: Answer) -> None:
    feeds.routes["/"] = answer
    with loopback_fetch() as fetch, pytest.raises(SourceUnavailable):
        fetch(feeds.url("/"))


def test_nobody_listening_is_trouble_that_may_pass(feeds: FeedServer) -> None:
    url = feeds.url("/")
    with FeedServer() as gone:
        url = gone.url("/")
    with loopback_fetch() as fetch, pytest.raises(SourceUnavailable, match="cannot be reached"):
        fetch(url)


def test_a_name_that_does_not_resolve_is_trouble_that_may_pass() -> None:
    def resolver(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with (
        loopback_fetch(hosts=None, resolver=resolver) as fetch,
        pytest.raises(SourceUnavailable, match="resolved"),
    ):
        fetch("http://feed.example/")


def test_a_deadline_ends_an_answer_that_drips(feeds: FeedServer) -> None:
    ticks = iter(range(0, 100_000, 10))
    feeds.routes["/"] = bytes(1 << 20)
    fetch = HttpFetch(
        hosts=None,
        allow=LOOPBACK,
        interval=0,
        deadline=40,
        clock=lambda: float(next(ticks)),  # every look at the clock costs ten seconds
        sleep=FakeTime().sleep,
    )
    with fetch, pytest.raises(SourceUnavailable):
        fetch(feeds.url("/"))
