"""From something that happened to somebody else's receiver, whatever that does."""

from datetime import timedelta

import pytest

from app.platform.problems import Invalid
from app.webhooks import deliveries, rules, service
from app.webhooks.deliveries import EndpointDisabled
from app.webhooks.model import Changes, DeliveryState, Why
from tests.simulator import receiver as does
from tests.simulator.receiver import Receiver
from tests.simulator.webhooks import Hooks, is_signed_by

pytestmark = pytest.mark.slow


def test_a_delivery_is_signed_as_the_standards_own_library_does(
    hooks: Hooks, receiver: Receiver
) -> None:
    endpoint = hooks.add("cse", receiver.url("/hooks?a=1"))
    course_id = hooks.change_course("cse", 1, title="Bridges")
    hooks.work()
    (came,) = receiver.received
    assert came.path == "/hooks?a=1"
    assert came.headers["content-type"] == "application/json"
    assert came.headers["user-agent"].startswith("OpenCPD/")
    assert is_signed_by(came, hooks.secret(endpoint))
    assert not is_signed_by(came, hooks.secret(endpoint, 2))
    assert came.json == {
        "type": "course.changed",
        "timestamp": "2026-11-23T12:00:00Z",
        "data": {
            "id": course_id,
            "society": "cse",
            "version": 1,
            "status": "active",
            "url": f"https://cpd.example/api/v1/courses/{course_id}",
        },
    }
    (sent,) = hooks.sent(endpoint)
    assert (sent.state, sent.event_id, sent.status) == (DeliveryState.DELIVERED, came.id, 200)


def test_what_happened_is_told_in_order_and_a_course_that_changed_twice_once(
    hooks: Hooks, receiver: Receiver
) -> None:
    hooks.add("cse", receiver.url())
    for number in range(5):
        hooks.change_course("cse", number, title=f"Course {number}")
    first = hooks.change_course("cse", 0, title="Another title")
    hooks.work()
    assert [one.data["version"] for one in receiver.received] == [1, 1, 1, 1, 2]
    assert receiver.received[-1].data["id"] == first
    assert receiver.most_at_once == 1
    hooks.change_course("cse", 3, title="Changed")
    hooks.work()
    assert len(receiver.received) == 6


@pytest.mark.parametrize(
    ("behaviour", "status", "reason"),
    [
        (does.status(302, location="http://169.254.169.254/"), 302, "redirects"),
        (does.status(400, b"\x00<script>\xff"), 400, "answered 400"),
        (does.status(500), 500, "answered 500"),
        (does.cut, None, "no answer"),
        (does.hang, None, "no answer"),
        (does.drip, None, "no answer"),
    ],
)
def test_whatever_is_no_success_is_tried_again(
    hooks: Hooks, receiver: Receiver, behaviour: does.Behaviour, status: int | None, reason: str
) -> None:
    endpoint = hooks.add("cse", receiver.url())
    hooks.test(endpoint)
    receiver.behave = behaviour
    hooks.work()
    (sent,) = hooks.sent(endpoint)
    assert (sent.state, sent.attempts, sent.status) == (DeliveryState.WAITING, 1, status)
    assert reason in str(sent.reason)
    assert "169.254" not in f"{sent.reason}{sent.answer}"
    receiver.behave = does.status(204)
    hooks.work(after=timedelta(seconds=4))
    assert len(receiver.received) == 1
    hooks.work(after=timedelta(seconds=2))
    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)
    assert hooks.sent(endpoint)[0].state is DeliveryState.DELIVERED
    assert hooks.endpoint(endpoint).failures == 0


@pytest.mark.parametrize("behaviour", [does.flood, does.half])
def test_a_success_is_one_however_much_is_said_with_it(
    hooks: Hooks, receiver: Receiver, behaviour: does.Behaviour
) -> None:
    endpoint = hooks.add("cse", receiver.url())
    hooks.test(endpoint)
    receiver.behave = behaviour
    hooks.work()
    (sent,) = hooks.sent(endpoint)
    assert sent.state is DeliveryState.DELIVERED
    assert len(str(sent.answer)) <= 1000


