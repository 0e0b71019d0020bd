"""Keys that a program publishes at an address: fetched seldom, kept a while, never trusted much."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from app.identity.model import AuthMethod, Client
from app.identity.oauth.client_keys import MOST_ADDRESSES, STALE, ClientKeys
from app.platform.problems import Unavailable
from tests.conftest import NOW
from tests.simulator.programs import public_set

OLD, NEW = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
MINUTE = timedelta(minutes=1)
CLIENT = Client(
    "id", "cse", "LMS", "", frozenset(), NOW, None,
    method=AuthMethod.PRIVATE_KEY_JWT, jwks_uri="https://lms.example/keys",
)  # fmt: skip


class Site:
    """What the address answers, and how often it was asked."""

    def __init__(self) -> None:
        self.answer: bytes | None = as_bytes(OLD, kid="old")
        self.asked = 0
        self.keys = ClientKeys(self)

    def __call__(self, url: str) -> bytes:
        self.asked += 1
        if self.answer is None:
            raise Unavailable("it does not answer")
        return self.answer

    def kids(self, kid: str | None, at: datetime) -> list[Any]:
        return [key.kid for key in self.keys.of(CLIENT, kid=kid, at=at)]


def as_bytes(*keys: ECKey, **more: Any) -> bytes:
    return json.dumps(public_set(*keys, **more)).encode()


def test_keys_are_fetched_once_and_kept(now: datetime) -> None:
    site = Site()
    for minutes in range(9):
        assert site.kids("old", now + minutes * MINUTE) == ["old"]
    assert site.asked == 1
    assert site.kids("old", now + 10 * MINUTE) == ["old"]
    assert site.asked == 2


def test_an_unknown_key_is_asked_for_once_and_at_most_once_a_minute(now: datetime) -> None:
    site = Site()
    site.kids("old", now)
    site.answer = as_bytes(NEW, kid="new")
    assert site.kids("new", now + MINUTE / 2) == ["old"]
    assert site.kids("new", now + MINUTE) == ["new"]
    for number in range(50):
        site.kids(f"made up {number}", now + MINUTE * 1.5)
    assert site.asked == 2


def test_an_address_that_does_not_answer_is_left_alone_for_a_minute(now: datetime) -> None:
    site = Site()
    site.answer = None
    for second in range(60):
        assert site.kids("old", now + timedelta(seconds=second)) == []
    assert site.asked == 1
    site.answer = as_bytes(OLD, kid="old")
    assert site.kids("old", now + MINUTE) == ["old"]


@pytest.mark.parametrize(
    "broken", [None, b"", b"null", b"[]", b"{}", b'{"keys": []}', b'{"keys": 5}', b"\xff",
               b"[" * 9999, b'{"keys": [{"kty": "oct", "k": "AAAA"}]}', b"x" * 100_000],
)  # fmt: skip
def test_what_was_last_good_is_believed_for_some_hours(broken: bytes | None, now: datetime) -> None:
    site = Site()
    site.kids("old", now)
    site.answer = broken
    assert site.kids("old", now + STALE - MINUTE) == ["old"]
    assert site.kids("old", now + STALE + MINUTE) == []


def test_many_addresses_are_not_remembered_for_ever(now: datetime) -> None:
    site = Site()
    for number in range(MOST_ADDRESSES + 10):
        client = replace(CLIENT, jwks_uri=f"https://lms.example/{number}")
        site.keys.of(client, kid=None, at=now)
    assert len(site.keys._kept) == MOST_ADDRESSES


def test_a_program_without_keys_has_none(now: datetime) -> None:
    assert Site().keys.of(replace(CLIENT, jwks_uri=None), kid=None, at=now) == ()
