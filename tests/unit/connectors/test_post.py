"""What this node tells others: one guarded POST, against a receiver on loopback."""

from collections.abc import Iterator

import pytest

from connectors.addresses import AddressRefused
from connectors.contract import SourceMisconfigured, SourceUnavailable
from connectors.http import HttpFetch
from tests.simulator import receiver as does
from tests.simulator.fetching import LOOPBACK
from tests.simulator.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


def poster(**settings: object) -> HttpFetch:
    defaults = {"hosts": None, "allow": LOOPBACK, "interval": 0.0, "deadline": 5.0}
    return HttpFetch(**{**defaults, **settings})  # type: ignore[arg-type]


def test_a_body_is_sent_once_with_its_headers(receiver: Receiver) -> None:
    receiver.behave = does.status(202, b"thanks", set_cookie="id=7")
    with poster(user_agent="node.example") as fetch:
        answer = fetch.post(receiver.url("/a?b=1"), b'{"a":1}', headers={"webhook-id": "m1"})
        fetch.post(receiver.url("/a"), b"")
    assert (answer.status, answer.body) == (202, b"thanks")
    first, second = receiver.received
    assert (first.path, first.body, first.id) == ("/a?b=1", b'{"a":1}', "m1")
    assert first.headers["user-agent"] == "node.example"
    assert second.headers["content-length"] == "0"
    assert "cookie" not in second.headers


@pytest.mark.parametrize("code", [301, 307, 308, 400, 401, 404, 410, 429, 500, 503])
def test_every_status_is_handed_back_and_nothing_is_asked_again(
    receiver: Receiver, code: int
) -> None:
    receiver.behave = does.status(code, location=receiver.url("/new"), retry_after="1")
    with poster() as fetch:
        answer = fetch.post(receiver.url("/old"), b"x")
    assert (answer.status, answer.headers["retry-after"]) == (code, "1")
    assert [one.path for one in receiver.received] == ["/old"]


def test_a_redirect_to_a_private_address_leads_nowhere(receiver: Receiver) -> None:
    receiver.behave = does.status(302, location="http://169.254.169.254/latest/meta-data")
    with poster() as fetch:
        assert fetch.post(receiver.url(), b"x").status == 302


def test_of_a_flood_only_the_beginning_is_read(receiver: Receiver) -> None:
    receiver.behave = does.flood
    with poster(max_bytes=1000) as fetch:
        answer = fetch.post(receiver.url(), b"x")
        receiver.behave = does.status(200)
        assert fetch.post(receiver.url(), b"y").status == 200
    assert (answer.status, answer.body) == (200, b"x" * 1000)


def test_a_status_counts_although_its_body_is_cut(receiver: Receiver) -> None:
    receiver.behave = does.half
    with poster() as fetch:
        answer = fetch.post(receiver.url(), b"x")
    assert (answer.status, answer.body) == (200, b"half")


@pytest.mark.parametrize("behaviour", [does.cut, does.hang, does.drip])
def test_no_answer_in_time_is_trouble_that_may_pass(
    receiver: Receiver, behaviour: does.Behaviour
) -> None:
    receiver.behave = behaviour
    with poster(deadline=0.2) as fetch, pytest.raises(SourceUnavailable):
        fetch.post(receiver.url(), b"x")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://2130706433:{port}/",
        "http://0x7f.1:{port}/", "http://0177.0.0.1:{port}/", "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/", "http://0.0.0.0:{port}/", "http://127.0.0.1.:{port}/",
        "https://127.0.0.1:{port}/", "https://[::ffff:7f00:1]:{port}/",
        "https://169.254.169.254/latest/meta-data", "file:///etc/passwd",
        "https://user:secret@127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/", "https://xn--/",
    ],
)  # fmt: skip
def test_however_a_private_address_is_written_nothing_is_sent(receiver: Receiver, url: str) -> None:
    port = receiver.url().rpartition(":")[2].strip("/")
    with (
        poster(allow=()) as fetch,
        pytest.raises((SourceMisconfigured, SourceUnavailable)),
    ):
        fetch.post(url.format(port=port), b"x")
    assert receiver.received == []


def test_a_name_that_changes_its_address_later_is_not_believed(receiver: Receiver) -> None:
    receiver.behave = does.status(200, connection="close")
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    url = receiver.url().replace("127.0.0.1", "hook.example")
    with poster(resolver=lambda *_: next(answers)) as fetch:
        assert fetch.post(url, b"x").status == 200
        with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
            fetch.post(url, b"y")
    assert len(receiver.received) == 1


def test_a_public_address_is_never_spoken_to_over_plain_http() -> None:
    with (
        poster(resolver=lambda *_: ["93.184.216.34"]) as fetch,
        pytest.raises(AddressRefused, match="https"),
    ):
        fetch.post("http://hook.example/", b"x")