def test_a_delivery_is_given_up_after_three_days_and_replayed_under_the_same_id(
    hooks: Hooks, receiver: Receiver
) -> None:
    endpoint = hooks.add("cse", receiver.url())
    hooks.test(endpoint)
    receiver.behave = does.status(500, b"out of order")
    began, waits = hooks.now, []
    for _ in range(len(rules.PAUSES) + 1):
        hooks.work()
        (sent,) = hooks.sent(endpoint)
        if sent.due_at:
            waits.append(sent.due_at - hooks.now)
            hooks.now = sent.due_at
    assert (sent.state, sent.attempts, sent.answer) == (DeliveryState.FAILED, 11, "out of order")
    planned = zip(waits, rules.PAUSES, strict=True)
    assert all(0.9 <= wait / pause <= 1.1 for wait, pause in planned)
    assert timedelta(days=2.5) < hooks.now - began < timedelta(days=3.5)
    hooks.work(after=timedelta(days=1))
    assert len(receiver.received) == 11
    receiver.behave = does.status(200)
    hooks.write(deliveries.replay, "cse", sent.id)
    hooks.work()
    assert {one.id for one in receiver.received} == {sent.event_id}
    assert hooks.sent(endpoint)[0].state is DeliveryState.DELIVERED


@pytest.mark.parametrize(
    ("asked", "waited"), [("90", 90), ("1", 5), ("999999", 86400), ("soon", 5), ("-9", 5)]
)
def test_a_pause_that_is_asked_for_is_kept_within_reason(
    hooks: Hooks, receiver: Receiver, asked: str, waited: float
) -> None:
    endpoint = hooks.add("cse", receiver.url())
    hooks.test(endpoint)
    receiver.behave = does.status(429, retry_after=asked)
    hooks.work()
    due_at = hooks.sent(endpoint)[0].due_at
    assert due_at
    assert (due_at - hooks.now).total_seconds() == pytest.approx(waited, rel=0.11)


def test_an_endpoint_that_fails_rests_and_is_not_asked_for_each_delivery(
    hooks: Hooks, receiver: Receiver
) -> None:
    endpoint = hooks.add("cse", receiver.url())
    for _ in range(10):
        hooks.test(endpoint)
    receiver.behave = does.status(503)
    hooks.work()
    assert len(receiver.received) == 1
    for _ in range(60):
        hooks.work(after=timedelta(seconds=10))
    assert len(receiver.received) < 20
    receiver.behave = does.status(200)
    hooks.work(after=timedelta(minutes=30))
    assert {one.state for one in hooks.sent(endpoint)} == {DeliveryState.DELIVERED}


def test_who_says_to_be_gone_is_disabled_and_its_owners_are_told(
    hooks: Hooks, receiver: Receiver
) -> None:
    hooks.add_owner("cse", "owner@cse.example")
    endpoint = hooks.add("cse", receiver.url("/secret-path"))
    for _ in range(3):
        hooks.test(endpoint)
    receiver.behave = does.status(410)
    hooks.work()
    now = hooks.endpoint(endpoint)
    assert (now.enabled, now.disabled_why) == (False, Why.GONE)
    assert {one.state for one in hooks.sent(endpoint)} == {DeliveryState.FAILED}
    (mail,) = hooks.mailbox.sent
    assert (mail.to, "127.0.0.1" in mail.text) == ("owner@cse.example", True)
    assert f"/organisations/cse/webhooks/{endpoint.id}" in mail.text
    assert "secret-path" not in mail.text
    hooks.change_course("cse", 1, title="Nobody hears of it")
    hooks.work(after=timedelta(days=1))
    assert len(receiver.received) == 1
    assert len(hooks.mailbox.sent) == 1
    with pytest.raises(EndpointDisabled):
        hooks.test(endpoint)


def test_an_endpoint_that_fails_for_five_days_is_disabled_and_enabled_as_new(
    hooks: Hooks, receiver: Receiver
) -> None:
    hooks.add_owner("cse", "owner@cse.example")
    endpoint, receiver.behave = hooks.add("cse", receiver.url()), does.status(500)
    for _ in range(6):
        hooks.test(endpoint)
        hooks.work()
        assert hooks.endpoint(endpoint).enabled
        hooks.now += timedelta(hours=23)
    hooks.test(endpoint)
    hooks.work()
    now = hooks.endpoint(endpoint)
    assert (now.enabled, now.disabled_why) == (False, Why.FAILING)
    assert "five days" in hooks.mailbox.sent[0].text
    receiver.behave = does.status(200)
    since = hooks.now - timedelta(days=9)
    hooks.write(service.change_endpoint, "cse", endpoint.id, Changes(enabled=True), desk=hooks.desk)
    assert hooks.write(deliveries.replay_failed, "cse", endpoint.id, since=since) == 7
    hooks.work()
    assert {one.state for one in hooks.sent(endpoint)} == {DeliveryState.DELIVERED}
    assert hooks.endpoint(endpoint).failing_since is None


