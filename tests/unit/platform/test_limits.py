"""Limits of single things, counted in memory."""

import pytest
from limits.errors import StorageError
from limits.storage import MemoryStorage

from app.platform.limits import CannotCount, RateLimits, TooManyRequests
from app.platform.requests import counted_as


class Broken(MemoryStorage):
    """A storage that does not answer."""

    STORAGE_SCHEME = None

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        raise StorageError(ValueError("away"))


@pytest.fixture
def limits() -> RateLimits:
    return RateLimits()


def test_who_asks_too_often_is_told_when_to_come_back(limits: RateLimits) -> None:
    for _ in range(3):
        limits.take("sign-in", "192.0.2.1", rate="3/minute")
    with pytest.raises(TooManyRequests) as refused:
        limits.take("sign-in", "192.0.2.1", rate="3/minute")
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 60
    limits.take("sign-in", "192.0.2.2", rate="3/minute")
    limits.take("invite", "192.0.2.1", rate="3/minute")


def test_a_house_with_many_ipv6_addresses_is_counted_as_one(limits: RateLimits) -> None:
    limits.take("sign-in", "2001:db8:0:1::1", rate="1/minute")
    with pytest.raises(TooManyRequests):
        limits.take("sign-in", "2001:db8:0:1:ffff::2", rate="1/minute")
    limits.take("sign-in", "2001:db8:0:2::1", rate="1/minute")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("a-client", "a-client"),
        ("person:1234", "person:1234"),
        ("", ""),
    ],
)
def test_an_address_has_one_name(address: str, counted: str) -> None:
    assert counted_as(address) == counted


def test_what_cannot_be_counted_is_refused_unless_it_may_go_uncounted() -> None:
    limits = RateLimits.over(Broken())
    with pytest.raises(CannotCount) as refused:
        limits.take("sign-in", "192.0.2.1", rate="3/minute")
    assert refused.value.status == 503
    limits.take("search", "192.0.2.1", rate="3/minute", uncounted="pass")
