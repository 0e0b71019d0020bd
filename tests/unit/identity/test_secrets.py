"""How secrets of clients are kept, with the hash's real cost, which other tests are spared."""

import pytest
from argon2 import Type, extract_parameters

from app.identity import secrets
from tests.conftest import REAL_HASHER


@pytest.fixture(autouse=True)
def _real_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_hasher", REAL_HASHER)


def test_a_secret_is_kept_as_the_cheat_sheet_has_it() -> None:
    kept = extract_parameters(secrets.hash_secret(secrets.new_secret()))
    assert kept.type is Type.ID
    assert kept.memory_cost >= 19 * 1024
    assert kept.time_cost >= 2


def test_it_is_known_again_and_no_other_is() -> None:
    secret = secrets.new_secret()
    kept = secrets.hash_secret(secret)
    assert secrets.matches(secret, secret_hash=kept)
    assert not secrets.matches(secrets.new_secret(), secret_hash=kept)
    assert not secrets.matches(secret, secret_hash="not a hash")


def test_one_secret_is_kept_in_another_way_each_time() -> None:
    assert secrets.hash_secret("one") != secrets.hash_secret("one")
