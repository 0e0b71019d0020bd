"""The keys of access tokens: made once, changed without a pause, gone in the end."""

import stat
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from app.identity.access import Unauthenticated
from app.identity.oauth.token_keys import FIRST, KEPT, LIFETIME, FolderKeys
from app.identity.oauth.tokens import AccessTokens

NODE = "https://cpd.example.org"
HOUR = timedelta(hours=1)


def issue(keys: FolderKeys, at: datetime) -> str:
    tokens = AccessTokens(keys, NODE)
    return tokens.issue("client-1", organisation_id="cse", scope="records:read", at=at)


def test_the_key_is_made_once_and_is_the_nodes_alone(tmp_path: Path, now: datetime) -> None:
    folder = tmp_path / "keys"
    found: list[str] = []
    threads = [
        Thread(target=lambda: found.append(FolderKeys.open(folder).good(at=now)[0].id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert stat.S_IMODE((folder / FIRST).stat().st_mode) == 0o600
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [FIRST]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    FolderKeys.open(tmp_path)
    (tmp_path / FIRST).chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        FolderKeys.open(tmp_path)


def test_after_a_change_every_process_signs_with_the_new_key_and_reads_the_old_tokens(
    tmp_path: Path, now: datetime
) -> None:
    here, there = FolderKeys.open(tmp_path), FolderKeys.open(tmp_path)
    old = issue(there, now)
    fresh = here.rotate(at=now)
    assert [keys.good(at=now)[0].id for keys in (here, there)] == [fresh.id, fresh.id]
    for keys in (here, there):
        tokens = AccessTokens(keys, NODE)
        tokens.read(old, at=now)
        tokens.read(issue(there, now), at=now)
        assert len(tokens.public_keys(at=now)) == 2
        assert not any("d" in key for key in tokens.public_keys(at=now))


def test_the_old_key_verifies_until_the_last_token_has_ended_and_is_then_deleted(
    tmp_path: Path, now: datetime
) -> None:
    keys = FolderKeys.open(tmp_path)
    keys.rotate(at=now)
    assert len(keys.good(at=now + LIFETIME)) == 2
    assert len(keys.good(at=now + KEPT)) == 1
    keys.rotate(at=now + HOUR)
    assert not (tmp_path / FIRST).exists()
    assert len(keys.all()) == 2
    assert FolderKeys.open(tmp_path).good(at=now + HOUR)[0].since == now + HOUR


def test_what_a_dropped_key_signed_is_refused_at_once(tmp_path: Path, now: datetime) -> None:
    here, there = FolderKeys.open(tmp_path), FolderKeys.open(tmp_path)
    old = issue(there, now)
    here.rotate(at=now, drop=True)
    for keys in (here, there):
        with pytest.raises(Unauthenticated, match="not used any more"):
            AccessTokens(keys, NODE).read(old, at=now)
    assert len(FolderKeys.open(tmp_path).all()) == 1
