"""The keys that sign access tokens: made, changed, found again by the tokens that name them.

Each lies in a file of its own that only the node's user may read, in the node's folder of keys.
The newest signs. One that was followed by another still verifies until the last token that it
signed has ended, then it is deleted. Every process looks at the folder itself, so a change is known
to all of them with no restart. The keys sign nothing but access tokens.
"""

import contextlib
import os
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from joserfc.jwk import ECKey

FIRST = "tokens.pem"
LATER = "tokens"
_NAME = "%Y%m%dT%H%M%S.%fZ"
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
LIFETIME = timedelta(minutes=15)
"""How long an access token is good."""
KEPT = LIFETIME + timedelta(minutes=5)
"""How long a key verifies after another one took its place: a process may hear of it late."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """One key and when it signs and verifies."""

    key: ECKey
    since: datetime
    until: datetime | None = None
    """After this nothing that it signed is good; ``None`` for the one that signs."""
    path: Path | None = None

    @property
    def id(self) -> str:
        """What a token calls it (``kid``): the key's thumbprint (RFC 7638)."""
        return str(self.key.thumbprint())


class TokenKeys(Protocol):
    """Where the keys are."""

    def good(self, *, at: datetime) -> Sequence[TokenKey]:
        """The keys that verify at that time; the first of them signs."""


class FolderKeys:
    """The keys in the node's folder. ``open`` makes the first one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] | None = None
        self._known: tuple[TokenKey, ...] = ()

    @classmethod
    def open(cls, folder: Path) -> "FolderKeys":
        """The keys of ``folder``. Raises ``PermissionError`` when others can read one."""
        opened = cls(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / LATER).mkdir(mode=0o700, exist_ok=True)
        if not opened._files():
            _write(folder / FIRST)
        opened.all()
        return opened

    def good(self, *, at: datetime) -> Sequence[TokenKey]:
        """The keys that verify at that time, the one that signs first."""
        return [key for key in self.all() if key.until is None or at < key.until]

    def all(self) -> tuple[TokenKey, ...]:
        """Every key that there is, the newest first."""
        seen = self._look()
        with self._lock:
            if seen != self._seen:
                self._known, self._seen = self._read(), seen
            return self._known

    def rotate(self, *, at: datetime, drop: bool = False) -> TokenKey:
        """Sign with a new key from now on, and delete those that verify nothing any more.

        With ``drop`` all others are deleted, and every token that they signed is refused at once.
        """
        _write(self._folder / LATER / f"{at.astimezone(UTC).strftime(_NAME)}.pem")
        newest, *others = self._read()
        for key in others:
            if key.path and (drop or (key.until and key.until <= at)):
                key.path.unlink(missing_ok=True)
        return newest

    def _look(self) -> tuple[int, ...]:
        """What changes when a file is added to or taken from the folders."""
        return tuple(place.stat().st_mtime_ns for place in (self._folder, self._folder / LATER))

    def _files(self) -> list[tuple[datetime, Path]]:
        found = [
            (datetime.strptime(path.stem, _NAME).replace(tzinfo=UTC), path)
            for path in (self._folder / LATER).glob("[0-9]*.pem")
        ]
        first = self._folder / FIRST
        return sorted([*found, (_BEFORE_ALL, first)] if first.exists() else found, reverse=True)

    def _read(self) -> tuple[TokenKey, ...]:
        known = {key.path: key.key for key in self._known}
        made: list[TokenKey] = []
        for since, path in self._files():
            until = made[-1].since + KEPT if made else None
            with contextlib.suppress(FileNotFoundError):  # deleted by another process just now
                made.append(TokenKey(known.get(path) or _load(path), since, until, path))
        return tuple(made)


def _write(path: Path) -> None:
    """Make a key. Of several processes that do it at once, one does and the others read it."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(ECKey.generate_key("P-256").as_pem(private=True))
        file.flush()
        os.fsync(descriptor)
    with contextlib.suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()


def _load(path: Path) -> ECKey:
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} can be read by others; mend it with: chmod 600 {path}")
    return ECKey.import_key(path.read_bytes())