def test_a_notice_whose_mail_fails_is_sent_later(hooks: Hooks, receiver: Receiver) -> None:
    hooks.add_owner("cse", "owner@cse.example")
    endpoint, receiver.behave = hooks.add("cse", receiver.url()), does.status(410)
    hooks.mailbox.broken = True
    hooks.test(endpoint)
    hooks.work()
    hooks.mailbox.broken = False
    hooks.work(after=timedelta(minutes=5))
    assert hooks.mailbox.sent == []
    hooks.work(after=timedelta(minutes=6))
    assert len(hooks.mailbox.sent) == 1


def test_a_member_disables_what_waits_goes_on_waiting(hooks: Hooks, receiver: Receiver) -> None:
    endpoint = hooks.add("cse", receiver.url())
    hooks.test(endpoint)
    change = {"desk": hooks.desk}
    hooks.write(service.change_endpoint, "cse", endpoint.id, Changes(enabled=False), **change)
    hooks.work()
    assert receiver.received == []
    hooks.write(service.change_endpoint, "cse", endpoint.id, Changes(enabled=True), **change)
    hooks.work()
    assert len(receiver.received) == 1


def test_old_and_new_secret_sign_side_by_side_for_a_day(hooks: Hooks, receiver: Receiver) -> None:
    endpoint = hooks.add("cse", receiver.url())

    def signed_by() -> list[int]:
        hooks.test(endpoint)
        hooks.work()
        came = receiver.received[-1]
        return [n for n in range(1, 9) if is_signed_by(came, hooks.secret(endpoint, n))]

    assert signed_by() == [1]
    for _ in range(2):  # a second click must not shut out who has the first secret
        hooks.write(service.rotate_secret, "cse", endpoint.id)
    assert signed_by() == [1, 2, 3]
    hooks.now += timedelta(hours=23)
    assert signed_by() == [1, 2, 3]
    hooks.now += timedelta(hours=2)
    assert signed_by() == [3]
    for _ in range(20):
        hooks.write(service.rotate_secret, "cse", endpoint.id)
    assert signed_by() == []
    assert len(receiver.received[-1].headers["webhook-signature"].split(" ")) == 5


def test_a_name_that_turns_private_is_not_sent_to_and_its_address_not_told(hooks: Hooks) -> None:
    endpoint = hooks.add("cse", "https://localhost:1/")
    hooks.make_post = hooks.make_post.__class__(deadline=0.4)  # nothing is allowed any more
    hooks.test(endpoint)
    hooks.work()
    (sent,) = hooks.sent(endpoint)
    assert sent.reason == "Its host is at an address that is not spoken to."


@pytest.mark.parametrize(
    "url",
    [
        "http://public.example/",
        "https://10.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/",
        "file:///etc/passwd",
        "https://user:secret@public.example/",
        "https://",
        "https://public.example:99999/",
        "https://public.example/#part",
        "https://public.example/a b",
        "https://public.example\\@10.0.0.1/",
        "https://public.example/\u202e",
        "javascript:alert(1)",
        "https://public.example/" + "a" * 2000,
    ],
)
def test_an_address_that_cannot_be_one_is_refused_at_once(hooks: Hooks, url: str) -> None:
    strict = hooks.make_post.__class__()
    hooks.desk = service.Desk(hooks.key, plain_http=False, speaks_to=strict.speaks_to)
    with pytest.raises(Invalid) as caught:
        hooks.add("cse", url)
    assert [one.pointer for one in caught.value.fields] == ["/url"]


def test_deliveries_are_forgotten_after_thirty_days(hooks: Hooks, receiver: Receiver) -> None:
    endpoint = hooks.add("cse", receiver.url())
    hooks.test(endpoint)
    hooks.work()
    hooks.work(after=timedelta(days=29))
    assert len(hooks.sent(endpoint)) == 1
    hooks.work(after=timedelta(days=2))
    assert hooks.sent(endpoint) == []
